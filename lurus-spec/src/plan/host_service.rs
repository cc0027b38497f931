//! What is set up on the hosts themselves, outside of every container.
//!
//! In: a component's knowledge of a program that belongs to the system, and of the kernel. Out: packages, files and settings,
//! which a target writes for each host. It knows no product and no distribution's tools.

use crate::literal::{AbsPath, Name};
use crate::plan::{Cost, Member, Text};
use crate::report::Origin;

/// A program of the host itself, which its system starts at boot.
#[derive(Clone, Debug)]
pub struct HostService {
    /// The group's name, unique in the plan.
    pub name: Name,
    /// The component that it belongs to.
    pub component: Name,
    /// What it is, in a few words.
    pub summary: String,
    /// The package of the distribution that brings it.
    pub package: &'static str,
    /// The name by which the system starts and stops it.
    pub unit: &'static str,
    /// The hosts that run it, by index.
    pub members: Vec<Member>,
    /// Its files, whose texts may have holes.
    pub files: Vec<HostFile>,
    /// Settings of the kernel that it wants.
    pub kernel: Vec<KernelSetting>,
    /// Targets on which the description leaves it out, each with the place that says so.
    pub left_out_on: Vec<(Name, Origin)>,
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
