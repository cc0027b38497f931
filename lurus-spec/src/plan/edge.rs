//! What the place where a cluster runs routes by itself: names and paths of users, and the groups that answer them.
//!
//! In: what components describe of their edge where they are left out, because their target does the same by itself. Out:
//! names with routes whose ends are groups of the plan. Where a component does it, these are its own files, and nothing of
//! this is in the plan.

use std::collections::BTreeSet;
use std::fmt;

use super::{PortName, Remote};
use crate::literal::{DomainName, Duration, HostName, Name, Port};
use crate::report::Origin;

/// The edge that a component describes and the target does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The component that describes it.
    pub component: Name,
    /// The hosts on which users reach it.
    pub hosts: BTreeSet<HostName>,
    /// The port from which everyone who speaks plain HTTP is sent to HTTPS.
    pub http: Port,
    /// The port for HTTPS.
    pub https: Port,
    /// The names, in the order of the description.
    pub names: Vec<ServedName>,
    /// How many servers are tried for one request.
    pub tries: u32,
    /// How long requests that run go on after a stop.
    pub drain: Duration,
    /// For how long browsers are told to ask for these names by HTTPS only; `None` where they are told nothing.
    pub hsts: Option<Duration>,
    /// Where the component was described.
    pub origin: Origin,
}

/// A name that users ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedName {
    /// The name.
    pub name: DomainName,
    /// The certificate that it is served with: what the operator provides under this name.
    pub certificate: Name,
    /// Where its requests go, by path.
    pub routes: Vec<Route>,
    /// Where it was described.
    pub origin: Origin,
}

/// Requests whose path begins like this go there. Of several that fit, the longest takes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// What the paths begin with: `/`, `/v1/`.
    pub path: String,
    /// Who answers.
    pub to: Destination,
    /// The longest silence between two pieces of a request or of an answer.
    pub patience: Duration,
    /// Where it was described.
    pub origin: Origin,
}

/// Who answers the requests of a [`Route`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destination {
    /// Any member of a group, at this port.
    Group {
        /// The group.
        group: Name,
        /// The port.
        port: PortName,
    },
    /// Somebody outside the cluster.
    Outside(Remote),
    /// Nobody: this component hands on no such request, or is not there.
    Nobody(Name),
}

impl Edge {
    /// Every group to which a route leads, with the port that it leads to.
    pub fn groups(&self) -> BTreeSet<(&Name, &PortName)> {
        let routes = self.names.iter().flat_map(|name| &name.routes);
        routes
            .filter_map(|route| match &route.to {
                Destination::Group { group, port } => Some((group, port)),
                Destination::Outside(_) | Destination::Nobody(_) => None,
            })
            .collect()
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group { group, port } => write!(f, "{group} {port}"),
            Self::Outside(remote) => write!(f, "{remote}"),
            Self::Nobody(component) => write!(f, "{component}"),
        }
    }
}
