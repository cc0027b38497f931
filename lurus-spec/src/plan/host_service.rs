//! What is set up on the hosts themselves, outside of every container.
//!
//! In: a component's knowledge of a program that belongs to the system, and of the kernel. Out: packages, files and settings,
//! which a target writes for each host. It knows no product.

use crate::literal::{AbsPath, Ip, Name};
use crate::plan::{Cost, Member, Text};

/// A program of one host itself, which its system starts at boot.
#[derive(Clone, Debug)]
pub struct HostService {
    /// The component that it belongs to.
    pub component: Name,
    /// The host, and where it is reached there.
    pub member: Member,
    /// The packages of the distribution that bring it.
    pub packages: &'static [&'static str],
    /// The name by which the system starts and stops it.
    pub unit: &'static str,
    /// Its files, whose texts may have holes.
    pub files: Vec<HostFile>,
    /// An IP protocol that has no ports, by its number, over which it speaks with its peers.
    pub protocol: u8,
    /// Its peers.
    pub peers: Vec<Ip>,
}

/// A file of the host's system.
#[derive(Clone, Debug)]
pub struct HostFile {
    /// Where it is.
    pub path: AbsPath,
    /// What is in it: lines of a format with `#` comments.
    pub body: Text,
    /// What a change of its content costs.
    pub cost: Cost,
}

/// A setting of the kernel for one network: a host's own, or that of a container that has one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KernelSetting {
    /// `net.ipv4.ip_nonlocal_bind`
    pub key: &'static str,
    /// Its value.
    pub value: String,
    /// What it is for, as a sentence.
    pub why: &'static str,
}

/// An address of a network that is at any time on one of several hosts, and leads to a group that listens on it too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Floating {
    /// The address.
    pub ip: Ip,
    /// The group that serves it.
    pub group: Name,
}
