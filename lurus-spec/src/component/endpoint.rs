//! What components offer, and to whom.
//!
//! In: what a component knows of its product. Out: endpoints, which are found by reference, so that addresses, flows
//! and connection strings can be computed. It knows no product.

use crate::literal::{AbsPath, Duration, Name, SecretName};
use crate::model::{ComponentRef, Setting};
use crate::plan::{Held, PortName, Remote};
use crate::report::Origin;

/// Something that a component offers.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Its name in the component: `client`, `primary`.
    pub name: PortName,
    /// The protocol, as its standard names it.
    pub protocol: &'static str,
    /// Who serves it.
    pub served: Served,
    /// How it is reached.
    pub reach: Reach,
    /// As whom clients log in; `None` where everyone is let in.
    pub login: Option<Login>,
    /// The most connections that clients may have open to one member at a time, when the product bounds them.
    pub connections: Option<u32>,
    /// The longest that a client may have to wait for more of an answer, and the place that says so: who stands between
    /// must not give up earlier.
    pub patience: Option<Setting<Duration>>,
    /// What clients may ask for by name behind it, such as databases.
    pub inside: Vec<String>,
    /// The endpoint to which it hands its clients on: they log in and ask for names as they do there.
    pub behind: Option<EndpointRef>,
    /// Where requests go that it only hands on; empty where it answers them itself.
    pub hands_on: Vec<HandedOn>,
    /// How what clients say to it is kept from others.
    pub transport: Transport,
    /// How a platform that leads clients to roles by itself knows who holds this one; `None` where only a program that
    /// stands in front can ask.
    pub held: Option<Held>,
}

/// Who serves an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Served {
    /// A group of the component, on one of its ports.
    ByGroup {
        /// The group.
        group: Name,
        /// The port of the group.
        port: PortName,
    },
    /// Somebody outside the cluster, of whom the address is all that is known.
    Outside(Remote),
}

/// How members behind an endpoint are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The client knows every member.
    Each,
    /// One member is as good as another; the one on the client's host is preferred.
    Any,
    /// Only the member that holds a role at the moment serves: something must stand in front.
    Role,
}

/// How what clients and an endpoint say to each other is kept from others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// It is not: everyone on the way can read it.
    #[default]
    Plain,
    /// It is encrypted, and whoever answers is believed.
    Encrypted,
    /// It is encrypted, and whoever answers has to show a certificate for its name.
    Verified {
        /// The file with the authorities that sign it, on each host; `None` for those that the client's image trusts.
        authorities: Option<AbsPath>,
    },
}

impl Endpoint {
    /// An endpoint of a group that asks for no login and bounds no connections. What else there is to say is said with
    /// `Endpoint { login: …, ..Endpoint::new(…) }`.
    pub fn new(
        name: impl Into<PortName>,
        protocol: &'static str,
        group: Name,
        port: impl Into<PortName>,
        reach: Reach,
    ) -> Self {
        let port = port.into();
        Self::served(
            name.into(),
            protocol,
            Served::ByGroup { group, port },
            reach,
        )
    }

    /// An endpoint outside the cluster, as in [`Endpoint::new`].
    pub fn outside(name: impl Into<PortName>, protocol: &'static str, remote: Remote) -> Self {
        Self::served(name.into(), protocol, Served::Outside(remote), Reach::Any)
    }

    fn served(name: PortName, protocol: &'static str, served: Served, reach: Reach) -> Self {
        Self {
            name,
            protocol,
            served,
            reach,
            login: None,
            connections: None,
            patience: None,
            inside: Vec::new(),
            behind: None,
            hands_on: Vec::new(),
            transport: Transport::Plain,
            held: None,
        }
    }

    /// The member that holds the role, where the description says it; `None` where members settle it while they run.
    pub fn holder(&self) -> Option<&Name> {
        match self.held.as_ref()? {
            Held::By(member) => Some(member),
            Held::Lock(_) | Held::Following(_) | Held::All => None,
        }
    }

    /// The group and port that serve it, when they are in the cluster.
    pub fn group(&self) -> Option<(&Name, &PortName)> {
        match &self.served {
            Served::ByGroup { group, port } => Some((group, port)),
            Served::Outside(_) => None,
        }
    }
}

/// Requests that an endpoint hands on. Of several that fit, the one with the longest path takes a request.
#[derive(Clone, Debug)]
pub struct HandedOn {
    /// What the paths of these requests begin with.
    pub path: String,
    /// What answers them.
    pub to: EndpointRef,
    /// The longest that they may have to wait for more of an answer, and the place that says so.
    pub patience: Setting<Duration>,
    /// Where it was described.
    pub origin: Origin,
}

/// As whom clients log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The user: unreserved characters of a URL only, so that it can stand in one as it is.
    pub user: String,
    /// The user's password.
    pub password: SecretName,
}

/// A component logs in to another as a user of its own, which the other makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The component that makes the user.
    pub at: Name,
    /// The user and its password.
    pub login: Login,
    /// What the user may do.
    pub right: Right,
}

/// What the user of an [`Account`] may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Look up by what other users prove who they are.
    Passwords,
}

/// A reference to an endpoint of a component.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EndpointRef {
    /// The component.
    pub component: Name,
    /// The endpoint's name in it.
    pub endpoint: PortName,
}

impl EndpointRef {
    /// An endpoint of a component.
    pub fn new(component: &impl ComponentRef, endpoint: impl Into<PortName>) -> Self {
        Self {
            component: component.name().clone(),
            endpoint: endpoint.into(),
        }
    }
}

impl std::fmt::Display for EndpointRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.component, self.endpoint)
    }
}
