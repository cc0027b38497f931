//! A workload: one program with its files, volumes and limits.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use super::{
    Body, Cost, Election, KernelSetting, KeyCost, Member, PortName, Provided, Role, Symbol, Text,
};
use crate::literal::{AbsPath, Duration, EnvName, HostName, Image, Name, SecretName, Size};
use crate::report::Origin;
use crate::words::Words;
use crate::yaml::Node;

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
    /// As whom the program can run where only numbers count and nobody may be root: user and group. Not needed where
    /// `user` is a number.
    pub unprivileged: Option<(u32, u32)>,
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
    /// Parts of those files whose change costs something else than that of the file.
    pub key_costs: Vec<KeyCost>,
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
    /// Roles of its members to which the platform leads clients by itself.
    pub roles: Vec<Role>,
    /// How its members elect one among themselves, where the platform keeps the election.
    pub election: Option<Election>,
    /// Settings of the kernel, in the network that a member is on, without which the program does not start.
    pub kernel: Vec<KernelSetting>,
    /// Ports that an operator's programs outside the cluster use, on a machine for development too.
    pub published: Vec<PortName>,
    /// What its members connect to, as a tree for the configuration files of their program: the same texts as in `env`,
    /// by subject. `None` where the program is no application.
    pub connections: Option<Node>,
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

    /// Whether its members belong to their hosts, one on each.
    pub fn is_of_hosts(&self) -> bool {
        self.members.first().is_some_and(|member| member.of_host)
    }

    /// The secrets that its variables refer to.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretName> {
        self.env.values().flat_map(Text::secrets)
    }
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
    /// Whether it is there for a tool that judges the others, and no member reads it. Such a file is where operators find
    /// it, and not where only members look.
    pub for_tools: bool,
}

impl ConfigFile {
    /// A file that members read. `name` is that in its directory, `cost` what a change of its content costs.
    pub fn new(name: impl Into<Cow<'static, str>>, body: Body, cost: Cost) -> Self {
        Self {
            name: name.into(),
            body,
            cost,
            for_tools: false,
        }
    }

    /// A file that only a tool reads, which judges the others with it.
    pub fn for_tools(name: impl Into<Cow<'static, str>>, body: Body) -> Self {
        Self {
            for_tools: true,
            ..Self::new(name, body, Cost::Nothing)
        }
    }
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

    /// `GET` of a path at one of the member's own ports, as in [`Health::command`], by the `wget` that BusyBox has: the
    /// image needs one.
    pub fn http(port: impl Into<PortName>, path: &str, start_period: Duration) -> Self {
        let port = Symbol::OwnPort(port.into());
        let page = format!("http://{}:{port}{path}", Symbol::OwnAddress);
        Self::command(
            ["wget", "-q", "-T", "4", "-O", "/dev/null", &page].map(str::to_owned),
            start_period,
        )
    }
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

/// What a member may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resources {
    /// Hard memory limit.
    pub memory: Size,
    /// Where the limit was set, or the component's place when it is a default.
    pub origin: Origin,
    /// Shared memory (`/dev/shm`), where the default of 64 MiB is too small.
    pub shared_memory: Option<Size>,
    /// Files and connections that it may have open, at most [`MOST_OPEN_FILES`].
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

/// The most files that a kernel lets one program have open (`fs.nr_open`), unless somebody raised that.
pub const MOST_OPEN_FILES: u32 = 1 << 20;

/// The largest file of what a member prints; then the next one is begun.
pub const LOG_FILE: Size = Size::of_bytes(50_000_000);

/// How many such files of a member are kept.
pub const LOG_FILES: u32 = 5;
