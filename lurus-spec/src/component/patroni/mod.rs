//! PostgreSQL under Patroni: members that replicate, and elect the one that takes writes.
//!
//! The n-th member lives on the n-th host. Who is the primary is decided at run time, in a store that members
//! reach; so nobody connects to a member by its role, but to something in front that asks each member for it.

mod access;
mod check;
mod cost;
pub(super) mod lower;
pub(super) mod observe;
pub(super) mod operations;

#[cfg(test)]
mod tests;

use crate::check::Rule;
use crate::component::etcd::EtcdRef;
use crate::component::observe::Dashboard;
use crate::component::postgres::observe as postgres;
use crate::component::postgres::{
    Contents, FOR_MONITORING, FOR_SUPERUSERS, PRIMARY, Postgres, REPLICA, REST, SQL, Scheme,
    SqlName, UPGRADE,
};
use crate::component::{
    Component, Declaration, Endpoint, EndpointRef, Group, GroupMember, Lowering, Need, Reach,
    SecretDeclaration, Site, Survival, place,
};
use crate::literal::{Duration, Name, Port, Size};
use crate::model::{Described, Meta, Setting, Upgrade};
use crate::plan::{Ask, Contract, Duty, Held, Probe, Procedure, Workload};
use crate::report::Origin;
use crate::words::Words;

pub use check::RULES;
pub(super) use check::kept;

/// PostgreSQL with Patroni: replicated databases whose primary is elected anew when it is lost.
#[derive(Component, Clone, Debug)]
#[component(kind = "patroni")]
pub struct Patroni {
    pub(super) meta: Meta,
    /// The etcd cluster in which members elect their primary. Where the platform keeps elections by itself, they elect
    /// there, unless etcd is kept.
    #[option(default = "none", cost = "procedure", manual)]
    pub(super) etcd: Option<Setting<EtcdRef>>,
    /// A database, owned by the application's role. It is created with the cluster; one that is added later is
    /// created by running `post_bootstrap.sh` on the primary.
    #[option(each = "database", default = "none", cost = "reload")]
    pub(super) databases: Vec<Setting<SqlName>>,
    /// The role as which applications log in.
    #[option(default_value = "app", cost = "procedure")]
    pub(super) role: Option<Setting<SqlName>>,
    /// Most connections at a time to each member, replication not counted.
    #[option(default_value = "200", cost = "procedure", plain)]
    pub(super) max_connections: Option<Setting<u32>>,
    /// Memory that a member uses as its own cache, in bytes.
    #[option(default = "a quarter of its memory", cost = "procedure")]
    pub(super) shared_buffers: Option<Setting<Size>>,
    /// How long the primary's lock lasts when the primary is silent, in whole seconds, at least 20: how soon a lost
    /// primary is replaced.
    #[option(default_value = "30s", cost = "procedure")]
    pub(super) ttl: Option<Setting<Duration>>,
    /// Time between two looks of a member at the cluster, in whole seconds, at least 1.
    #[option(default_value = "10s", cost = "procedure")]
    pub(super) loop_wait: Option<Setting<Duration>>,
    /// How long a member tries to reach the store and the database before it gives up, in whole seconds, at least 3.
    #[option(default_value = "10s", cost = "procedure")]
    pub(super) retry_timeout: Option<Setting<Duration>>,
    /// Whether a commit is answered only when a second member has it, so that losing the primary loses nothing.
    #[option(default_value = "true", cost = "procedure", plain)]
    pub(super) synchronous: Option<Setting<bool>>,
    /// Whether writes stop when no second member is there to confirm them; otherwise they go on unconfirmed.
    #[option(default_value = "false", cost = "procedure", plain)]
    pub(super) synchronous_strict: Option<Setting<bool>>,
    /// Port for clients.
    #[option(default_value = "5432", cost = "procedure")]
    pub(super) port: Option<Setting<Port>>,
    /// Port on which a member tells its role and takes commands from other members.
    #[option(default_value = "8008", cost = "recreate")]
    pub(super) rest_port: Option<Setting<Port>>,
    /// Port of the exporters, which run where metrics are collected: one beside each member.
    #[option(default_value = "9187", cost = "recreate")]
    pub(super) exporter_port: Option<Setting<Port>>,
}

/// The version of PostgreSQL in the image of Patroni, by its tag.
const BUILT: Upgrade = Upgrade {
    image: "patroni",
    mark: "-pg",
    ..UPGRADE
};

