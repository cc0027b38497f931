//! Redis Cluster: shards with a master and replicas each, on hosts that the compiler chooses.
//!
//! Members `<name>-1` to `<name>-<shards>` are the masters when the cluster is formed, and the replicas follow, round by
//! round. A task forms the cluster in exactly this layout, and gives a member that lost its volume its place again; it
//! moves no slot and changes no role, so it can run at any time.

mod check;
mod lower;
mod observe;
mod operations;
mod placement;
pub(in crate::component) mod server;

#[cfg(test)]
mod tests;

use std::fmt;

use crate::check::Rule;
use crate::component::observe::exporters;
use crate::component::{
    Component, Declaration, Endpoint, EndpointRef, Group, GroupMember, GroupPort, Login, Lowering,
    Need, Part, Reach, SecretDeclaration, Site, Survival, Value, place_task,
};
use crate::literal::{Duration, Name, Port, Size};
use crate::model::{Described, HostRef, Meta, Setting};
use crate::plan::{Ask, Contract, Probe, Procedure, Workload};
use crate::report::Origin;
use crate::words::Words;

use placement::{Copy, Wish, layout};

pub use check::RULES;
pub use placement::Placement;

/// A Redis Cluster. Clients know every node; each key lives on one shard, and a replica takes over when a master is lost.
#[derive(Component, Clone, Debug)]
#[component(kind = "redis-cluster")]
pub struct RedisCluster {
    meta: Meta,
    /// Parts of the keys, each with a master of its own; at least 3.
    #[option(default_value = "3", cost = "procedure", plain)]
    shards: Option<Setting<u32>>,
    /// Replicas of each master, at least 1.
    #[option(default_value = "1", cost = "procedure", plain)]
    replicas: Option<Setting<u32>>,
    /// Hosts of one shard's copies, its master's first, where the compiler's choice is not wanted.
    #[option(
        each = "place",
        default = "the compiler's choice",
        cost = "procedure",
        manual
    )]
    placements: Vec<Setting<Placement>>,
    /// Memory for the data of one member, in bytes. The memory limit is more by half and 64 MiB, unless it is set.
    #[option(default_value = "1GiB", cost = "procedure")]
    max_memory: Option<Setting<Size>>,
    /// What a full member does.
    #[option(default = "noeviction", cost = "procedure", plain)]
    policy: Option<Setting<Eviction>>,
    /// How often the log of writes reaches the disk.
    #[option(default = "everysec", cost = "procedure", plain)]
    append_sync: Option<Setting<AppendSync>>,
    /// After how long without an answer a member counts as lost: a lost master is replaced within about twice this time.
    #[option(default_value = "5s", cost = "procedure")]
    node_timeout: Option<Setting<Duration>>,
    /// Port of the first member, at most 55535; each member has the next one. The bus between members is 10000 above.
    #[option(default_value = "7001", cost = "procedure")]
    port: Option<Setting<Port>>,
    /// Port of the exporters, which run where metrics are collected: one on each host, for all members on it.
    #[option(default_value = "9121", cost = "recreate")]
    exporter_port: Option<Setting<Port>>,
}

/// What a member does when its memory for data is full, in Redis' words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eviction {
    /// Refuses writes: for data that is kept nowhere else.
    NoEviction,
    /// Forgets keys that were used least recently.
    AllKeysLru,
    /// Forgets keys that are used least frequently.
    AllKeysLfu,
    /// Forgets any keys.
    AllKeysRandom,
    /// Forgets keys with a time to live that were used least recently.
    VolatileLru,
    /// Forgets keys with a time to live that are used least frequently.
    VolatileLfu,
    /// Forgets any keys with a time to live.
    VolatileRandom,
    /// Forgets keys with the shortest time to live.
    VolatileTtl,
}

/// How often the log of writes reaches the disk, in Redis' words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendSync {
    /// Once a second: a member that loses power loses about a second of writes.
    EverySecond,
    /// Before each answer: slower, and no acknowledged write is lost with one member.
    Always,
}

impl AppendSync {
    /// Whether a server with this setting, or with none, answers a write only when its disk has it.
    pub(in crate::component) fn flushes(said: Option<&Setting<Self>>) -> bool {
        match said.map_or(Self::EverySecond, |set| set.value) {
            Self::EverySecond => false,
            Self::Always => true,
        }
    }
}

