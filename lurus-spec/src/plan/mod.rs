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
//! can live nowhere else. A target whose hosts are not its own to set up cannot give it, which is a finding unless the
//! description leaves it out there.
//!
//! **Provided** files come from the operator, such as certificates with their keys. The plan has their names, never their
//! content.
//!
//! A **secret** appears in variables only, never in a file or a command: files that need one refer to a variable.

pub mod check;
mod cost;
mod host_service;
mod index;
mod operation;
mod provided;
mod text;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use crate::literal::{
    AbsPath, Cidr, DomainName, Duration, EnvName, HostName, Image, Ip, Literal, Name, Port,
    SecretName, Size,
};
use crate::model::{Inventory, SettingRecord};
use crate::report::Origin;
use crate::words::Words;
use crate::yaml::Node;

pub use cost::Cost;
pub use host_service::{Floating, HostFile, HostService, KernelSetting};
pub use index::Index;
pub use operation::{Act, Instruction, Procedure, ProcedureKind};
pub use provided::{Content, Provided};
pub use text::{Piece, PortName, Symbol, Text, has_token_characters};

/// Everything that a target needs to write a cluster's files.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The cluster's name.
    pub cluster: Name,
    /// Networks and hosts.
    pub inventory: Inventory,
    /// Workloads, sorted by name.
    pub workloads: Vec<Workload>,
    /// What was declared, by group: a workload is what its group said that it would be.
    pub declared: BTreeMap<Name, Declared>,
    /// Programs of the hosts themselves, sorted by the names of their members.
    pub host_services: Vec<HostService>,
    /// Addresses that move between hosts, sorted.
    pub floating: Vec<Floating>,
    /// Who talks to whom, sorted.
    pub flows: Vec<Flow>,
    /// What connects from outside the cluster, sorted.
    pub openings: Vec<Opening>,
    /// Networks from which operators reach hosts and published ports, sorted; none where nothing is known of them.
    pub operators: Vec<Cidr>,
    /// Who connects to what outside the cluster, sorted.
    pub departures: Vec<Departure>,
    /// Secrets, sorted by name.
    pub secrets: Vec<Secret>,
    /// What the author set on each component, for `diff` and the book.
    pub settings: BTreeMap<Name, Vec<SettingRecord>>,
    /// How programs outside the cluster reach it, one entry per offered protocol of a component.
    pub contracts: Vec<Contract>,
    /// What people do with each component, by component, with the addresses of this plan.
    pub operations: BTreeMap<Name, Vec<Procedure>>,
}

/// A group of equal members of one program.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The group's name, unique in the plan; the stem of its members' names.
    pub name: Name,
    /// The component that it belongs to.
    pub component: Name,
    /// The stack that it starts with.
    pub stack: Name,
    /// What it is, in a few words, for readers of generated files.
    pub summary: Words,
    /// Whether it runs until stopped or to its end.
    pub kind: Kind,
    /// The members, by index.
    pub members: Vec<Member>,
    /// The image of every member.
    pub image: Image,
    /// How to build the image where no registry offers it.
    pub build: Option<Build>,
    /// User and group (`name`, `uid` or `uid:gid`) when the image's own is not wanted.
    pub user: Option<String>,
    /// The program that is started instead of the one that the image's author chose; `command` is what it is given.
    pub program: Option<&'static str>,
    /// The command; the image's own when empty.
    pub command: Vec<Text>,
    /// Environment variables, by name.
    pub env: BTreeMap<EnvName, Text>,
    /// Directories of generated files, each mounted read-only.
    pub config: Vec<ConfigDir>,
    /// More such directories, of which a member needs those of its host only. A target that gives every member of a
    /// group the same mounts may give it all of them, so their mounts differ.
    pub host_config: BTreeMap<HostName, Vec<ConfigDir>>,
    /// Named volumes.
    pub volumes: Vec<Volume>,
    /// Directories of files that the operator provides.
    pub provided: Vec<Provided>,
    /// Directories of the host that the program reads.
    pub host_paths: Vec<HostPath>,
    /// How to know from inside that a member works.
    pub health: Option<Health>,
    /// How others know over the network that a member serves.
    pub ready: Option<Probe>,
    /// How to know over the network that a member has to be started again: it must not depend on anything else. `None`
    /// where a program ends by itself when it cannot go on.
    pub live: Option<Probe>,
    /// How a member is stopped.
    pub stop: Stop,
    /// What a member may use.
    pub resources: Resources,
    /// Whether the program needs an init process that reaps its children.
    pub init: bool,
    /// Whether the root file system is read-only: whatever the program writes is in a volume or in `scratch`.
    pub read_only: bool,
    /// Directories in memory that the program may write and that are empty at each start.
    pub scratch: Vec<AbsPath>,
    /// Directories like those, out of which it also runs programs. The image has to have them, writable for `user`.
    pub scratch_programs: Vec<AbsPath>,
    /// Whether every member needs an address that survives a re-creation.
    pub stable_address: bool,
    /// Settings of the kernel, in the network that a member is on, without which the program does not start.
    pub kernel: Vec<KernelSetting>,
    /// Ports that an operator's programs outside the cluster use, on a machine for development too.
    pub published: Vec<PortName>,
    /// What its members connect to, as a tree for the configuration files of their program: the same texts as in `env`,
    /// by subject. `None` where the program is no application.
    pub connections: Option<Node>,
}

