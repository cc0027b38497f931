//! What components tell of themselves before anything is lowered.
//!
//! In: a component's settings and the inventory. Out: groups of members, endpoints, needs, secrets and survival
//! rules, from which the checks, the loss analysis, the flows and the order are computed.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::component::observe::{
    Dashboard, DrawnQuery, Metrics, Observer, RuleGroup, WrittenRules,
};
use crate::component::{Account, Edge, Endpoint, EndpointRef};
use crate::literal::{Name, Port, SecretName, Size};
use crate::model::{Cluster, Host, HostRef, Inventory, Meta, NetworkRef};
use crate::plan::{Duty, Floating, Opening, PortName, Probe};
use crate::report::Origin;
use crate::target::Target;
use crate::words::Words;

/// What a component may see of the cluster while it declares itself.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// The cluster's name.
    pub cluster: &'a Name,
    /// Networks, hosts, images.
    pub inventory: &'a Inventory,
    /// The network of components that name none.
    pub network: Option<NetworkRef>,
    /// Whether a quorum of one is allowed.
    pub development: bool,
    /// Whether somebody collects metrics. Exporters that nobody would ask are not worth their memory.
    pub monitored: bool,
    /// The platform, when the cluster is looked at as it is on one target; none when it is looked at as described.
    pub(crate) platform: WatchedPlatform<'a>,
}

/// A platform that knows whether somebody asked for it: who did not, does not depend on it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WatchedPlatform<'a> {
    platform: Option<Platform<'a>>,
    asked: Option<&'a AtomicBool>,
}

impl<'a> WatchedPlatform<'a> {
    pub(crate) fn new(platform: Option<Platform<'a>>) -> Self {
        Self {
            platform,
            asked: None,
        }
    }

    /// The same platform, which sets `asked` when somebody asks for it.
    pub(crate) fn telling(self, asked: &'a AtomicBool) -> Self {
        Self {
            asked: Some(asked),
            ..self
        }
    }

    pub(crate) fn get(self) -> Option<Platform<'a>> {
        if let Some(asked) = self.asked {
            asked.store(true, Ordering::Relaxed);
        }
        self.platform
    }
}

/// What does by itself what some components are for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Platform<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) target: &'a dyn Target,
}

/// What a component is made of.
#[derive(Clone, Debug, Default)]
pub struct Declaration {
    /// The inventory's name of its image, for components whose author names none.
    pub image: Option<&'static str>,
    /// Groups of members.
    pub groups: Vec<Group>,
    /// What it offers.
    pub endpoints: Vec<Endpoint>,
    /// What it cannot work without.
    pub needs: Vec<Need>,
    /// Endpoints of others for which it stands in front.
    pub fronts: Vec<Front>,
    /// What it serves to users, when that is what it is for.
    pub edge: Option<Edge>,
    /// Users of its own as which it logs in to others.
    pub accounts: Vec<Account>,
    /// Endpoints of others whose addresses its programs look up once, when they start: the members behind keep theirs.
    pub pins: Vec<EndpointRef>,
    /// Addresses that move between hosts with what serves them.
    pub floating: Vec<Floating>,
    /// What connects to it from outside the cluster.
    pub openings: Vec<Opening>,
    /// Where its metrics are.
    pub metrics: Vec<Metrics>,
    /// Recordings and alerts over its metrics.
    pub rule_groups: Vec<RuleGroup>,
    /// Rules over anybody's metrics, which it was given as files.
    pub written_rules: Vec<WrittenRules>,
    /// Panels over its metrics.
    pub dashboards: Vec<Dashboard>,
    /// Expressions over anybody's metrics, of dashboards that it was given.
    pub drawn: Vec<DrawnQuery>,
    /// Its groups that look at whatever there is to see.
    pub observers: Vec<Observer>,
    /// Secrets that belong to it.
    pub secrets: Vec<SecretDeclaration>,
    /// When it still serves. All of them must hold. Where there is none, one member of each group that serves has to
    /// be alive.
    pub survival: Vec<Survival>,
}

/// A group of equal members.
#[derive(Clone, Debug)]
pub struct Group {
    /// Unique in the cluster.
    pub name: Name,
    /// Its members, in order.
    pub members: Vec<GroupMember>,
    /// How many of them must agree, when they vote.
    pub quorum: Option<Quorum>,
    /// Ports on which the members of the group reach each other.
    pub peer_ports: Vec<PortName>,
    /// Ports that listen for datagrams (UDP) besides connections (TCP).
    pub datagrams: Vec<PortName>,
    /// Whether the group runs to its end instead of serving.
    pub task: bool,
    /// Whether its members answer a write only when their disk has it: a slow disk is then a slow member.
    pub flushes: bool,
    /// How others know over the network that a member serves; `None` where nothing answers.
    pub ready: Option<Probe>,
    /// The inventory's name of its image, where it is another than the component's.
    pub image: Option<&'static str>,
    /// Whether its members are programs of their hosts, outside of every container.
    pub on_host: bool,
    /// Whether its members belong to their hosts, as what measures a host does: one on each, which no other host carries
    /// in its place.
    pub of_hosts: bool,
}

