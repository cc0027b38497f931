//! The targets that a description names.

use crate::check::{Check, Rule, View, listed};
use crate::literal::Name;
use crate::model::Setting;
use crate::report::{Code, Diagnostic, Report};
use crate::target::TARGETS;

const TARGETS_CODE: Code = Code::new("L0111");

pub(super) const TARGETS_EXIST: Rule = Rule {
    code: TARGETS_CODE.as_str(),
    ensures: "Ensure a cluster asks for targets that exist, and leaves out on them what it has.",
    explain: "\
`.target(\"k3s\")` writes a cluster for one more target than those that every cluster is written for, and `.omit(&component,
\"k3s\")` leaves a component out there. A target that does not exist is written nowhere, and a component that is left out on it
is left out nowhere.

Write the name of a target as it is a folder of `generated/<cluster>/`.",
    source: "the list of targets: `lurus-spec/src/target/mod.rs`",
    check: Check::Described(targets_exist),
};

fn targets_exist(view: &View<'_>, report: &mut Report) {
    let cluster = view.cluster;
    let mut refuse = |set: &Setting<Name>| {
        if TARGETS
            .iter()
            .any(|target| target.name() == set.value.as_str())
        {
            return;
        }
        let names = listed(TARGETS.iter().map(|target| target.name()));
        report.push(
            Diagnostic::error(TARGETS_CODE, format!("there is no target `{}`", set.value))
                .primary(set.origin.clone(), "asked for here")
                .help(format!("write one of {names}")),
        );
    };
    for target in &cluster.targets {
        refuse(target);
    }
    for (_, target) in cluster.omitted.iter().chain(&cluster.kept) {
        refuse(target);
    }
}
