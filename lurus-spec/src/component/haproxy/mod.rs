//! HAProxy in front of databases: applications connect to it, and it to the member that has the wanted role.
//!
//! An instance lives on each host, so that an application's own host always has one. Instances know nothing of
//! each other: each asks every member for its role.

mod check;
mod lower;
mod observe;
mod operations;

#[cfg(test)]
mod tests;

use crate::check::Rule;
use crate::component::postgres::{Postgres, PostgresRef, Scheme};
use crate::component::{
    Component, Declaration, Front, Group, Lowering, Need, SecretDeclaration, Site, Survival, place,
};
use crate::literal::{Duration, Port, Size};
use crate::model::{HostRef, Meta, Setting};
use crate::plan::{Ask, Duty, Probe, Procedure, Workload};
use crate::report::Origin;
use crate::words::Words;

pub use check::RULES;

/// HAProxy in front of PostgreSQL: one port leads to the primary, another to the replicas.
#[derive(Component, Clone, Debug)]
#[component(kind = "haproxy")]
pub struct HaProxy {
    meta: Meta,
    /// The PostgreSQL cluster behind it.
    #[option(default = "none", cost = "reload", manual)]
    postgres: Option<Setting<PostgresRef>>,
    /// Port that leads to the primary.
    #[option(default_value = "5000", cost = "recreate")]
    write_port: Option<Setting<Port>>,
    /// Port that leads to the replicas, and to the primary while there are none.
    #[option(default_value = "5001", cost = "recreate")]
    read_port: Option<Setting<Port>>,
    /// Port of metrics and statistics.
    #[option(default_value = "8404", cost = "recreate")]
    stats_port: Option<Setting<Port>>,
    /// Most clients at a time of one instance; more wait until one leaves.
    #[option(default_value = "2000", cost = "reload", plain)]
    max_connections: Option<Setting<u32>>,
    /// Most connections of one instance to the primary; more clients wait in its queue.
    #[option(
        default = "two thirds of its share of what the database allows, or what reads leave of it",
        cost = "reload",
        plain
    )]
    write_connections: Option<Setting<u32>>,
    /// Most connections of one instance to each replica.
    #[option(
        default = "what writes leave of its share of what the database allows",
        cost = "reload",
        plain
    )]
    read_connections: Option<Setting<u32>>,
    /// How long a session may say nothing in either direction, a long query included, in seconds.
    #[option(default_value = "30m", cost = "reload")]
    session_timeout: Option<Setting<Duration>>,
}

const WRITE: &str = "write";
const READ: &str = "read";
const STATS: &str = "stats";

/// Connections of one instance to one database member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shares {
    pub(super) write: u32,
    pub(super) read: u32,
}

impl HaProxy {
    /// Stands in front of this PostgreSQL cluster.
    #[track_caller]
    #[must_use]
    pub fn postgres(mut self, postgres: &impl Postgres) -> Self {
        self.postgres = Some(Setting::new(postgres.postgres(), Origin::caller()));
        self
    }

    /// What each instance may open when the database allows `connections` in all: equal shares, two thirds of each
    /// for writes; where the author set one of the two, the other is the rest. At least one each: a server without
    /// a connection would be no server, and a budget that is too small is a finding.
    pub(super) fn shares(&self, connections: u32) -> Shares {
        let instances = u32::try_from(self.meta.hosts().len())
            .unwrap_or(u32::MAX)
            .max(1);
        let share = connections / instances;
        let said = |set: &Option<Setting<u32>>| set.as_ref().map(|set| set.value);
        let read = said(&self.read_connections);
        let write = said(&self.write_connections)
            .or(read.map(|read| share.saturating_sub(read)))
            .unwrap_or(share * 2 / 3);
        Shares {
            write: write.max(1),
            read: read.unwrap_or(share.saturating_sub(write)).max(1),
        }
    }

    /// What stands behind it.
    pub(super) fn postgres_behind(&self) -> Option<&PostgresRef> {
        self.postgres.as_ref().map(|set| &set.value)
    }