/// Clients of one member at a time (`maxclients`).
const CLIENTS: u32 = 10_000;

/// Clients of a server that are kept for others than applications: operators, exporters, replicas.
pub(in crate::component) const KEPT: u32 = 32;

const CLIENT: &str = "client";
const BUS: &str = "bus";

/// Distance from a member's port to its bus (Redis Cluster specification).
const BUS_OFFSET: u16 = 10_000;

/// What the buffers to replicas may grow to (`client-output-buffer-limit replica`). The backlog shares their memory.
const BUFFERS: Size = Size::mib(64);

impl RedisClusterRef {
    /// Every node: clients know each and are sent from one to the other.
    pub fn addresses(&self) -> EndpointRef {
        EndpointRef::new(self, CLIENT)
    }

    /// The password that every node asks for, to be shown as user `default` or as none.
    pub fn password(&self) -> Value {
        Value::new([Part::Password(self.addresses())])
    }
}

impl RedisCluster {
    /// Puts the copies of one shard on these hosts: its master on the first, replicas on the others. Copies for which
    /// no host is named are placed by the compiler.
    ///
    /// Default: the compiler's choice. Each call places one shard; shards count from 1.
    #[track_caller]
    #[must_use = "a setter returns the component that it changed"]
    pub fn place(mut self, shard: u32, hosts: impl IntoIterator<Item = HostRef>) -> Self {
        let hosts = hosts.into_iter().collect();
        self.placements
            .push(Setting::new(Placement { shard, hosts }, Origin::caller()));
        self
    }

    fn wish(&self) -> Wish<'_> {
        Wish {
            shards: self.shards_or_default().value,
            replicas: self.replicas_or_default().value,
            hosts: self.meta.hosts(),
            by_hand: &self.placements,
        }
    }

    fn data_memory(&self) -> Size {
        self.max_memory_or_default().value
    }

    /// The smallest memory limit that is enough. While the log of writes is rewritten, every page that changes exists
    /// twice; the server's own needs and the buffers to replicas come on top.
    fn needed_memory(&self) -> Size {
        let data = self.data_memory();
        let copies = Size::of_bytes(data.bytes() / 2);
        data.saturating_add(copies).saturating_add(BUFFERS)
    }

    fn memory_limit(&self) -> (Size, &Origin) {
        match &self.meta.memory {
            Some(set) => (set.value, &set.origin),
            // The limit follows from what the author said of the data.
            None => {
                let said = self.max_memory.as_ref().map(|set| &set.origin);
                (self.needed_memory(), said.unwrap_or(&self.meta.name.origin))
            }
        }
    }

    /// How long a member may be silent until it counts as lost.
    fn silence(&self) -> Duration {
        self.node_timeout_or_default().value
    }

    fn task(&self) -> Name {
        self.meta.derive("form")
    }

    fn exporter(&self) -> Name {
        self.meta.derive("exporter")
    }

    fn member_name(&self, index: u32) -> Name {
        let stem = &self.meta.name.value;
        stem.indexed(index).unwrap_or_else(|_| stem.clone())
    }

    /// Ports of the member with this index, from 1.
    fn ports(&self, index: u32) -> Vec<GroupPort> {
        let (first, origin) = self.port_or_default().into_parts();
        let wanted = u64::from(first.get()) + u64::from(index - 1);
        let client = u16::try_from(wanted)
            .ok()
            .and_then(|number| Port::new(number).ok())
            .ok_or_else(|| format!("{wanted} is over 65535"));
        let bus = client.clone().and_then(|client| {
            client
                .offset(BUS_OFFSET)
                .map_err(|_| format!("its bus would be at {}", wanted + u64::from(BUS_OFFSET)))
        });
        [(CLIENT, client), (BUS, bus)]
            .into_iter()
            .map(|(name, port)| GroupPort {
                name: name.into(),
                port,
                origin: origin.clone(),
            })
            .collect()
    }

    fn members(&self, site: &Site<'_>) -> Vec<GroupMember> {
        let meta = &self.meta;
        let placed = meta.on.as_ref().map_or(&meta.name.origin, |on| &on.origin);
        let (memory, memory_origin) = self.memory_limit();
        (1..)
            .zip(layout(self.wish(), site))
            .map(|(index, copy): (u32, Copy)| GroupMember {
                name: self.member_name(index),
                index,
                host: copy.host,
                network: site.network_of(meta),
                ports: self.ports(index),
                memory,
                memory_origin: memory_origin.clone(),
                copy_of: (copy.number > 0).then(|| self.member_name(copy.shard)),
                origin: copy.placed.unwrap_or_else(|| placed.clone()),
            })
            .collect()
    }
}

