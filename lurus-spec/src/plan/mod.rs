//! The plan: what runs where, before any target has given it a file format.
//!
//! In: what components lower to. Out: a [`Plan`] that a target renders. It knows no product (a workload is a
//! program with files, ports and volumes) and no target (an address is a symbol or was answered by the target).
//!
//! # What a plan means
//!
//! A **workload** is a group of equal **members**: the same image, command, environment and files, once per
//! member. Whatever differs between members is a [`Symbol`], which the target fills: so a target may write one
//! object for the whole group, or one file per member.
//!
//! A member lives on exactly one host and listens on exactly one network of that host. On a host, an address and
//! a port belong to one member only.
//!
//! A member **of its host** says something of that host, such as how full its disks are. Where members move between hosts it
//! stays, on the host's own network, and a host that is lost leaves nothing to be carried elsewhere.
//!
//! A workload of kind [`Kind::Service`] runs until it is stopped, and is started again when it dies or the host
//! boots. One of kind [`Kind::Task`] runs to its end, may be run again at any time with the same result, and is
//! tried again when it fails.
//!
//! Nothing in a plan waits for another long-running workload: each retries by itself, so that hosts may boot in
//! any order. `needs` is the order of the book and of rollouts, not a start condition.
//!
//! A **file** belongs to one directory that is mounted read-only, as a whole, at one path. A file, a command, a
//! variable and a volume each carry what their change costs ([`Cost`]). Commands, variables and mounts are part of
//! the container: they are never cheaper than [`Cost::Recreate`].
//!
//! A **volume** is an identity: its name is derived from cluster, member and volume name in [`Workload::volume`]
//! and nowhere else, so that a rename is visible as one.
//!
//! A **flow** says that members of one workload open connections to a port of another. Firewalls, network policies
//! and access lists are computed from flows alone: a connection without a flow does not exist.
//!
//! No member has a capability of the kernel or may gain a privilege. A workload that needs one cannot be planned. What a
//! program may do that others may not is said of the network that it is on, in [`Workload::kernel`]: who listens on port
//! 443 needs a network in which that port is nobody's privilege, and no capability.
//!
//! A **host service** is a program of the host itself, outside of every container: what moves an address from host to host
//! can live nowhere else. A target whose hosts are not its own to set up has none.
//!
//! **Unmet** is what was said and the target cannot honour: a finding, unless the description says that it does without.
//!
//! **Provided** files come from the operator, such as certificates with their keys. The plan has their names, never their
//! content.
//!
//! A **secret** appears in variables only, never in a file or a command: files that need one refer to a variable.

mod body;
pub mod check;
mod cost;
mod duty;
mod edge;
mod flow;
mod host_service;
mod index;
mod member;
mod operation;
mod order;
mod provided;
mod role;
mod scrape;
mod text;
mod unmet;
mod workload;

use std::collections::BTreeMap;

use crate::literal::{Cidr, HostName, Literal, Name, SecretName, Size};
use crate::model::{Inventory, SettingRecord};
use crate::report::Origin;
use crate::words::Words;
use crate::yaml::Node;

pub use body::{Body, Tree};
pub use cost::{Cost, KeyCost};
pub use duty::Duty;
pub use edge::{Destination, Edge, Route, ServedName};
pub use flow::{Departure, Flow, Opening, Outside, Remote};
pub use host_service::{Floating, HostFile, HostService, KernelSetting};
pub use index::Index;
pub use member::{Member, MemberPort};
pub use operation::{Act, Instruction, Procedure, ProcedureKind};
pub use order::Turn;
pub(crate) use order::order;
pub use provided::{Content, Provided};
pub use role::{Election, Elections, Held, Role};
pub use scrape::{About, Scrape};
pub use text::{Piece, PortName, Symbol, Text, Whose, has_token_characters, holes_of_tree};
pub use unmet::{Said, Unmet};
pub use workload::{
    Ask, Build, ConfigDir, ConfigFile, Health, HostDir, HostPath, Kind, LOG_FILE, LOG_FILES,
    MOST_OPEN_FILES, Probe, Resources, Stop, Volume, Workload,
};

