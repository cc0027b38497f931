//! PostgreSQL under Patroni: members that replicate, and elect the one that takes writes.
//!
//! The n-th member lives on the n-th host. Who is the primary is decided at run time, in a store that members
//! reach; so nobody connects to a member by its role, but to something in front that asks each member for it.

mod check;
mod lower;
mod memory;
mod observe;
mod operations;

#[cfg(test)]
mod tests;

use crate::check::Rule;
use crate::component::etcd::EtcdRef;
use crate::component::observe::{Dashboard, exporters};
use crate::component::postgres::observe as postgres;
use crate::component::postgres::{
    Contents, FOR_MONITORING, FOR_SUPERUSERS, Postgres, REST, SQL, Scheme, SqlName,
};
use crate::component::{
    Component, Declaration, Endpoint, EndpointRef, Group, Lowering, Need, Reach, SecretDeclaration,
    Site, Survival, place,
};
use crate::literal::{Duration, Name, Port, Size};
use crate::model::{Described, Meta, Setting};
use crate::plan::{Ask, Contract, Probe, Procedure, Workload};
use crate::report::Origin;
use crate::words::Words;

pub use check::RULES;

/// PostgreSQL with Patroni: replicated databases whose primary is elected anew when it is lost.
#[derive(Component, Clone, Debug)]
#[component(kind = "patroni")]
pub struct Patroni {
    meta: Meta,
    /// The etcd cluster in which members elect their primary.
    #[option(default = "none", cost = "procedure", manual)]
    etcd: Option<Setting<EtcdRef>>,
    /// A database, owned by the application's role. It is created with the cluster; one that is added later is
    /// created by running `post_bootstrap.sh` on the primary.
    #[option(each = "database", default = "none", cost = "reload")]
    databases: Vec<Setting<SqlName>>,
    /// The role as which applications log in.
    #[option(default = "app", cost = "procedure")]
    role: Option<Setting<SqlName>>,
    /// Most connections at a time to each member, replication not counted.
    #[option(default = "200", cost = "procedure", plain)]
    max_connections: Option<Setting<u32>>,
    /// Memory that a member uses as its own cache, in bytes.
    #[option(default = "a quarter of its memory", cost = "restart")]
    shared_buffers: Option<Setting<Size>>,
    /// How long the primary's lock lasts when the primary is silent, in whole seconds, at least 20: how soon a lost
    /// primary is replaced.
    #[option(default = "30s", cost = "procedure")]
    ttl: Option<Setting<Duration>>,
    /// Time between two looks of a member at the cluster, in whole seconds, at least 1.
    #[option(default = "10s", cost = "procedure")]
    loop_wait: Option<Setting<Duration>>,
    /// How long a member tries to reach the store and the database before it gives up, in whole seconds, at least 3.
    #[option(default = "10s", cost = "procedure")]
    retry_timeout: Option<Setting<Duration>>,
    /// Whether a commit is answered only when a second member has it, so that losing the primary loses nothing.
    #[option(default = "true", cost = "procedure", plain)]
    synchronous: Option<Setting<bool>>,
    /// Whether writes stop when no second member is there to confirm them; otherwise they go on unconfirmed.
    #[option(default = "false", cost = "procedure", plain)]
    synchronous_strict: Option<Setting<bool>>,
    /// Port for clients.
    #[option(default = "5432", cost = "procedure")]
    port: Option<Setting<Port>>,
    /// Port on which a member tells its role and takes commands from other members.
    #[option(default = "8008", cost = "recreate")]
    rest_port: Option<Setting<Port>>,
    /// Port of the exporters, which run where metrics are collected: one beside each member.
    #[option(default = "9187", cost = "recreate")]
    exporter_port: Option<Setting<Port>>,
}

/// The inventory's name of the image on which the image of Patroni is built.
const BASE: &str = "postgres";

/// Connections that Patroni itself has open to its member, at most.
const FOR_PATRONI: u32 = 5;
impl Postgres for PatroniRef {
    const SCHEME: Scheme = Scheme::Elected;
}

impl Patroni {
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

