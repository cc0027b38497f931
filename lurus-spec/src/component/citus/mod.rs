//! One database over several groups of servers: Citus, on members that Patroni keeps.
//!
//! The first group is the coordinator, to which clients connect; each further one is a worker group, which holds a part of
//! the rows. Each elects its own primary, and the coordinator's members learn of it from Patroni. The n-th member of a group
//! lives n hosts after its first, and each group begins one host later than the one before, so that primaries and load
//! are spread.

mod check;
mod lower;
mod operations;

#[cfg(test)]
mod tests;

use crate::check::Rule;
use crate::component::declare::place_on;
use crate::component::etcd::EtcdRef;
use crate::component::observe::Dashboard;
use crate::component::patroni::{self, Base, Patroni, observe};
use crate::component::postgres::observe as postgres;
use crate::component::postgres::{Postgres, REST, SQL, Scheme, SqlName};
use crate::component::{
    Component, Declaration, Endpoint, EndpointRef, Group, GroupMember, Lowering, Need, Reach, Site,
    Survival, place_task,
};
use crate::literal::{Duration, Name, Port, Size};
use crate::model::{Described, HostRef, Meta, Setting};
use crate::plan::{Contract, Procedure, Workload};
use crate::report::Origin;
use crate::words::Words;

pub use check::RULES;

/// Citus on Patroni: one database whose tables may be spread over groups of servers, each of which replaces its own primary.
///
/// Clients connect to the coordinator's primary as they do to any PostgreSQL. A table is spread when somebody says so, with
/// `SELECT create_distributed_table(…)`; until then it lives on the coordinator.
#[derive(Component, Clone, Debug)]
#[component(kind = "citus")]
pub struct Citus {
    meta: Meta,
    /// The etcd cluster in which members elect the primary of their group. Where the platform keeps elections by itself,
    /// they elect there, unless etcd is kept.
    #[option(default = "none", cost = "procedure", manual)]
    etcd: Option<Setting<EtcdRef>>,
    /// The database, of which there is exactly one. It is created with the cluster, and owned by the application's role.
    #[option(each = "database", default = "none", cost = "procedure")]
    databases: Vec<Setting<SqlName>>,
    /// The role as which applications log in.
    #[option(default_value = "app", cost = "procedure")]
    role: Option<Setting<SqlName>>,
    /// Groups of servers that hold parts of the rows, from 1 to 32. Rows move to a group that is added only when they are
    /// told to.
    #[option(default_value = "2", cost = "procedure", plain)]
    workers: Option<Setting<u32>>,
    /// Members of each group beside the one that is its primary, the coordinator's group included.
    #[option(default_value = "1", cost = "procedure", plain)]
    replicas: Option<Setting<u32>>,
    /// Most connections at a time to each member, replication not counted.
    #[option(default_value = "200", cost = "procedure", plain)]
    max_connections: Option<Setting<u32>>,
    /// Memory that a member uses as its own cache, in bytes.
    #[option(default = "a quarter of its memory", cost = "procedure")]
    shared_buffers: Option<Setting<Size>>,
    /// How long a primary's lock lasts when the primary is silent, in whole seconds, at least 20: how soon a lost primary
    /// is replaced.
    #[option(default_value = "30s", cost = "procedure")]
    ttl: Option<Setting<Duration>>,
    /// Time between two looks of a member at its group, in whole seconds, at least 1.
    #[option(default_value = "10s", cost = "procedure")]
    loop_wait: Option<Setting<Duration>>,
    /// How long a member tries to reach the store and the database before it gives up, in whole seconds, at least 3.
    #[option(default_value = "10s", cost = "procedure")]
    retry_timeout: Option<Setting<Duration>>,
    /// Whether a commit is answered only when a second member of each group that it wrote to has it.
    #[option(default_value = "true", cost = "procedure", plain)]
    synchronous: Option<Setting<bool>>,
    /// Whether writes stop when no second member is there to confirm them; otherwise they go on unconfirmed.
    #[option(default_value = "false", cost = "procedure", plain)]
    synchronous_strict: Option<Setting<bool>>,
    /// Port of the coordinator for clients; the worker groups have the following ones.
    #[option(default_value = "5432", cost = "procedure")]
    port: Option<Setting<Port>>,
    /// Port on which members of the coordinator tell their role and take commands from other members; the worker groups
    /// have the following ones.
    #[option(default_value = "8008", cost = "recreate")]
    rest_port: Option<Setting<Port>>,
    /// Port of the coordinator's exporters, which run where metrics are collected; those of the worker groups have the
    /// following ones.
    #[option(default_value = "9187", cost = "recreate")]
    exporter_port: Option<Setting<Port>>,
}

