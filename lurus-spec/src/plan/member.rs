//! A member of a workload: where it lives and listens.

use super::PortName;
use crate::literal::{HostName, Ip, Name, Port};
use crate::report::Origin;

/// One member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Unique in the plan: `redis-3`.
    pub name: Name,
    /// From 1.
    pub index: u32,
    /// The host that carries it.
    pub host: HostName,
    /// The network on which it listens.
    pub network: Name,
    /// The host's address on that network.
    pub address: Ip,
    /// Whether it belongs to its host: no other carries it, and where members move between hosts it is on its host's own
    /// network, at the address here.
    pub of_host: bool,
    /// Its ports.
    pub ports: Vec<MemberPort>,
    /// Where its placement was said.
    pub origin: Origin,
}

impl Member {
    /// The number of a named port.
    pub fn port(&self, name: &str) -> Option<Port> {
        self.ports
            .iter()
            .find(|port| port.name == name)
            .map(|port| port.port)
    }
}

/// A port on which a member listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberPort {
    /// The port's name in its workload.
    pub name: PortName,
    /// The number.
    pub port: Port,
    /// Whether it listens for datagrams (UDP) besides connections (TCP).
    pub datagrams: bool,
    /// Where the number was set, or the member's place when it is a default.
    pub origin: Origin,
}
