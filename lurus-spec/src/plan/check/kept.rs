//! Whether a plan keeps what was declared.

use crate::check::{Check, Rule, listed};
use crate::literal::{HostName, Name, Size};
use crate::plan::{Declared, Plan, Workload};
use crate::report::{Code, Diagnostic, Report};

const KEPT_CODE: Code = Code::new("L1006");

pub(super) const KEPT: Rule = Rule {
    code: KEPT_CODE.as_str(),
    ensures: "Ensure a component runs the groups that it declared, with the members and memory limits that it declared.",
    explain: r"Quorums, losses and memory are checked on what a component declares; what runs is what it lowers. A group that is declared and
never lowered does not run although others count on it, and one that is lowered with other members, on other hosts or
with more memory was never checked.

This is a mistake in the code of a component. `Lowering::workload` takes members from the declaration; give the group's
memory to `Resources::memory`.",
    source: "the meaning of a plan: `lurus-spec/src/plan/mod.rs`",
    check: Check::Planned(kept),
};

fn kept(plan: &Plan, report: &mut Report) {
    for (name, declared) in &plan.declared {
        match plan.workload(name) {
            Some(workload) => compare(workload, declared, report),
            // A group without members has nothing to run.
            None if declared.members.is_empty() => {}
            None => report.push(finding(
                name,
                declared,
                "is declared and does not run".to_owned(),
            )),
        }
    }
    for workload in &plan.workloads {
        if !plan.declared.contains_key(&workload.name) {
            report.push(
                Diagnostic::error(
                    KEPT_CODE,
                    format!("{} runs and was never declared", workload.name),
                )
                .primary(
                    workload.resources.origin.clone(),
                    format!("{} lowers it", workload.component),
                ),
            );
        }
    }
}

fn compare(workload: &Workload, declared: &Declared, report: &mut Report) {
    let mut lowered: Vec<&HostName> = workload.members.iter().map(|member| &member.host).collect();
    lowered.sort();
    let mut placed: Vec<&HostName> = declared.members.values().map(|(host, _)| host).collect();
    placed.sort();
    if lowered != placed {
        let hosts = |hosts: &[&HostName]| match hosts {
            [] => "nowhere".to_owned(),
            _ => format!("on {}", listed(hosts)),
        };
        report.push(
            finding(
                &workload.name,
                declared,
                "does not run where it was declared".to_owned(),
            )
            .note(format!("declared {}", hosts(&placed)))
            .note(format!("lowered {}", hosts(&lowered))),
        );
    }
    let memory = workload.resources.memory;
    let other = |declared: &Size| *declared != memory;
    if let Some((_, declared_memory)) = declared.members.values().find(|(_, size)| other(size)) {
        report.push(finding(
            &workload.name,
            declared,
            format!("declares {declared_memory} of memory and takes {memory}"),
        ));
    }
}

fn finding(group: &Name, declared: &Declared, what: String) -> Diagnostic {
    Diagnostic::error(KEPT_CODE, format!("{group} {what}")).primary(
        declared.origin.clone(),
        format!("a group of {}", declared.component),
    )
}