/// What the image of Citus with Patroni is built on.
pub(super) const CITUS: Base = Base {
    image: "citus-base",
    server: "Citus",
    major: |version| match version {
        [12, 1, ..] => Some(16),
        [] | [_, ..] => None,
    },
    known: "Citus 12.1",
    example: "citusdata/citus:12.1",
};

/// More worker groups than anybody has, so that a slip is no flood of members.
const MOST_WORKERS: u32 = 32;

impl Postgres for CitusRef {
    const SCHEME: Scheme = Scheme::Elected;
}

impl Citus {
    /// Elects the primaries in this etcd cluster.
    #[track_caller]
    #[must_use]
    pub fn etcd(mut self, etcd: &EtcdRef) -> Self {
        self.etcd = Some(Setting::new(etcd.clone(), Origin::caller()));
        self
    }

    /// Its settings as those of one group: what Patroni does is the same for each.
    pub(super) fn patroni(&self) -> Patroni {
        Patroni {
            meta: self.meta.clone(),
            etcd: self.etcd.clone(),
            databases: self.databases.clone(),
            role: Some(self.role_or_default()),
            max_connections: Some(self.max_connections_or_default()),
            shared_buffers: self.shared_buffers.clone(),
            ttl: Some(self.ttl_or_default()),
            loop_wait: Some(self.loop_wait_or_default()),
            retry_timeout: Some(self.retry_timeout_or_default()),
            synchronous: Some(self.synchronous_or_default()),
            synchronous_strict: Some(self.synchronous_strict_or_default()),
            port: Some(self.port_or_default()),
            rest_port: Some(self.rest_port_or_default()),
            exporter_port: Some(self.exporter_port_or_default()),
        }
    }

    /// The groups that each elect a primary, of what it declared.
    pub(super) fn servers_of<'d>(&self, declaration: &'d Declaration) -> &'d [Group] {
        let servers = self.numbers().count();
        &declaration.groups[..servers]
    }

    fn worker_groups(&self) -> u32 {
        self.workers_or_default().value
    }

    fn members_of_group(&self) -> usize {
        let replicas = self.replicas_or_default().value;
        usize::try_from(replicas).map_or(usize::MAX, |replicas| replicas.saturating_add(1))
    }

    /// The numbers of the groups; the one of the coordinator is 0.
    fn numbers(&self) -> impl Iterator<Item = u32> + use<> {
        0..=self.worker_groups().min(MOST_WORKERS)
    }

    /// The name of a group. What stands in front of the coordinator stands in front of the component, so they are called the
    /// same.
    fn group(&self, number: u32) -> Name {
        match number {
            0 => self.meta.name.value.clone(),
            _ => self.meta.derive(&format!("worker-{number}")),
        }
    }

    fn exporter(&self, number: u32) -> Name {
        match number {
            0 => self.meta.derive("exporter"),
            _ => self.meta.derive(&format!("worker-{number}-exporter")),
        }
    }

    /// The task that finishes the database.
    fn task(&self) -> Name {
        self.meta.derive("finish")
    }

    /// Every group that logs in to servers as the administrator.
    fn nodes(&self) -> Vec<Name> {
        let servers = self.numbers().map(|number| self.group(number));
        servers.chain([self.task()]).collect()
    }

    /// Every member of a group, whatever its role, at one of its ports.
    fn endpoint(&self, number: u32, port: &str) -> EndpointRef {
        let name = match number {
            0 => port.to_owned(),
            _ => format!("worker-{number}-{port}"),
        };
        EndpointRef::new(&self.reference(), name)
    }

    /// The hosts of a group: the n-th group begins at the n-th host.
    fn hosts(&self, number: u32) -> Vec<HostRef> {
        let hosts = self.meta.hosts();
        let first = usize::try_from(number).unwrap_or_default();
        // A group that has more members than there are hosts has two on one, which a rule refuses.
        let members = self.members_of_group().min(hosts.len().saturating_add(1));
        let round = hosts.iter().cycle().skip(first % hosts.len().max(1));
        round.take(members).copied().collect()
    }

    fn members(&self, number: u32, site: &Site<'_>) -> Vec<GroupMember> {
        let meta = &self.meta;
        let (sql, sql_origin) = self.port_or_default().into_parts();
        let (rest, rest_origin) = self.rest_port_or_default().into_parts();
        let ports = [
            (SQL.into(), sql, sql_origin),
            (REST.into(), rest, rest_origin),
        ];
        let memory = self.patroni().member_memory();
        let group = self.group(number);
        let mut members = place_on(meta, site, &group, self.hosts(number), memory, &ports);
        let ports = members.iter_mut().flat_map(|member| &mut member.ports);
        for port in ports {
            port.port = port.port.clone().and_then(|first| following(first, number));
        }
        members
    }
}