/// What the image of Patroni is built on.
const POSTGRES: Base = Base {
    image: "postgres",
    server: "PostgreSQL",
    major: |version| match version.first() {
        Some(major @ (15 | 16)) => Some(*major),
        Some(_) | None => None,
    },
    known: "PostgreSQL 15 or 16",
    example: "postgres:16.9-bookworm",
};

/// An image of a server on which one with Patroni is built.
#[derive(Debug)]
pub(super) struct Base {
    /// The inventory's name of it.
    pub(super) image: &'static str,
    /// What is in it.
    pub(super) server: &'static str,
    /// The major version of PostgreSQL in a version of it, when the configuration is written for that.
    pub(super) major: fn(&[u64]) -> Option<u64>,
    /// Those versions, in words.
    pub(super) known: &'static str,
    /// One of them.
    pub(super) example: &'static str,
}

/// Members that elect one primary among themselves, and how Patroni keeps them.
#[derive(Debug)]
pub(super) struct Servers<'a> {
    pub(super) patroni: &'a Patroni,
    /// Their group.
    pub(super) group: &'a Name,
    pub(super) base: &'static Base,
    /// What they have of a database that several groups share.
    pub(super) share: Option<Share<'a>>,
}

/// The part that a group has in a database of Citus.
#[derive(Debug)]
pub(super) struct Share<'a> {
    /// The group's number; the one of the coordinator is 0.
    pub(super) number: u32,
    pub(super) database: &'a SqlName,
    /// Every group that logs in to it as the administrator.
    pub(super) nodes: &'a [Name],
}

/// How a member marks itself that has the lock of its group.
pub(super) const LEADS: &str = "primary";
/// How a member marks itself that follows another.
pub(super) const FOLLOWS: &str = "replica";

/// Connections that Patroni itself has open to its member, at most.
const FOR_PATRONI: u32 = 5;

impl Postgres for PatroniRef {
    const SCHEME: Scheme = Scheme::Elected;
}

impl Patroni {
    fn servers(&self) -> Servers<'_> {
        Servers {
            patroni: self,
            group: &self.meta.name.value,
            base: &POSTGRES,
            share: None,
        }
    }

    /// The group of exporters.
    fn exporter(&self) -> Name {
        self.meta.derive("exporter")
    }

    /// Elects the primary in this etcd cluster.
    #[track_caller]
    #[must_use]
    pub fn etcd(mut self, etcd: &EtcdRef) -> Self {
        self.etcd = Some(Setting::new(etcd.clone(), Origin::caller()));
        self
    }

    /// Whether its members elect in what the platform keeps, in place of the store that the description names.
    pub(super) fn elects_by_platform(&self, site: &Site<'_>) -> bool {
        let mut stores = self.etcd.iter();
        stores.any(|set| site.left_to_platform(set.value.name()) == Some(Duty::Election))
    }

    /// What keeps the elections of its members, for people.
    pub(super) fn store(&self, site: &Site<'_>) -> String {
        match &self.etcd {
            Some(set) if !self.elects_by_platform(site) => set.value.name().to_string(),
            Some(_) | None => "the store of the platform".to_owned(),
        }
    }

    /// The endpoints of databases, of the members that elect the one with this lock.
    pub(super) fn endpoints(&self, lock: &str, site: &Site<'_>) -> [Endpoint; 3] {
        let by_platform = self.elects_by_platform(site);
        let endpoints = self.contents().endpoints(self.free_connections());
        endpoints.map(|endpoint| {
            let held = match &*endpoint.name {
                PRIMARY => Some(Held::Lock(lock.to_owned())),
                REPLICA => Some(Held::Following(FOLLOWS)),
                _ => None,
            };
            Endpoint {
                held: held.filter(|_| by_platform),
                ..endpoint
            }
        })
    }

    pub(super) fn contents(&self) -> Contents<'_> {
        Contents {
            meta: &self.meta,
            role: self.role_or_default().value,
            databases: &self.databases,
        }
    }

    pub(super) fn most_connections(&self) -> u32 {
        self.max_connections_or_default().value
    }

    /// The place to blame for [`Patroni::most_connections`].
    pub(super) fn connections_origin(&self) -> Origin {
        self.max_connections_or_default().origin
    }

    /// What is left for applications of the connections of one member.
    pub(super) fn free_connections(&self) -> u32 {
        self.most_connections()
            .saturating_sub(FOR_SUPERUSERS + FOR_PATRONI + FOR_MONITORING)
    }

    /// The memory limit of a member.
    pub(super) fn member_memory(&self) -> Size {
        self.meta.memory_or(Size::gib(2))
    }

    /// Passwords of the roles that servers have, and of those that Patroni has itself.
    pub(super) fn secrets(&self) -> impl Iterator<Item = SecretDeclaration> {
        let own = [
            (
                "superuser-password",
                "the superuser, for Patroni",
                "超级用户，供 Patroni 使用",
            ),
            (
                "replication-password",
                "members that copy from another",
                "成员之间的流复制",
            ),
            (
                "rewind-password",
                "a lost primary that rejoins",
                "旧主库重新加入时使用（pg_rewind）",
            ),
            (
                "rest-password",
                "commands to members",
                "向成员下达命令（REST 接口）",
            ),
        ]
        .map(|(suffix, english, chinese)| {
            SecretDeclaration::new(&self.meta, suffix, Words::new(english, chinese))
        });
        self.contents().secrets().into_iter().chain(own)
    }

    pub(super) fn cache(&self) -> Size {
        self.shared_buffers
            .as_ref()
            .map_or(Size::of_bytes(self.member_memory().bytes() / 4), |set| {
                set.value
            })
    }

    pub(super) fn ttl_time(&self) -> Duration {
        self.ttl_or_default().value
    }

    fn loop_time(&self) -> Duration {
        self.loop_wait_or_default().value
    }

    fn retry_time(&self) -> Duration {
        self.retry_timeout_or_default().value
    }

    pub(super) fn is_synchronous(&self) -> bool {
        self.synchronous_or_default().value
    }

    fn is_strict(&self) -> bool {
        self.synchronous_strict_or_default().value
    }
}

