//! Where somebody connects to: members and endpoints, as a target addresses them.

use std::collections::BTreeSet;
use std::fmt;

use crate::check::Declarations;
use crate::component::{Endpoint, EndpointRef, Login, Lowering, Reach, Served};
use crate::literal::{HostName, Ip, Name, Port};
use crate::plan::{Ask, Duty, Member, PortName, Remote, Role, Symbol};

/// A member as its peers and clients address it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The member's name.
    pub name: Name,
    /// A name or an IP address, as the target answers.
    pub address: String,
    /// The member's number of the port that was asked for.
    pub port: u16,
}

/// What a consumer of an endpoint connects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reached<'a> {
    /// The member on its own host.
    Beside {
        /// The group.
        group: &'a Name,
        /// The port.
        port: &'a PortName,
    },
    /// Any of these, or each.
    Members(Vec<Peer>),
    /// Whoever holds a role, to whom the platform leads.
    Role {
        /// A name or an IP address, as the target answers.
        address: String,
        /// The port there.
        port: Port,
    },
    /// An address outside the cluster.
    Outside(&'a Remote),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.address, self.port)
    }
}

impl<'a> Lowering<'a> {
    /// The members of a group with one of their ports, as others address them.
    ///
    /// # Panics
    /// When a member has no such port: a bug of the component that asks, seen by the first test that lowers it.
    pub fn peers(&self, group: &Name, port: &str) -> Vec<Peer> {
        let members = self.members(group).iter();
        members
            .map(|member| self.peer(group, member, port))
            .collect()
    }

    /// A port of a member of a group, as its peers see it.
    ///
    /// # Panics
    /// When the member has no such port.
    pub fn peer(&self, group: &Name, member: &Member, port: &str) -> Peer {
        Peer {
            name: member.name.clone(),
            address: self.target.address(self.site.cluster, group, member),
            port: member
                .port(port)
                .unwrap_or_else(|| panic!("{} has no port `{port}`", member.name))
                .get(),
        }
    }

    /// `address:port` of every member behind an endpoint, for a program that looks names up only when it starts. Its
    /// component declares the endpoint in [`Declaration::pins`].
    pub fn lasting(&self, endpoint: &EndpointRef) -> Vec<String> {
        match resolve(self.declarations, endpoint) {
            None => Vec::new(),
            Some(Entry::Outside(remote)) => vec![remote.to_string()],
            Some(Entry::Group { group, port, .. }) => {
                let members = self.members(group).iter();
                members
                    .map(|member| Symbol::Lasting(member.name.clone(), port.clone()).token())
                    .collect()
            }
            Some(Entry::Role { group, role }) => {
                vec![self.led(group, &role).to_string()]
            }
        }
    }

    /// Addresses that move between hosts and lead to a group, which listens on them too, sorted. None on a target that
    /// has no hosts between which they could move.
    pub fn floating(&self, group: &Name) -> Vec<Ip> {
        let all = self
            .declarations
            .values()
            .flat_map(|declaration| &declaration.floating);
        let of_group: BTreeSet<Ip> = all
            .filter(|floating| self.target.sets_up_hosts() && &floating.group == group)
            .map(|floating| floating.ip)
            .collect();
        of_group.into_iter().collect()
    }

    /// Whether a member can listen on its [`Symbol::OwnIp`]. Where that leads to the member only by way of others, it
    /// listens on [`Symbol::OwnBind`].
    pub fn listens_on_own_ip(&self) -> bool {
        self.target.own_network().is_none()
    }

