//! What a component does at the edge, as data: the names that it serves to users, and who answers them.
//!
//! In: the settings of a component that stands between users and services. Out: names with routes. A platform that routes
//! names and paths by itself is told so from here; the component's own files say the same in its own words. It knows no
//! product.

use crate::component::HandedOn;
use crate::literal::{DomainName, Duration, Name, Port};
use crate::report::Origin;

/// What a component serves to users, over HTTPS.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Its group: on the hosts of its members users reach it.
    pub group: Name,
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
}

/// A name that is served at the edge.
#[derive(Clone, Debug)]
pub struct ServedName {
    /// The name.
    pub name: DomainName,
    /// The certificate that it is served with: what the operator provides under this name.
    pub certificate: Name,
    /// Where requests for it go. Of several that fit, the one with the longest path takes a request.
    pub routes: Vec<HandedOn>,
    /// Where it was described.
    pub origin: Origin,
}
