//! Rules about plans. They do not trust `lower`: what a plan says is looked at as if anyone had written it.
//!
//! In: a [`Plan`]. Out: findings, at the places that the plan's origins name. They know no product and no target; what
//! a target cannot express is that target's own finding.

mod disk;
mod files;
mod kept;
mod kernel;
mod place;
mod reference;
mod storage;
mod text;
mod unmet;

use std::collections::BTreeMap;

use crate::check::{Check, Rule};
use crate::literal::Name;
use crate::plan::{Plan, Workload};
use crate::report::{Origin, Report};

/// The rules of plans, by code.
pub const RULES: &[Rule] = &[
    reference::SECRETS,
    disk::DISK,
    files::FILES,
    storage::STOP,
    unmet::UNMET,
    unmet::OMITTED,
    place::PLACES,
    reference::SYMBOLS,
    reference::ORDER,
    place::FLOWS,
    kept::KEPT,
    storage::MOUNTS,
    storage::BUILDS,
    text::CARRIED,
    kernel::KERNEL,
];

/// Runs every rule of plans.
pub fn check(plan: &Plan) -> Report {
    let mut report = Report::default();
    for rule in RULES {
        match rule.check {
            Check::Planned(check) => check(plan, &mut report),
            Check::Described(_) => {}
        }
    }
    report
}

/// Workloads by name. Of two with one name, the first, as in [`Plan::workload`].
fn by_name(plan: &Plan) -> BTreeMap<&Name, &Workload> {
    let mut workloads = BTreeMap::new();
    for workload in &plan.workloads {
        workloads.entry(&workload.name).or_insert(workload);
    }
    workloads
}

/// The place that a finding about a whole workload points at: that of its first member, or of its component.
fn origin(workload: &Workload) -> Origin {
    workload
        .members
        .first()
        .map_or(&workload.resources.origin, |member| &member.origin)
        .clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::nats::Nats;
    use crate::fixture::{NODES, cluster, plan};
    use crate::literal::Duration;

    #[test]
    fn a_program_that_is_killed_while_it_stops_is_refused() {
        let mut cluster = cluster();
        cluster.add(Nats::new("nats").on(NODES));
        let found = |grace: fn(Duration) -> Duration| {
            let mut plan = plan(&cluster, "local");
            let stop = &mut plan.workloads[0].stop;
            stop.grace = grace(stop.needed);
            let codes = check(&plan)
                .into_iter()
                .map(|finding| finding.code.unwrap().as_str());
            codes.collect::<Vec<_>>()
        };
        assert_eq!(found(|needed| needed), ["L0604"]);
        assert!(found(|needed| Duration::millis(needed.as_millis() + 1)).is_empty());
    }
}
