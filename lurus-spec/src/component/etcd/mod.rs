//! etcd: the store of few, precious keys in which others elect their leader.
//!
//! The n-th member lives on the n-th host. Members find each other by a list that only counts while a member's
//! volume is empty: replacing one is a procedure, not an edit.

mod check;
mod lower;
mod observe;
mod operations;

#[cfg(test)]
mod tests;

use crate::check::Rule;
use crate::component::{
    Component, Declaration, Endpoint, EndpointRef, Group, Lowering, Quorum, Reach, Site, Survival,
    place,
};
use crate::literal::{Duration, Port, Size};
use crate::model::{Meta, Setting, Upgrade, VersionStep};
use crate::plan::{Ask, Contract, Duty, Probe, Procedure, Workload};
use crate::report::Origin;
use crate::words::Words;

pub use check::RULES;

/// An etcd cluster: a small store that stays right while a majority of its members is alive.
#[derive(Component, Clone, Debug)]
#[component(kind = "etcd")]
pub struct Etcd {
    meta: Meta,
    /// Port for clients.
    #[option(default_value = "2379", cost = "procedure")]
    client_port: Option<Setting<Port>>,
    /// Port on which members reach each other.
    #[option(default_value = "2380", cost = "procedure")]
    peer_port: Option<Setting<Port>>,
    /// Port of the metrics, on which no key can be read.
    #[option(default_value = "2381", cost = "recreate")]
    metrics_port: Option<Setting<Port>>,
    /// The largest size of the database, in bytes: beyond it, every write is refused until an operator makes room.
    #[option(default_value = "2GiB", cost = "recreate")]
    quota: Option<Setting<Size>>,
    /// How long old revisions of a key are kept, in seconds.
    #[option(default_value = "1h", cost = "recreate")]
    compaction_retention: Option<Setting<Duration>>,
    /// Time between two heartbeats of the leader, in milliseconds: about one round trip between members.
    #[option(default_value = "100ms", cost = "recreate")]
    heartbeat: Option<Setting<Duration>>,
    /// How long a member waits without a heartbeat until it calls an election, in milliseconds: at least five
    /// heartbeats, at most 50 seconds.
    #[option(default_value = "1s", cost = "recreate")]
    election_timeout: Option<Setting<Duration>>,
}

const CLIENT: &str = "client";
const PEER: &str = "peer";
const METRICS: &str = "metrics";

impl EtcdRef {
    /// Every member: clients know each and use any.
    pub fn client(&self) -> EndpointRef {
        EndpointRef::new(self, CLIENT)
    }
}

impl Etcd {
    fn quota_size(&self) -> Size {
        self.quota_or_default().value
    }

    fn retention(&self) -> Duration {
        self.compaction_retention_or_default().value
    }

    fn heartbeat_interval(&self) -> Duration {
        self.heartbeat_or_default().value
    }

    /// How long the members go on without a leader before they elect another.
    pub(super) fn election(&self) -> Duration {
        self.election_timeout_or_default().value
    }

    /// The place to blame for [`Etcd::election`].
    pub(super) fn election_origin(&self) -> Origin {
        self.meta.blame(self.election_timeout.as_ref())
    }

    /// The memory limit of a member whose author set none: the pages of a database of a few hundred megabytes.
    fn member_memory(&self) -> Size {
        self.meta.memory_or(Size::mib(512))
    }
}

impl Component for Etcd {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let name = &meta.name.value;
        let (client, client_origin) = self.client_port_or_default().into_parts();
        let (peer, peer_origin) = self.peer_port_or_default().into_parts();
        let (metrics, metrics_origin) = self.metrics_port_or_default().into_parts();
        let ports = [
            (CLIENT.into(), client, client_origin),
            (PEER.into(), peer, peer_origin),
            (METRICS.into(), metrics, metrics_origin),
        ];
        let members = Group {
            quorum: Some(Quorum {
                of: "the etcd cluster",
            }),
            peer_ports: vec![PEER.into()],
            flushes: true,
            ready: Some(Probe {
                port: METRICS.into(),
                asks: Ask::Http("/health".to_owned()),
            }),
            ..Group::new(
                name.clone(),
                place(meta, site, self.member_memory(), &ports),
            )
        };
        let survival = Survival::majority(
            Words::new("a majority of etcd members", "etcd 成员的多数"),
            members.member_names(),
        );
        Declaration {
            image: Some("etcd"),
            groups: vec![members],
            endpoints: vec![Endpoint::new(
                CLIENT,
                "etcd",
                name.clone(),
                CLIENT,
                Reach::Each,
            )],
            metrics: vec![observe::metrics(name)],
            rule_groups: vec![observe::rules(name, meta.hosts().len())],
            dashboards: vec![observe::dashboard(name)],
            survival: vec![survival],
            ..Declaration::default()
        }
    }

    fn upgrades(&self) -> &'static [Upgrade] {
        &[Upgrade {
            image: "etcd",
            mark: "",
            step: VersionStep::NextMinor,
            instead: "members of etcd neither skip a minor version nor go back: take a snapshot, pin each version in turn, and let \
                      all members have it before the next",
        }]
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    fn duty(&self) -> Option<Duty> {
        Some(Duty::Election)
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
