//! A workload with more memory than was counted, one that lost a member on the way, and one that does not run at all.

use super::lowered;
use super::site::{NODES, empty};
use lurus_spec::plan::Plan;
use lurus_spec::prelude::*;

pub(crate) fn plan() -> Plan {
    let mut cluster = empty();
    cluster.add(Etcd::new("etcd").on(NODES));
    cluster.add(Nats::new("nats").on(NODES).stream(Stream::new("EVENTS")));
    let mut plan = lowered::of(&cluster);
    for workload in &mut plan.workloads {
        match workload.name.as_str() {
            "etcd" => workload.resources.memory = size!("64GiB"),
            "nats" => workload.members.truncate(2),
            _ => {}
        }
    }
    plan.workloads
        .retain(|workload| workload.name.as_str() != "nats-streams");
    plan.flows
        .retain(|flow| flow.from.as_str() != "nats-streams");
    plan.contracts.clear();
    plan
}