/// Everything that a target needs to write a cluster's files.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The cluster's name.
    pub cluster: Name,
    /// Networks and hosts.
    pub inventory: Inventory,
    /// The network from which each member has an address of its own, where that is not its host's: then ports of different
    /// members never meet.
    pub own_network: Option<Cidr>,
    /// Where metrics are, by job.
    pub scrapes: Vec<Scrape>,
    /// The place from which collectors that are not of the plan ask for metrics, by the name that the platform has for it;
    /// `None` where nobody does.
    pub collectors: Option<Name>,
    /// Workloads, sorted by name.
    pub workloads: Vec<Workload>,
    /// What was declared, by group: a workload is what its group said that it would be.
    pub declared: BTreeMap<Name, Declared>,
    /// Programs of the hosts themselves, sorted by the names of their members.
    pub host_services: Vec<HostService>,
    /// Addresses that move between hosts, sorted; where moving them is left to the platform too.
    pub floating: Vec<Floating>,
    /// Who talks to whom, sorted.
    pub flows: Vec<Flow>,
    /// What connects from outside the cluster, sorted.
    pub openings: Vec<Opening>,
    /// Networks from which operators reach hosts and published ports, sorted; none where nothing is known of them.
    pub operators: Vec<Cidr>,
    /// What the target serves to users by itself, in place of components that are left out; sorted by component.
    pub edges: Vec<Edge>,
    /// Who connects to what outside the cluster, sorted.
    pub departures: Vec<Departure>,
    /// Secrets, sorted by name.
    pub secrets: Vec<Secret>,
    /// What the author set on each component, for `diff` and the book.
    pub settings: BTreeMap<Name, Vec<SettingRecord>>,
    /// What was said and the target does not honour, and what the description leaves out there, sorted by what it is.
    pub unmet: Vec<Unmet>,
    /// How programs outside the cluster reach it, one entry per offered protocol of a component.
    pub contracts: Vec<Contract>,
    /// Every component in the order in which they are started and changed: each after what it needs.
    pub order: Vec<Turn>,
    /// What people do with each component, by component, with the addresses of this plan.
    pub operations: BTreeMap<Name, Vec<Procedure>>,
    /// Components that are not there, because the platform does by itself what they are for.
    pub left_to_platform: BTreeMap<Name, Duty>,
}

impl Plan {
    /// The workload of this name.
    pub fn workload(&self, name: &Name) -> Option<&Workload> {
        self.workloads
            .iter()
            .find(|workload| &workload.name == name)
    }

    /// The workload and member of this member name.
    pub fn member(&self, name: &Name) -> Option<(&Workload, &Member)> {
        self.workloads.iter().find_map(|workload| {
            workload
                .members
                .iter()
                .find(|member| &member.name == name)
                .map(|member| (workload, member))
        })
    }

    /// The members of a component's workloads on each host that has any, in the order of the plan.
    pub fn placed(&self, component: &Name) -> Vec<(&HostName, Vec<&Member>)> {
        let own = self.workloads.iter();
        let own = own.filter(|workload| &workload.component == component);
        let mut placed: Vec<(&HostName, Vec<&Member>)> = Vec::new();
        for member in own.flat_map(|workload| &workload.members) {
            match placed.iter_mut().find(|(host, _)| **host == member.host) {
                Some((_, members)) => members.push(member),
                None => placed.push((&member.host, vec![member])),
            }
        }
        placed
    }
}

/// A group as its component declared it: what the checks of the description looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The component.
    pub component: Name,
    /// Members with the host and the memory limit of each, by name.
    pub members: BTreeMap<Name, (HostName, Size)>,
    /// How many of its members, whichever they are, may be away at a time while the component still serves.
    pub spare: usize,
    /// Where its component was described.
    pub origin: Origin,
}

/// A secret by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret {
    /// Its name.
    pub name: SecretName,
    /// What it is for.
    pub purpose: Words,
    /// The component that declares it, or the cluster.
    pub owner: Name,
    /// Where it was declared.
    pub origin: Origin,
}

/// How programs outside the cluster reach a component.
#[derive(Clone, Debug)]
pub struct Contract {
    /// The component that offers it.
    pub component: Name,
    /// The protocol, as its standard names it: `postgresql`, `redis-cluster`.
    pub protocol: &'static str,
    /// Addresses, names and secrets' variables; strings may carry tokens.
    pub entry: Node,
}

/// A literal of a component's code as the type that the plan wants.
///
/// # Panics
/// When the text is not of that type: a bug of the component, seen by the first test that lowers it.
#[track_caller]
pub fn checked<T: Literal>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}