/// The port of a group, where the coordinator has the first.
fn following(first: Port, number: u32) -> Result<Port, String> {
    let port = u32::from(first.get()) + number;
    u16::try_from(port)
        .ok()
        .and_then(|port| Port::new(port).ok())
        .ok_or_else(|| {
            format!("worker group {number} would have port {port}, and the last one is 65535")
        })
}

impl Component for Citus {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let patroni = self.patroni();
        let origin = &meta.name.origin;
        let task = Group {
            task: true,
            ..Group::new(self.task(), place_task(meta, site, &self.task()))
        };
        let mut declaration = Declaration {
            image: Some("citus"),
            endpoints: patroni
                .endpoints(&patroni::lower::lock(&patroni, site.cluster, Some(0)), site)
                .into(),
            secrets: patroni.secrets().collect(),
            ..Declaration::default()
        };
        let mut exporting = Vec::new();
        for number in self.numbers() {
            let group = self.group(number);
            let servers = patroni::servers(&group, self.members(number, site));
            let what = match number {
                0 => Words::new("one member of the coordinator", "任意一个协调节点成员"),
                _ => Words::new(
                    format!("one member of worker group {number}"),
                    format!("工作组 {number} 的任意一个成员"),
                ),
            };
            declaration
                .survival
                .push(Survival::any(what, servers.member_names()));
            let ports = match number {
                // The other endpoints of the coordinator are those of every scheme.
                0 => vec![(REST, "http")],
                _ => vec![(REST, "http"), (SQL, "postgresql")],
            };
            for (port, protocol) in ports {
                declaration.endpoints.push(Endpoint::new(
                    self.endpoint(number, port).endpoint,
                    protocol,
                    group.clone(),
                    port,
                    Reach::Each,
                ));
            }
            let store = self.etcd.iter();
            let store = store.filter(|_| !patroni.elects_by_platform(site));
            declaration.needs.extend(store.map(|etcd| Need {
                group: group.clone(),
                endpoint: etcd.value.client(),
                origin: etcd.origin.clone(),
            }));
            let others = self.numbers().filter(|other| *other != number);
            let reached =
                others.flat_map(|other| [SQL, REST].map(|port| self.endpoint(other, port)));
            let connect = |group: &Name, endpoint| Need {
                group: group.clone(),
                endpoint,
                origin: origin.clone(),
            };
            declaration
                .needs
                .extend(reached.map(|endpoint| connect(&group, endpoint)));
            declaration
                .needs
                .push(connect(&task.name, self.endpoint(number, SQL)));

            declaration.metrics.push(observe::metrics(&group));
            declaration.rule_groups.push(observe::rules(
                &group,
                patroni.is_synchronous(),
                &patroni.store(site),
            ));
            let mut dashboard = Dashboard::new(group.as_str()).over(&group, observe::panels());
            if site.monitored {
                let exporter = self.exporters(number, site);
                declaration
                    .metrics
                    .push(postgres::metrics(&group, &exporter.name));
                declaration
                    .rule_groups
                    .push(postgres::rules(&exporter.name));
                dashboard = dashboard.over(&exporter.name, postgres::panels());
                declaration
                    .needs
                    .push(connect(&exporter.name, self.endpoint(number, SQL)));
                exporting.push(exporter);
            }
            declaration.dashboards.push(dashboard);
            declaration.groups.push(servers);
        }
        declaration.groups.push(task);
        declaration.groups.extend(exporting);
        declaration
    }

    fn rules(&self) -> &'static [Rule] {
        &check::EVERY
    }

    fn lower(&self, lowering: &Lowering<'_>) -> Vec<Workload> {
        lower::lower(self, lowering)
    }

    fn contracts(&self, lowering: &Lowering<'_>) -> Vec<Contract> {
        patroni::lower::contracts(&self.patroni(), lowering)
    }

    fn operations(&self, lowering: &Lowering<'_>) -> Vec<Procedure> {
        operations::operations(self, lowering)
    }
}

impl Citus {
    fn exporters(&self, number: u32, site: &Site<'_>) -> Group {
        let (name, hosts) = (self.exporter(number), self.hosts(number));
        let port = self.exporter_port_or_default();
        let mut group = postgres::exporters(&self.meta, site, &name, &hosts, port);
        let ports = group
            .members
            .iter_mut()
            .flat_map(|member| &mut member.ports);
        for port in ports {
            port.port = port.port.clone().and_then(|first| following(first, number));
        }
        group
    }
}