    fn contents(&self) -> Contents<'_> {
        Contents {
            meta: &self.meta,
            role: self.role.as_ref(),
            databases: &self.databases,
        }
    }

    pub(super) fn most_connections(&self) -> u32 {
        self.max_connections.as_ref().map_or(200, |set| set.value)
    }

    /// The place to blame for [`Patroni::most_connections`].
    pub(super) fn connections_origin(&self) -> Origin {
        self.meta.blame(self.max_connections.as_ref())
    }

    /// What is left for applications of the connections of one member.
    pub(super) fn free_connections(&self) -> u32 {
        self.most_connections()
            .saturating_sub(FOR_SUPERUSERS + FOR_PATRONI + FOR_MONITORING)
    }

    /// The memory limit of a member.
    fn member_memory(&self) -> Size {
        self.meta
            .memory
            .as_ref()
            .map_or(Size::gib(2), |set| set.value)
    }

    fn cache(&self) -> Size {
        self.shared_buffers
            .as_ref()
            .map_or(Size::of_bytes(self.member_memory().bytes() / 4), |set| {
                set.value
            })
    }

    fn ttl_time(&self) -> Duration {
        seconds(self.ttl.as_ref(), 30)
    }

    fn loop_time(&self) -> Duration {
        seconds(self.loop_wait.as_ref(), 10)
    }

    fn retry_time(&self) -> Duration {
        seconds(self.retry_timeout.as_ref(), 10)
    }

    fn is_synchronous(&self) -> bool {
        self.synchronous.as_ref().is_none_or(|set| set.value)
    }

    fn is_strict(&self) -> bool {
        self.synchronous_strict
            .as_ref()
            .is_some_and(|set| set.value)
    }
}

fn seconds(set: Option<&Setting<Duration>>, default: u64) -> Duration {
    set.map_or(Duration::secs(default), |set| set.value)
}

impl Component for Patroni {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let name = &meta.name.value;
        let (sql, sql_origin) = meta.port(self.port.as_ref(), 5432);
        let (rest, rest_origin) = meta.port(self.rest_port.as_ref(), 8008);
        let ports = [
            (SQL.into(), sql, sql_origin),
            (REST.into(), rest, rest_origin),
        ];
        let members = Group {
            // They vote in the store, not among themselves.
            peer_ports: vec![SQL.into(), REST.into()],
            flushes: true,
            ready: Some(Probe {
                port: REST.into(),
                asks: Ask::Http("/readiness".to_owned()),
            }),
            ..Group::new(
                name.clone(),
                place(meta, site, self.member_memory(), &ports),
            )
        };
        let survival = Survival::any(
            Words::new("one PostgreSQL member", "任意一个 PostgreSQL 成员"),
            members.member_names(),
        );
        let secret = |suffix, english: &'static str, chinese: &'static str| {
            SecretDeclaration::new(meta, suffix, Words::new(english, chinese))
        };
        let contents = self.contents();
        let watched = site.monitored.then(|| {
            let (hosts, port) = (
                meta.hosts().iter().copied(),
                (self.exporter_port.as_ref(), 9187),
            );
            exporters(
                meta,
                site,
                &self.exporter(),
                postgres::EXPORTER,
                hosts,
                port,
            )
        });
        let mut metrics = vec![observe::metrics(name)];
        let mut rule_groups = vec![observe::rules(name, self.is_synchronous())];
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
            endpoints: contents
                .endpoints(self.free_connections())
                .into_iter()
                .chain([Endpoint::new(REST, "http", name.clone(), REST, Reach::Each)])
                .collect(),
            needs: self
                .etcd
                .iter()
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
            secrets: contents
                .secrets()
                .into_iter()
                .chain([
                    secret(
                        "superuser-password",
                        "the superuser, for Patroni",
                        "超级用户，供 Patroni 使用",
                    ),
                    secret(
                        "replication-password",
                        "members that copy from another",
                        "成员之间的流复制",
                    ),
                    secret(
                        "rewind-password",
                        "a lost primary that rejoins",
                        "旧主库重新加入时使用（pg_rewind）",
                    ),
                    secret(
                        "rest-password",
                        "commands to members",
                        "向成员下达命令（REST 接口）",
                    ),
                ])
                .collect(),
            survival: vec![survival],
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
