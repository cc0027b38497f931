//! The edge of a component that is left out, because its target does the same: where each route ends among what is there.
//!
//! In: what is declared of the edge, and the declarations of everything that is left out. Out: routes to groups. Who only
//! hands requests on and is left out as well is stepped over: the edge then leads to what stands behind.

use super::{Entry, resolve};
use crate::check::Declarations;
use crate::component::{Edge, EndpointRef, HandedOn, Lowering, ServedName};
use crate::literal::Name;
use crate::plan::{self, Destination, Route};
use crate::report::Origin;

impl Lowering<'_> {
    /// An edge as the plan has it. `absent` are the declarations of all components that are left to the target.
    pub(crate) fn edge(
        &self,
        component: &Name,
        origin: &Origin,
        edge: &Edge,
        absent: &Declarations,
    ) -> plan::Edge {
        let group = absent
            .get(component)
            .and_then(|declaration| declaration.group(&edge.group));
        let hosts = group.map(|group| group.hosts()).unwrap_or_default();
        let hosts = hosts.iter().filter_map(|host| self.site.host(*host));
        let served = |name: &ServedName| plan::ServedName {
            name: name.name.clone(),
            certificate: name.certificate.clone(),
            routes: self.routes(name, absent),
            origin: name.origin.clone(),
        };
        plan::Edge {
            component: component.clone(),
            hosts: hosts.map(|host| host.name.clone()).collect(),
            http: edge.http,
            https: edge.https,
            names: edge.names.iter().map(served).collect(),
            tries: edge.tries,
            drain: edge.drain,
            hsts: edge.hsts,
            origin: origin.clone(),
        }
    }

    fn routes(&self, name: &ServedName, absent: &Declarations) -> Vec<Route> {
        let ways: Vec<Way<'_>> = name.routes.iter().map(Way::of).collect();
        let routes = stepped(ways, absent).into_iter().map(|way| Route {
            to: match way.to {
                Some(endpoint) => match resolve(self.declarations, endpoint) {
                    Some(Entry::Group { group, port, .. }) => Destination::Group {
                        group: group.clone(),
                        port: port.clone(),
                    },
                    Some(Entry::Outside(remote)) => Destination::Outside(remote.clone()),
                    // Users are served by any member, and by none of them in a role.
                    Some(Entry::Role { .. }) | None => {
                        Destination::Nobody(endpoint.component.clone())
                    }
                },
                None => Destination::Nobody(way.said.to.component.clone()),
            },
            path: way.path.to_owned(),
            patience: way.said.patience.value,
            origin: way.said.origin.clone(),
        });
        routes.collect()
    }
}

/// Requests with a path that begins like this, and where they go.
#[derive(Clone, Copy, Debug)]
struct Way<'a> {
    path: &'a str,
    /// `None` where who should hand them on hands on no such request.
    to: Option<&'a EndpointRef>,
    /// The route that says so at the edge.
    said: &'a HandedOn,
}

impl<'a> Way<'a> {
    fn of(said: &'a HandedOn) -> Self {
        Self {
            path: &said.path,
            to: Some(&said.to),
            said,
        }
    }
}

/// The ways of a name without those that only hand on and are absent. Of several that fit, the longest still takes a request,
/// and each request ends where it ended before.
fn stepped<'a>(mut ways: Vec<Way<'a>>, absent: &'a Declarations) -> Vec<Way<'a>> {
    let handing = |way: &Way<'a>| -> Option<&'a [HandedOn]> {
        let to = way.to?;
        let endpoint = absent.get(&to.component)?.endpoint(&to.endpoint)?;
        (!endpoint.hands_on.is_empty()).then_some(endpoint.hands_on.as_slice())
    };
    // Checked needs run in no circle, so that each round comes nearer to the end.
    while let Some(place) = ways.iter().position(|way| handing(way).is_some()) {
        let way = ways.remove(place);
        let further = handing(&way).unwrap_or_default();
        // What another route of the name takes first never comes this way.
        let taken = |path: &str| {
            ways.iter()
                .any(|other| other.path.len() > way.path.len() && path.starts_with(other.path))
        };
        let whole = further
            .iter()
            .filter(|next| way.path.starts_with(&next.path))
            .max_by_key(|next| next.path.len());
        let parts = further.iter().filter(|next| {
            next.path.len() > way.path.len()
                && next.path.starts_with(way.path)
                && !taken(&next.path)
        });
        let mut replaced = vec![Way {
            to: whole.map(|next| &next.to),
            ..way
        }];
        replaced.extend(parts.map(|next| Way {
            path: &next.path,
            to: Some(&next.to),
            said: way.said,
        }));
        ways.splice(place..place, replaced);
    }
    let answered = |way: &&Way<'a>| way.to.is_some();
    let falls = |way: &&Way<'a>| {
        let mut others = ways.iter().filter(answered);
        // Without this one, a shorter route would take its requests.
        others.all(|other| !way.path.starts_with(other.path))
            && ways.iter().any(|way| way.to.is_some())
    };
    ways.iter()
        .filter(|way| answered(way) || !falls(way))
        .copied()
        .collect()
}
