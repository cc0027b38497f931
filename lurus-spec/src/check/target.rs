//! The targets that a description names, and what it says that they do without.

use std::collections::BTreeMap;

use crate::check::{Check, Rule, View, listed, name_of};
use crate::literal::Name;
use crate::model::{Omitted, Setting};
use crate::plan::Duty;
use crate::report::{Code, Diagnostic, Origin, Report};
use crate::target::TARGETS;

const TARGETS_CODE: Code = Code::new("L0111");
const OMITTED_CODE: Code = Code::new("L0922");

pub(super) const TARGETS_EXIST: Rule = Rule {
    code: TARGETS_CODE.as_str(),
    ensures: "Ensure a cluster asks for targets that exist, and does without something on none but these.",
    explain: "\
`.target(\"k3s\")` writes a cluster for one more target than those that every cluster is written for, and `.omit(&component,
\"k3s\")` leaves a component out there. A target that does not exist is written nowhere, and a component that is left out on it
is left out nowhere. `.monitors(\"k3s\", \"monitoring\")` is for a target whose platform knows where members are, so that whoever is not
of the cluster can find them.

Write the name of a target as it is a folder of `generated/<cluster>/`.",
    source: "the list of targets: `lurus-spec/src/target/mod.rs`",
    check: Check::Described(targets_exist),
};

pub(super) const OMITTED: Rule = Rule {
    code: OMITTED_CODE.as_str(),
    ensures: "Ensure what a target does without is in the cluster, and is said once.",
    explain: r#"`cluster.omit(&consul, "k3s")` is about a component that `cluster.add` was given. Of another one it leaves out nothing, and a
line that stands there twice is half forgotten when it is taken back. On a target for which this cluster is not written
it may stand: one function may describe several clusters.

Leave the line out, or add the component."#,
    source: "the meaning of `Cluster::omit`",
    check: Check::Described(omitted),
};

fn omitted(view: &View<'_>, report: &mut Report) {
    let mut known: BTreeMap<(&Omitted, &Name), &Origin> = BTreeMap::new();
    for (what, target) in &view.cluster.omitted {
        let (on, origin) = (&target.value, &target.origin);
        if let Some(first) = known.insert((what, on), origin) {
            report.push(
                Diagnostic::error(OMITTED_CODE, format!("`{on}` does without `{what}` twice"))
                    .primary(origin.clone(), "said again")
                    .secondary(first.clone(), "said first")
                    .help("leave one of the two out"),
            );
        }
        if let Omitted::Component(name) = what
            && !is_added(view, name)
        {
            report.push(
                Diagnostic::error(
                    OMITTED_CODE,
                    format!("{name} is left out on `{on}`, and is nowhere"),
                )
                .primary(origin.clone(), "leaves out nothing")
                .help(format!(
                    "add {name} with `cluster.add(…)`, or leave this out"
                )),
            );
        }
    }
}

fn is_added(view: &View<'_>, name: &Name) -> bool {
    let mut all = view.cluster.components.iter();
    all.any(|component| name_of(component.as_ref()) == name)
}

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
    let omitted = cluster.omitted.iter().map(|(_, target)| target);
    let kept = cluster.kept.iter().map(|(_, target)| target);
    let monitors = cluster.monitors.iter().map(|(target, _)| target);
    for target in omitted.chain(kept).chain(monitors) {
        refuse(target);
    }
    for (on, _) in &cluster.monitors {
        let mut targets = TARGETS.iter();
        let known = targets.find(|target| target.name() == on.value.as_str());
        if known.is_some_and(|target| !target.duties().contains(&Duty::Discovery)) {
            report.push(
                Diagnostic::error(
                    TARGETS_CODE,
                    format!("nobody finds metrics on `{}`", on.value),
                )
                .primary(on.origin.clone(), "asked for here")
                .help("write `k3s`, or leave it out"),
            );
        }
    }
}
