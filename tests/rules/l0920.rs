//! One engine, on which hosts are claimed to be lost alone, an address to move between them, and somebody to be looked at.

use super::site::NODES;
use super::{edge, lowered};
use lurus_spec::plan::Plan;
use lurus_spec::prelude::*;

pub(crate) fn plan() -> Plan {
    let (cluster, nginx) = edge::whole();
    let mut cluster = cluster.survives(Loss::of(1).hosts());
    cluster.add(
        Vip::new("vip", ip!("10.0.1.100"))
            .on(NODES)
            .leads_to(&nginx)
            .interface("eth0"),
    );
    cluster.add(
        Vip::new("outside", ip!("203.0.113.7"))
            .external()
            .leads_to(&nginx)
            .checked_from(cidr!("100.64.0.0/10")),
    );
    let mut plan = lowered::for_local(&cluster);
    // Sketches run nothing.
    plan.declared.clear();
    plan.workloads.clear();
    plan.flows.clear();
    plan.openings.clear();
    plan
}