    /// The host that carries a member, where the target leaves it there or it belongs to that host.
    pub fn host_of<'m>(&self, member: &'m Member) -> Option<&'m HostName> {
        (member.of_host || !self.target.moves_members()).then_some(&member.host)
    }

    /// What another component declares of an endpoint.
    pub fn endpoint(&self, endpoint: &EndpointRef) -> Option<&'a Endpoint> {
        self.declarations
            .get(&endpoint.component)?
            .endpoint(&endpoint.endpoint)
    }

    /// As whom clients of an endpoint log in: its own login, or that of the endpoint to which it hands them on.
    pub fn login(&self, endpoint: &EndpointRef) -> Option<&'a Login> {
        logged_in_at(self.declarations, endpoint)?.login.as_ref()
    }

    /// What answers the requests to an endpoint whose path begins like this: the endpoint itself, or what it hands them on
    /// to, however often. None where nobody answers them.
    pub fn answering<'e>(
        &'e self,
        endpoint: &'e EndpointRef,
        path: &str,
    ) -> Option<&'e EndpointRef> {
        let ways = &self.endpoint(endpoint)?.hands_on;
        if ways.is_empty() {
            return Some(endpoint);
        }
        let fitting = ways.iter().filter(|way| path.starts_with(&way.path));
        // Checked needs run in no circle, so neither does this.
        self.answering(&fitting.max_by_key(|way| way.path.len())?.to, path)
    }

    /// The group and port that clients of an endpoint connect to: the endpoint's own, or what stands in front of it.
    /// None where that is outside the cluster, or the platform leads clients to whoever holds a role.
    pub fn entry(&self, endpoint: &EndpointRef) -> Option<(&'a Name, &'a PortName)> {
        match resolve(self.declarations, endpoint)? {
            Entry::Group { group, port, .. } => Some((group, port)),
            Entry::Role { .. } | Entry::Outside(_) => None,
        }
    }

    /// The roles of a group of a component to which the platform leads clients by itself.
    pub(super) fn roles(&self, component: &Name, group: &Name) -> Vec<Role> {
        let Some(declaration) = self.declarations.get(component) else {
            return Vec::new();
        };
        let roles = declaration.endpoints.iter().filter_map(|endpoint| {
            let reference = EndpointRef {
                component: component.clone(),
                endpoint: endpoint.name.clone(),
            };
            match resolve(self.declarations, &reference)? {
                Entry::Role { group: of, role } if of == group => Some(role),
                Entry::Role { .. } | Entry::Group { .. } | Entry::Outside(_) => None,
            }
        });
        roles.filter(|_| self.site.does(Duty::Balancing)).collect()
    }

    /// Where clients of a role of a group connect to.
    ///
    /// # Panics
    /// Where the platform leads nobody to roles: the checks refuse a need of such an endpoint before.
    fn led(&self, group: &Name, role: &Role) -> Led {
        let address = self.target.role_address(self.site.cluster, group, role);
        let first = self.members(group).first();
        let port = first.and_then(|member| member.port(&role.port));
        Led {
            address: address.expect("a checked need of a role has somebody who leads to it"),
            port: port.expect("a checked endpoint names a port of its group"),
        }
    }

    /// What `consumer` connects to when it uses an endpoint: every member when clients know each; the one beside the
    /// consumer when there is one on each of its hosts; else all that are as good.
    pub fn reached(&self, consumer: &Name, endpoint: &EndpointRef) -> Option<Reached<'a>> {
        let (group, port, reach) = match resolve(self.declarations, endpoint)? {
            Entry::Group { group, port, reach } => (group, port, reach),
            Entry::Role { group, role } => {
                let Led { address, port } = self.led(group, &role);
                return Some(Reached::Role { address, port });
            }
            Entry::Outside(remote) => return Some(Reached::Outside(remote)),
        };
        let hosts = |name: &Name| -> BTreeSet<&HostName> {
            self.members(name)
                .iter()
                .map(|member| &member.host)
                .collect()
        };
        Some(match reach {
            Reach::Any | Reach::Role if hosts(consumer).is_subset(&hosts(group)) => {
                Reached::Beside { group, port }
            }
            Reach::Any | Reach::Role | Reach::Each => Reached::Members(self.peers(group, port)),
        })
    }

    /// [`Lowering::reached`] as `address:port`.
    pub fn addresses(&self, consumer: &Name, endpoint: &EndpointRef) -> Vec<String> {
        match self.reached(consumer, endpoint) {
            None => Vec::new(),
            Some(Reached::Beside { group, port }) => {
                vec![Symbol::Beside(group.clone(), port.clone()).token()]
            }
            Some(Reached::Members(peers)) => peers.iter().map(Peer::to_string).collect(),
            Some(Reached::Role { address, port }) => vec![format!("{address}:{port}")],
            Some(Reached::Outside(remote)) => vec![remote.to_string()],
        }
    }

    /// The path on which members of a group say over HTTP, at this port, whether they serve; none where they are asked
    /// otherwise.
    pub fn readiness(&self, group: &Name, port: &str) -> Option<&'a str> {
        let mut groups = self
            .declarations
            .values()
            .filter_map(|declaration| declaration.group(group));
        let ready = groups.next()?.ready.as_ref()?;
        match &ready.asks {
            Ask::Http(path) => (ready.port == port).then_some(path),
            Ask::Tcp => None,
        }
    }

    /// The name service of the target's network, for programs that must ask again when a name has no address yet;
    /// `None` where peers are addressed by IP.
    pub fn resolver(&self) -> Option<&'static str> {
        self.target.resolver()
    }
}

/// Where the platform takes clients of a role in.
struct Led {
    address: String,
    port: Port,
}

impl fmt::Display for Led {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.address, self.port)
    }
}

/// Where clients of an endpoint connect to.
#[derive(Clone, Debug)]
pub(crate) enum Entry<'a> {
    /// To a port of a group.
    Group {
        group: &'a Name,
        port: &'a PortName,
        reach: Reach,
    },
    /// To whoever holds a role of a group, to whom the platform leads.
    Role { group: &'a Name, role: Role },
    /// Out of the cluster.
    Outside(&'a Remote),
}

/// Where clients of an endpoint connect to: the endpoint's own group, or what stands in front of it, and else the platform,
/// where that can know who holds the role.
pub(crate) fn resolve<'a>(
    declarations: &'a Declarations,
    endpoint: &EndpointRef,
) -> Option<Entry<'a>> {
    let found = declarations
        .get(&endpoint.component)?
        .endpoint(&endpoint.endpoint)?;
    match (&found.served, found.reach) {
        (Served::Outside(remote), _) => Some(Entry::Outside(remote)),
        (Served::ByGroup { group, port }, reach @ (Reach::Each | Reach::Any)) => {
            Some(Entry::Group { group, port, reach })
        }
        (Served::ByGroup { group, port }, Reach::Role) => {
            let fronted = declarations
                .values()
                .flat_map(|declaration| &declaration.fronts)
                .find(|front| &front.endpoint == endpoint)
                .map(|front| Entry::Group {
                    group: &front.group,
                    port: &front.port,
                    reach: Reach::Any,
                });
            let led = || {
                let role = Role {
                    name: found.name.clone(),
                    port: port.clone(),
                    held: found.held.clone()?,
                };
                Some(Entry::Role { group, role })
            };
            fronted.or_else(led)
        }
    }
}

/// The endpoint at which clients of an endpoint log in and ask for names: itself, or the one to which it hands them on.
/// That one is looked up once: who hands on to somebody that hands on names the last.
pub(crate) fn logged_in_at<'a>(
    declarations: &'a Declarations,
    endpoint: &EndpointRef,
) -> Option<&'a Endpoint> {
    let declared = |endpoint: &EndpointRef| {
        declarations
            .get(&endpoint.component)?
            .endpoint(&endpoint.endpoint)
    };
    let found = declared(endpoint)?;
    match &found.behind {
        None => Some(found),
        Some(behind) => declared(behind),
    }
}