/// Whether a workload runs until it is stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Runs until it is stopped.
    Service,
    /// Runs to its end, once the named workloads were started; may be run again.
    Task {
        /// Workloads that the task works on.
        after: Vec<Name>,
    },
}

/// A group as its component declared it: what the checks of the description looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The component.
    pub component: Name,
    /// Members with the host and the memory limit of each, by name.
    pub members: BTreeMap<Name, (HostName, Size)>,
    /// Where its component was described.
    pub origin: Origin,
}

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
    /// Its ports.
    pub ports: Vec<MemberPort>,
    /// Where its placement was said.
    pub origin: Origin,
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

/// Files from which an image is built.
#[derive(Clone, Debug)]
pub struct Build {
    /// The file that describes the build.
    pub recipe: String,
}

/// A directory of generated files.
#[derive(Clone, Debug)]
pub struct ConfigDir {
    /// Where it is mounted.
    pub mount: AbsPath,
    /// Its files.
    pub files: Vec<ConfigFile>,
}

/// A generated file.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    /// Its name in the directory.
    pub name: Cow<'static, str>,
    /// What is in it.
    pub body: Body,
    /// What a change of its content costs.
    pub cost: Cost,
}

/// The content of a file, before its holes are filled.
#[derive(Clone, Debug)]
pub enum Body {
    /// Lines of a format with `#` comments.
    Lines(Text),
    /// Elements of XML, in which text is written by the component.
    Xml(Text),
    /// A file that somebody wrote: it arrives as it is.
    Verbatim(String),
    /// A YAML tree whose strings may carry tokens.
    Yaml(Node),
    /// A JSON tree whose strings may carry tokens.
    Json(Node),
}

/// A named volume of each member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// The volume's name in its member.
    pub name: &'static str,
    /// Where it is mounted.
    pub mount: AbsPath,
    /// How much it may hold.
    pub size: Size,
}

/// The largest file of what a member prints; then the next one is begun.
pub const LOG_FILE: Size = Size::of_bytes(50_000_000);
/// How many such files of a member are kept.
pub const LOG_FILES: u32 = 5;

/// How to know that a member works: a command inside it that ends with 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The command and its arguments.
    pub command: Vec<Text>,
    /// Time between two runs.
    pub interval: Duration,
    /// Longest time of one run.
    pub timeout: Duration,
    /// Failures in a row until the member counts as unhealthy.
    pub retries: u32,
    /// Time after the start in which failures do not count.
    pub start_period: Duration,
}

/// A question over the network that a working member answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The port that is asked.
    pub port: PortName,
    /// What is asked.
    pub asks: Ask,
}

/// What a [`Probe`] asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// `GET` of this path over HTTP: a status from 200 to 399 is good.
    Http(String),
    /// A connection that is accepted is good.
    Tcp,
}

/// A directory of the host that a program reads; it can write nothing there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPath {
    /// The directory on the host.
    pub path: HostDir,
    /// Where the program sees it.
    pub mount: AbsPath,
}

/// A directory of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostDir {
    /// Everything, mounts included: `/`.
    Root,
    /// This directory.
    At(AbsPath),
}

impl fmt::Display for HostDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("/"),
            Self::At(path) => write!(f, "{path}"),
        }
    }
}

/// How a member is stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The signal; the image's own when `None`.
    pub signal: Option<&'static str>,
    /// Time until it is killed.
    pub grace: Duration,
    /// The longest time that the program itself may take to stop, as its settings say.
    pub needed: Duration,
}

impl Health {
    /// A command, asked every five seconds for at most four, that has to fail three times in a row.
    pub fn command<T: Into<Text>>(
        command: impl IntoIterator<Item = T>,
        start_period: Duration,
    ) -> Self {
        Self {
            command: command.into_iter().map(Into::into).collect(),
            interval: Duration::secs(5),
            timeout: Duration::secs(5),
            retries: 3,
            start_period,
        }
    }
}

/// What a member may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resources {
    /// Hard memory limit.
    pub memory: Size,
    /// Where the limit was set, or the component's place when it is a default.
    pub origin: Origin,
    /// Shared memory (`/dev/shm`), where the default of 64 MiB is too small.
    pub shared_memory: Option<Size>,
    /// Open files.
    pub open_files: u32,
}

impl Resources {
    /// A memory limit, no shared memory of its own, and 1,024 open files.
    pub fn memory(memory: Size, origin: Origin) -> Self {
        Self {
            memory,
            origin,
            shared_memory: None,
            open_files: 1024,
        }
    }
}

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

impl Workload {
    /// The name of a member's volume. An identity: another name is another, empty volume.
    pub fn volume(member: &Member, volume: &Volume) -> String {
        format!("{}-{}", member.name, volume.name)
    }

    /// The directories of generated files that a member needs.
    pub fn config_of<'a>(&'a self, member: &Member) -> impl Iterator<Item = &'a ConfigDir> {
        let of_host = self.host_config.get(&member.host).into_iter().flatten();
        self.config.iter().chain(of_host)
    }

    /// The directories of generated files that any member needs.
    pub fn all_config(&self) -> impl Iterator<Item = &ConfigDir> {
        self.config
            .iter()
            .chain(self.host_config.values().flatten())
    }

    /// The secrets that its variables refer to.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretName> {
        self.env.values().flat_map(Text::secrets)
    }
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
}
