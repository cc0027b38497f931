//! A good plan, to be broken: two small products on the three hosts, lowered for production.

use lurus_spec::check::check;
use lurus_spec::plan::{Plan, Workload};
use lurus_spec::prelude::*;
use lurus_spec::target::hosts::Hosts;

use super::site::{NODES, empty};

/// NATS with a stream, etcd, and what they lower to: `etcd`, `nats` and the task `nats-streams`.
pub(crate) fn plan() -> Plan {
    let mut cluster = empty();
    cluster.add(Etcd::new("etcd").on(NODES));
    cluster.add(Nats::new("nats").on(NODES).stream(Stream::new("EVENTS")));
    of(&cluster)
}

/// The plan of a cluster without errors.
pub(crate) fn of(cluster: &Cluster) -> Plan {
    let checked = check(cluster).unwrap_or_else(|report| panic!("{report:#?}"));
    lurus_spec::lower(&checked, &Hosts)
}

/// The good plan with another workload of this name.
pub(crate) fn with(name: &str, change: impl FnOnce(&mut Workload)) -> Plan {
    let mut plan = plan();
    let workload = plan
        .workloads
        .iter_mut()
        .find(|workload| workload.name.as_str() == name);
    change(workload.expect("a workload of this name"));
    plan
}