    /// What stands behind it, and where that was said.
    pub(super) fn postgres_said(&self) -> Option<(&PostgresRef, &Origin)> {
        self.postgres.as_ref().map(|set| (&set.value, &set.origin))
    }

    pub(super) fn hosts(&self) -> &[HostRef] {
        self.meta.hosts()
    }

    /// What each instance opens to one member, for writes and for reads, as in [`HaProxy::shares`].
    pub(super) fn opens(&self, connections: u32) -> (u32, u32) {
        let shares = self.shares(connections);
        (shares.write, shares.read)
    }

    /// The place to blame for [`HaProxy::opens`].
    pub(super) fn shares_origin(&self) -> Origin {
        let said = self.write_connections.as_ref();
        self.meta.blame(said.or(self.read_connections.as_ref()))
    }

    /// How long a session may be silent, and the place to blame for it.
    pub(super) fn silence_said(&self) -> (Duration, Origin) {
        (
            self.silence(),
            self.meta.blame(self.session_timeout.as_ref()),
        )
    }

    fn most_connections(&self) -> u32 {
        self.max_connections_or_default().value
    }

    fn silence(&self) -> Duration {
        self.session_timeout_or_default().value
    }

    /// The memory limit of an instance: two buffers for each of two thousand sessions, twice.
    fn instance_memory(&self) -> Size {
        self.meta.memory_or(Size::mib(256))
    }
}

impl Component for HaProxy {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let name = &meta.name.value;
        let (write, write_origin) = self.write_port_or_default().into_parts();
        let (read, read_origin) = self.read_port_or_default().into_parts();
        let (stats, stats_origin) = self.stats_port_or_default().into_parts();
        let ports = [
            (WRITE.into(), write, write_origin),
            (READ.into(), read, read_origin),
            (STATS.into(), stats, stats_origin),
        ];
        let instances = Group {
            ready: Some(Probe {
                port: STATS.into(),
                asks: Ask::Http("/healthz".to_owned()),
            }),
            ..Group::new(
                name.clone(),
                place(meta, site, self.instance_memory(), &ports),
            )
        };
        let survival = Survival::any(
            Words::new("one HAProxy", "任意一个 HAProxy 实例"),
            instances.member_names(),
        );
        // Of a managed service there are no members, which is the finding of a rule.
        let behind = self.postgres.iter().filter(|set| match set.value.scheme() {
            Scheme::Elected | Scheme::Declared => true,
            Scheme::Managed => false,
        });
        let needs = behind.flat_map(|postgres| {
            let roles = postgres.value.roles();
            [postgres.value.members()]
                .into_iter()
                .chain(roles)
                .map(|endpoint| Need {
                    group: name.clone(),
                    endpoint,
                    origin: postgres.origin.clone(),
                })
        });
        let fronts = self.postgres.iter().flat_map(|postgres| {
            [
                (postgres.value.primary(), WRITE),
                (postgres.value.replica(), READ),
            ]
            .map(|(endpoint, port)| Front {
                endpoint,
                group: name.clone(),
                port: port.into(),
            })
        });
        Declaration {
            image: Some("haproxy"),
            needs: needs.collect(),
            fronts: fronts.collect(),
            groups: vec![instances],
            secrets: vec![SecretDeclaration::new(
                meta,
                "stats-password",
                Words::new(
                    "the page of statistics, as user stats",
                    "统计页面，用户名 stats",
                ),
            )],
            metrics: vec![observe::metrics(name)],
            rule_groups: vec![observe::rules(name)],
            dashboards: vec![observe::dashboard(name)],
            survival: vec![survival],
            ..Declaration::default()
        }
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    fn duty(&self) -> Option<Duty> {
        Some(Duty::Balancing)
    }

    fn lower(&self, lowering: &Lowering<'_>) -> Vec<Workload> {
        lower::lower(self, lowering)
    }

    fn operations(&self, lowering: &Lowering<'_>) -> Vec<Procedure> {
        operations::operations(self, lowering)
    }
}