/// A group of members, which vote in the store and not among themselves.
pub(super) fn servers(name: &Name, members: Vec<GroupMember>) -> Group {
    Group {
        peer_ports: vec![SQL.into(), REST.into()],
        flushes: true,
        ready: Some(Probe {
            port: REST.into(),
            asks: Ask::Http("/readiness".to_owned()),
        }),
        ..Group::new(name.clone(), members)
    }
}

impl Component for Patroni {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let name = &meta.name.value;
        let (sql, sql_origin) = self.port_or_default().into_parts();
        let (rest, rest_origin) = self.rest_port_or_default().into_parts();
        let ports = [
            (SQL.into(), sql, sql_origin),
            (REST.into(), rest, rest_origin),
        ];
        let members = servers(name, place(meta, site, self.member_memory(), &ports));
        let survival = Survival::any(
            Words::new("one PostgreSQL member", "任意一个 PostgreSQL 成员"),
            members.member_names(),
        );
        let watched = site.monitored.then(|| {
            let port = self.exporter_port_or_default();
            postgres::exporters(meta, site, &self.exporter(), meta.hosts(), port)
        });
        let mut metrics = vec![observe::metrics(name)];
        let mut rule_groups = vec![observe::rules(
            name,
            self.is_synchronous(),
            &self.store(site),
        )];
        let mut dashboard = Dashboard::new(name.as_str()).over(name, observe::panels());
        if let Some(exporter) = &watched {
            metrics.push(postgres::metrics(name, &exporter.name));
            rule_groups.push(postgres::rules(&exporter.name));
            dashboard = dashboard.over(&exporter.name, postgres::panels());
        }
        let asked = watched.iter().map(|exporter| Need {
            group: exporter.name.clone(),
            endpoint: EndpointRef::new(&self.reference(), SQL),
            origin: meta.name.origin.clone(),
        });
        Declaration {
            image: Some("patroni"),
            endpoints: self
                .endpoints(&lower::scope(self, site.cluster), site)
                .into_iter()
                .chain([Endpoint::new(REST, "http", name.clone(), REST, Reach::Each)])
                .collect(),
            needs: self
                .etcd
                .iter()
                .filter(|_| !self.elects_by_platform(site))
                .map(|etcd| Need {
                    group: name.clone(),
                    endpoint: etcd.value.client(),
                    origin: etcd.origin.clone(),
                })
                .chain(asked)
                .collect(),
            metrics,
            rule_groups,
            dashboards: vec![dashboard],
            groups: [members].into_iter().chain(watched).collect(),
            secrets: self.secrets().collect(),
            survival: vec![survival],
            ..Declaration::default()
        }
    }

    fn upgrades(&self) -> &'static [Upgrade] {
        const { &[UPGRADE, BUILT] }
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