/// Members that vote: a majority must be alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// What is lost without a majority, to be said in a finding.
    pub of: &'static str,
}

/// A member as declared.
#[derive(Clone, Debug)]
pub struct GroupMember {
    /// Unique in the cluster: `redis-3`.
    pub name: Name,
    /// From 1.
    pub index: u32,
    /// The host that shall carry it.
    pub host: HostRef,
    /// The network on which it listens; `None` where neither component nor cluster name one.
    pub network: Option<NetworkRef>,
    /// Its ports.
    pub ports: Vec<GroupPort>,
    /// Its memory limit.
    pub memory: Size,
    /// Where the memory limit was set, or the component's place.
    pub memory_origin: Origin,
    /// The member of which this one is a copy: they must not share a host.
    pub copy_of: Option<Name>,
    /// Where its placement was said.
    pub origin: Origin,
}

/// A port as declared.
#[derive(Clone, Debug)]
pub struct GroupPort {
    /// Its name in the group.
    pub name: PortName,
    /// Its number; `Err` says why a derived number is impossible.
    pub port: Result<Port, String>,
    /// Where it was set, or the component's place.
    pub origin: Origin,
}

/// A component cannot work without this endpoint.
#[derive(Clone, Debug)]
pub struct Need {
    /// The group that opens the connections.
    pub group: Name,
    /// What it connects to.
    pub endpoint: EndpointRef,
    /// Where it was said.
    pub origin: Origin,
}

/// A component stands in front of an endpoint that is reached by role: clients of that endpoint are sent to it.
#[derive(Clone, Debug)]
pub struct Front {
    /// The endpoint behind.
    pub endpoint: EndpointRef,
    /// The group that stands in front.
    pub group: Name,
    /// The port that serves this endpoint.
    pub port: PortName,
}

/// A secret that belongs to a component.
#[derive(Clone, Debug)]
pub struct SecretDeclaration {
    /// Its name, unique in the cluster.
    pub name: SecretName,
    /// What it is for.
    pub purpose: Words,
    /// Where it was said.
    pub origin: Origin,
}

/// A condition under which a component still serves: at least so many of these members are alive.
#[derive(Clone, Debug)]
pub struct Survival {
    /// What is counted, for findings and the book: `a majority of etcd members`.
    pub what: Words,
    /// Members that count.
    pub of: Vec<Name>,
    /// How many of them must be alive.
    pub at_least: usize,
}

impl Survival {
    /// At least one of these members.
    pub fn any(what: impl Into<Words>, of: impl IntoIterator<Item = Name>) -> Self {
        Self {
            what: what.into(),
            of: of.into_iter().collect(),
            at_least: 1,
        }
    }

    /// More than half of these members.
    pub fn majority(what: impl Into<Words>, of: impl IntoIterator<Item = Name>) -> Self {
        let of: Vec<Name> = of.into_iter().collect();
        let at_least = of.len() / 2 + 1;
        Self {
            what: what.into(),
            of,
            at_least,
        }
    }
}

impl SecretDeclaration {
    /// A secret of a component, called `<component>-<suffix>`.
    pub fn new(meta: &Meta, suffix: &str, purpose: impl Into<Words>) -> Self {
        Self {
            name: meta.secret(suffix),
            purpose: purpose.into(),
            origin: meta.name.origin.clone(),
        }
    }
}

impl<'a> Site<'a> {
    /// The network on which a component listens.
    pub fn network_of(&self, meta: &Meta) -> Option<NetworkRef> {
        meta.network
            .as_ref()
            .map(|network| network.value)
            .or(self.network)
    }

    /// What the platform does in place of this component, which is not there: who would need it asks the platform.
    pub fn left_to_platform(&self, component: &Name) -> Option<Duty> {
        let Platform { cluster, target } = self.platform.get()?;
        let mut all = cluster.components.iter();
        let component = all.find(|other| &other.meta().name.value == component)?;
        cluster.left_to(target, component.as_ref())
    }

    /// Whether the platform does this by itself.
    pub fn does(&self, duty: Duty) -> bool {
        self.platform
            .get()
            .is_some_and(|platform| platform.target.duties().contains(&duty))
    }

    /// The host behind a handle, when it is of this inventory.
    pub fn host(&self, host: HostRef) -> Option<&'a Host> {
        self.inventory.host(host)
    }
}

