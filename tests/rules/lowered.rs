//! A good plan, to be broken: two small products on the three hosts, lowered for production.

use lurus_spec::check::check;
use lurus_spec::plan::{Plan, Workload};
use lurus_spec::prelude::*;
use lurus_spec::target::Target;
use lurus_spec::target::hosts::Hosts;
use lurus_spec::target::k3s::K3s;
use lurus_spec::target::local::Local;

use super::site::{NODES, empty};

/// NATS with a stream, etcd, and what they lower to: `etcd`, `nats` and the task `nats-streams`.
pub(crate) fn plan() -> Plan {
    of(&cluster())
}

fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(Etcd::new("etcd").on(NODES));
    cluster.add(Nats::new("nats").on(NODES).stream(Stream::new("EVENTS")));
    cluster
}

/// The same for `k3s`.
pub(crate) fn for_k3s() -> Plan {
    let mut cluster = cluster().target("k3s");
    cluster.omit(Ability::Networks, "k3s");
    lower(&cluster, &K3s)
}

/// The plan of a cluster without errors, for one engine.
pub(crate) fn for_local(cluster: &Cluster) -> Plan {
    lower(cluster, &Local)
}

/// The plan of a cluster without errors.
pub(crate) fn of(cluster: &Cluster) -> Plan {
    lower(cluster, &Hosts)
}

fn lower(cluster: &Cluster, target: &dyn Target) -> Plan {
    let checked = check(cluster).unwrap_or_else(|report| panic!("{report:#?}"));
    lurus_spec::lower(&checked, target)
}

/// The good plan with another workload of this name.
pub(crate) fn with(name: &str, change: impl FnOnce(&mut Workload)) -> Plan {
    changed(plan(), name, change)
}

/// A plan with another workload of this name.
pub(crate) fn changed(mut plan: Plan, name: &str, change: impl FnOnce(&mut Workload)) -> Plan {
    let workload = plan
        .workloads
        .iter_mut()
        .find(|workload| workload.name.as_str() == name);
    change(workload.expect("a workload of this name"));
    plan
}
