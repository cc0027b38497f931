//! Who connects to what: inside the cluster, from outside, and out of it.

use std::fmt;

use super::PortName;
use crate::literal::{Cidr, DomainName, Name, Port};

/// Members of one workload open connections to a port of another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flow {
    /// Who connects.
    pub from: Name,
    /// Who listens.
    pub to: Name,
    /// On which of its ports.
    pub port: PortName,
    /// Whether each member connects to those of its own host only.
    pub beside: bool,
}

impl Flow {
    /// Each member of one workload connects to any of the other.
    pub fn new(from: &Name, to: &Name, port: &PortName) -> Self {
        Self {
            from: from.clone(),
            to: to.clone(),
            port: port.clone(),
            beside: false,
        }
    }
}

/// Connections to a port of a workload come from outside the cluster: users, operators, a provider's load balancer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opening {
    /// The workload that listens.
    pub group: Name,
    /// The port.
    pub port: PortName,
    /// Who connects.
    pub from: Outside,
}

/// Who connects from outside the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outside {
    /// Anyone.
    Anyone,
    /// Whoever is on this network.
    Network(Cidr),
}

/// Members of a workload open connections to an address outside the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Departure {
    /// Who connects.
    pub from: Name,
    /// Where to.
    pub to: Remote,
}

/// An address outside the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remote {
    /// The name by which it is found.
    pub host: DomainName,
    /// The port.
    pub port: Port,
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}