/// One member on each host of a component, all with the same ports: the placement of most products.
///
/// Members are named `<component>-<n>`. A name that grows too long falls back to the component's name, and a check
/// reports it.
pub fn place(
    meta: &Meta,
    site: &Site<'_>,
    memory: Size,
    ports: &[(PortName, Port, Origin)],
) -> Vec<GroupMember> {
    let hosts = meta.hosts().iter().copied();
    place_on(meta, site, &meta.name.value, hosts, memory, ports)
}

/// One member of a second group on each of some hosts, such as an exporter beside each member that it asks. Its memory
/// limit is not the one that the author sets on the component.
///
/// Members are named `<group>-<n>`, as in [`place`].
pub fn place_beside(
    meta: &Meta,
    site: &Site<'_>,
    group: &Name,
    hosts: impl IntoIterator<Item = HostRef>,
    memory: Size,
    ports: &[(PortName, Port, Origin)],
) -> Vec<GroupMember> {
    let mut members = place_on(meta, site, group, hosts, memory, ports);
    for member in &mut members {
        (member.memory, member.memory_origin) = (memory, meta.name.origin.clone());
    }
    members
}

/// One member on each of some hosts, called after its host: what belongs to a host keeps its name, and its data, when hosts
/// come and go before it.
///
/// Members are named `<group>-<host>`; a name that grows too long is `<group>-<n>`.
pub fn place_by_host(
    meta: &Meta,
    site: &Site<'_>,
    group: &Name,
    hosts: impl IntoIterator<Item = HostRef>,
    memory: Size,
    ports: &[(PortName, Port, Origin)],
) -> Vec<GroupMember> {
    let mut members = place_on(meta, site, group, hosts, memory, ports);
    for member in &mut members {
        if let Ok(name) = format!("{group}-{}", member.host.name()).parse() {
            member.name = name;
        }
    }
    members
}

/// [`place`] for a group of another name, on some of the hosts.
pub(in crate::component) fn place_on(
    meta: &Meta,
    site: &Site<'_>,
    stem: &Name,
    hosts: impl IntoIterator<Item = HostRef>,
    memory: Size,
    ports: &[(PortName, Port, Origin)],
) -> Vec<GroupMember> {
    let placed = meta.on.as_ref().map_or(&meta.name.origin, |on| &on.origin);
    let (memory, memory_origin) = match &meta.memory {
        Some(set) => (set.value, set.origin.clone()),
        None => (memory, meta.name.origin.clone()),
    };
    (1..)
        .zip(hosts)
        .map(|(index, host)| GroupMember {
            name: stem.indexed(index).unwrap_or_else(|_| stem.clone()),
            index,
            host,
            network: site.network_of(meta),
            ports: ports
                .iter()
                .map(|(name, port, origin)| GroupPort {
                    name: name.clone(),
                    port: Ok(*port),
                    origin: origin.clone(),
                })
                .collect(),
            memory,
            memory_origin: memory_origin.clone(),
            copy_of: None,
            origin: placed.clone(),
        })
        .collect()
}

/// The one run of a task, on the component's first host.
pub fn place_task(meta: &Meta, site: &Site<'_>, task: &Name) -> Vec<GroupMember> {
    let placed = meta.on.as_ref().map_or(&meta.name.origin, |on| &on.origin);
    meta.hosts()
        .iter()
        .take(1)
        .map(|host| GroupMember {
            name: task.clone(),
            index: 1,
            host: *host,
            network: site.network_of(meta),
            ports: Vec::new(),
            memory: TASK_MEMORY,
            memory_origin: meta.name.origin.clone(),
            copy_of: None,
            origin: placed.clone(),
        })
        .collect()
}

/// Memory limit of a task: a shell and a client.
pub const TASK_MEMORY: Size = Size::mib(64);

impl Group {
    /// Members that serve, do not vote and do not know each other. What else there is to say is said with
    /// `Group { quorum: …, ..Group::new(…) }`.
    pub fn new(name: Name, members: Vec<GroupMember>) -> Self {
        Self {
            name,
            members,
            quorum: None,
            peer_ports: Vec::new(),
            datagrams: Vec::new(),
            task: false,
            flushes: false,
            ready: None,
            image: None,
            on_host: false,
            of_hosts: false,
        }
    }

    /// Names of all members.
    pub fn member_names(&self) -> impl Iterator<Item = Name> {
        self.members.iter().map(|member| member.name.clone())
    }

    /// Hosts that carry at least one member.
    pub fn hosts(&self) -> BTreeSet<HostRef> {
        self.members.iter().map(|member| member.host).collect()
    }
}

impl Declaration {
    /// The endpoint of this name.
    pub fn endpoint(&self, name: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.name == name)
    }

    /// The group of this name.
    pub fn group(&self, name: &Name) -> Option<&Group> {
        self.groups.iter().find(|group| &group.name == name)
    }
}