impl Component for RedisCluster {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let name = &meta.name.value;
        let members = self.members(site);
        let copies = |shard: u32| {
            let master = self.member_name(shard);
            members
                .iter()
                .filter(move |member| {
                    member.name == master || member.copy_of.as_ref() == Some(&master)
                })
                .map(|member| member.name.clone())
                .collect::<Vec<Name>>()
        };
        let masters: Vec<Name> = members
            .iter()
            .filter(|member| member.copy_of.is_none())
            .map(|member| member.name.clone())
            .collect();
        let survival = (1..)
            .zip(&masters)
            .map(|(shard, _)| {
                let what = Words::new(
                    format!("a copy of shard {shard}"),
                    format!("分片 {shard} 的任意一个副本"),
                );
                Survival::any(what, copies(shard))
            })
            .chain([Survival::majority(
                Words::new("a majority of masters", "主节点的多数"),
                masters.clone(),
            )])
            .collect();
        let task = Group {
            task: true,
            ..Group::new(self.task(), place_task(meta, site, &self.task()))
        };
        let (count, hosts) = (members.len(), members.iter().map(|member| member.host));
        // Two connections of the bus to each other member, which count as clients.
        let links = u32::try_from(count.saturating_sub(1))
            .map_or(u32::MAX, |others| others.saturating_mul(2));
        let watched = site.monitored.then(|| {
            let port = self.exporter_port_or_default();
            exporters(meta, site, &self.exporter(), "redis-exporter", hosts, port)
        });
        let groups = vec![
            Group {
                ready: Some(Probe {
                    port: CLIENT.into(),
                    asks: Ask::Tcp,
                }),
                // A replica copies from its master's client port.
                peer_ports: vec![BUS.into(), CLIENT.into()],
                flushes: AppendSync::flushes(self.append_sync.as_ref()),
                ..Group::new(name.clone(), members)
            },
            task,
        ];
        Declaration {
            image: Some("redis"),
            endpoints: vec![Endpoint {
                login: Some(Login {
                    user: "default".to_owned(),
                    password: meta.secret("password"),
                }),
                connections: Some(CLIENTS.saturating_sub(links.saturating_add(KEPT))),
                ..Endpoint::new(CLIENT, "redis-cluster", name.clone(), CLIENT, Reach::Each)
            }],
            needs: vec![Need {
                group: self.task(),
                endpoint: EndpointRef::new(&self.reference(), CLIENT),
                origin: meta.name.origin.clone(),
            }],
            metrics: watched
                .iter()
                .map(|exporter| server::metrics(name, &exporter.name))
                .collect(),
            rule_groups: watched
                .iter()
                .map(|_| observe::rules(name, count))
                .collect(),
            dashboards: watched.iter().map(|_| observe::dashboard(name)).collect(),
            groups: groups.into_iter().chain(watched).collect(),
            secrets: vec![SecretDeclaration::new(
                meta,
                "password",
                Words::new(
                    "clients, and members among themselves",
                    "客户端，以及成员之间",
                ),
            )],
            survival,
            ..Declaration::default()
        }
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    fn lower(&self, lowering: &Lowering<'_>) -> Vec<Workload> {
        lower::lower(self, lowering)
    }

    fn contracts(&self, lowering: &Lowering<'_>) -> Vec<Contract> {
        lower::contracts(self, lowering)
    }

    fn operations(&self, lowering: &Lowering<'_>) -> Vec<Procedure> {
        operations::operations(self, lowering)
    }
}

impl fmt::Display for Eviction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoEviction => "noeviction",
            Self::AllKeysLru => "allkeys-lru",
            Self::AllKeysLfu => "allkeys-lfu",
            Self::AllKeysRandom => "allkeys-random",
            Self::VolatileLru => "volatile-lru",
            Self::VolatileLfu => "volatile-lfu",
            Self::VolatileRandom => "volatile-random",
            Self::VolatileTtl => "volatile-ttl",
        })
    }
}

impl fmt::Display for AppendSync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EverySecond => "everysec",
            Self::Always => "always",
        })
    }
}
