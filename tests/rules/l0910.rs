//! Operators who may come from every private address, so that none is left for the engines.

use super::lowered;
use lurus_spec::plan::Plan;
use lurus_spec::prelude::*;

pub(crate) fn plan() -> Plan {
    let mut plan = lowered::plan();
    plan.operators = vec![
        cidr!("10.0.0.0/8"),
        cidr!("172.16.0.0/12"),
        cidr!("192.168.0.0/16"),
    ];
    // Sketches run nothing.
    plan.declared.clear();
    plan.workloads.clear();
    plan.flows.clear();
    plan.openings.clear();
    plan.contracts.clear();
    plan.secrets.clear();
    plan
}
