//! Rules about plans. They do not trust `lower`: what a plan says is looked at as if anyone had written it.

use crate::check::{Check, Rule};
use crate::plan::Plan;
use crate::report::{Code, Diagnostic, Report};

/// The rules of plans, by code.
pub const RULES: &[Rule] = &[Rule {
    code: "L0604",
    ensures: "Ensure a program is killed only after the longest time that it takes to stop.",
    explain: "\
A program that is stopped gets a signal and a grace time; then it is killed. A NATS server sends its clients elsewhere \
first, PostgreSQL writes a checkpoint, Redis waits for its replicas. When the grace time is not longer than what the \
program's own settings allow it, every orderly stop may end as a crash: clients see errors, and the next start \
recovers.

Shorten the setting that lets the program take so long, such as `.lame_duck(…)` of NATS. A component of your own says \
both times in `Stop`: raise `grace`.",
    source: "the engines' stop timeout: SIGKILL follows it; nats-server, lame duck mode; PostgreSQL, shutdown checkpoint",
    check: Check::Planned(stops_in_time),
}];

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

fn stops_in_time(plan: &Plan, report: &mut Report) {
    for workload in &plan.workloads {
        let (grace, needed) = (workload.stop.grace, workload.stop.needed);
        if let (true, Some(member)) = (grace <= needed, workload.members.first()) {
            report.push(
                Diagnostic::error(
                    Code::new("L0604"),
                    format!("{} is killed before it has stopped", workload.name),
                )
                .primary(
                    member.origin.clone(),
                    format!("it may take {needed} to stop, and is killed after {grace}"),
                )
                .help("shorten the time that the program takes to stop, or raise the grace time of its component"),
            );
        }
    }
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
