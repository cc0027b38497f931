//! An address that moves between hosts, for a target that has none.

use super::site::NODES;
use super::{edge, lowered};
use lurus_spec::plan::Plan;
use lurus_spec::prelude::*;

pub(crate) fn plan() -> Plan {
    let (mut cluster, nginx) = edge::whole();
    cluster.add(
        Vip::new("vip", ip!("10.0.1.100"))
            .on(NODES)
            .leads_to(&nginx)
            .interface("eth0"),
    );
    let mut plan = lowered::of(&cluster);
    // Sketches run nothing.
    plan.declared.clear();
    plan.workloads.clear();
    plan.flows.clear();
    plan.openings.clear();
    plan
}
