//! What keeps the pods of a group running, and how many of them may be away.
//!
//! In: a workload. Out: its StatefulSet, its DaemonSet or its Job, and its PodDisruptionBudget. A group whose first member
//! is told something else than the others has two: one template says the same to all of its pods.

use crate::file_tree::digest;
use crate::plan::{Kind, Member, Plan, Symbol, Workload};
use crate::target::k3s::address::pod;
use crate::target::k3s::fill::of_template;
use crate::target::k3s::group::{of_group, selected};
use crate::target::k3s::pod::{Template, bytes, int};
use crate::target::k3s::storage::class;
use crate::yaml::{Node, map, seq};

/// The label of the pods of one part of a group.
pub(super) const PART: &str = "lurus/part";

/// A finished job is kept for so long, for its log to be read; applying the manifests later runs it again.
const KEPT: u64 = 24 * 60 * 60;

/// Members of a group of which one template can speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of them.
    Whole,
    /// The first, which is told something else.
    First,
    /// All but the first.
    Others,
}

impl Part {
    /// The members of a group that it has.
    pub(super) fn members(self, workload: &Workload) -> &[Member] {
        let all = &workload.members[..];
        match self {
            Self::Whole => all,
            Self::First => all.get(..1).unwrap_or_default(),
            Self::Others => all.get(1..).unwrap_or_default(),
        }
    }

    /// What the label of its pods says; none where there is no other part.
    pub(super) fn label(self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::First => Some("first"),
            Self::Others => Some("others"),
        }
    }
}

/// The parts of a group.
pub(super) fn parts(workload: &Workload) -> &'static [Part] {
    let differs = |symbol: &Symbol| match symbol {
        Symbol::FirstElse(first, others) => first != others,
        Symbol::OwnName
        | Symbol::OwnIndex
        | Symbol::OwnHost
        | Symbol::OwnAddress
        | Symbol::OwnIp
        | Symbol::OwnBind
        | Symbol::OwnPort(_)
        | Symbol::Beside(..)
        | Symbol::BesideAddress(..)
        | Symbol::BesidePort(..)
        | Symbol::Outside(..)
        | Symbol::Inside(..)
        | Symbol::Lasting(..)
        | Symbol::EachBeside(..)
        | Symbol::Secret(_) => false,
    };
    let split = workload.members.len() > 1 && of_template(workload).into_iter().any(differs);
    if split {
        &[Part::First, Part::Others]
    } else {
        &[Part::Whole]
    }
}

/// What runs the pods of a template.
pub(super) fn controller(plan: &Plan, template: &Template<'_>) -> Node {
    let workload = template.workload;
    match (&workload.kind, template.part) {
        (Kind::Task { .. }, _) => job(plan, template),
        (Kind::Service, _) if workload.is_of_hosts() => daemon_set(plan, template),
        (Kind::Service, Part::First) => first(plan, template),
        (Kind::Service, Part::Whole | Part::Others) => stateful_set(plan, template),
    }
}

/// The pods of one template. It can never be changed.
fn chosen(plan: &Plan, template: &Template<'_>) -> Node {
    let labels = selected(plan, &template.workload.name).with_some(PART, template.part.label());
    map([("matchLabels", labels)])
}

fn stateful_set(plan: &Plan, template: &Template<'_>) -> Node {
    let workload = template.workload;
    let claims = workload.volumes.iter().map(|volume| {
        let storage = map([("storage", bytes(volume.size))]);
        map([
            ("metadata", map([("name", volume.name)])),
            (
                "spec",
                map([
                    ("accessModes", seq(["ReadWriteOnce"])),
                    ("storageClassName", Node::str(class(plan))),
                    ("resources", map([("requests", storage)])),
                ]),
            ),
        ])
    });
    let members = template.part.members(workload);
    let first = members.first().map_or(1, |member| member.index);
    let count = i64::try_from(members.len()).unwrap_or(i64::MAX);
    let spec = map([("serviceName", Node::str(workload.name.as_str()))])
        .with("replicas", Node::Int(count))
        // Members are called as the description calls them: from 1.
        .with("ordinals", map([("start", Node::Int(i64::from(first)))]))
        // Nothing waits for another member to be ready: a quorum is there only when most of them run.
        .with("podManagementPolicy", "Parallel")
        .with("selector", chosen(plan, template))
        .with("template", template.node())
        .with_filled("volumeClaimTemplates", seq(claims));
    of_group(
        "apps/v1",
        "StatefulSet",
        plan,
        workload,
        workload.name.as_str(),
    )
    .with("spec", spec)
}

/// The first member of a group, called as a StatefulSet would call it, so that others find it where they look for it. A
/// second StatefulSet would need another name, and its pod another than the member's.
fn first(plan: &Plan, template: &Template<'_>) -> Node {
    let workload = template.workload;
    let name = template.part.members(workload).first();
    let name = name.map_or_else(String::new, |member| pod(workload, member));
    let spec = map([("replicas", Node::Int(1))])
        // Two of what there is one of never run at a time.
        .with("strategy", map([("type", "Recreate")]))
        .with("selector", chosen(plan, template))
        .with("template", template.node());
    of_group("apps/v1", "Deployment", plan, workload, &name).with("spec", spec)
}

fn daemon_set(plan: &Plan, template: &Template<'_>) -> Node {
    let workload = template.workload;
    let spec = map([("selector", chosen(plan, template))]).with("template", template.node());
    of_group(
        "apps/v1",
        "DaemonSet",
        plan,
        workload,
        workload.name.as_str(),
    )
    .with("spec", spec)
}

/// A job cannot be changed, only made anew: its name has the digest of what it does.
fn job(plan: &Plan, template: &Template<'_>) -> Node {
    let workload = template.workload;
    let template = template.node();
    let digest = digest(template.to_yaml().as_bytes());
    let name = format!("{}-{}", workload.name, &digest[..8]);
    let spec = map([
        // Each time it waits twice as long, up to six minutes: what it works on may take long to start.
        ("backoffLimit", Node::Int(20)),
        ("ttlSecondsAfterFinished", int(KEPT)),
        ("template", template),
    ]);
    of_group("batch/v1", "Job", plan, workload, &name).with("spec", spec)
}

/// One member at a time may be taken away on purpose. None where that would stop what the group does: a host could then
/// never be emptied. Nor for what belongs to hosts: whoever empties one leaves it where it is.
pub(super) fn budget(plan: &Plan, workload: &Workload) -> Option<Node> {
    let declared = plan.declared.get(&workload.name)?;
    (declared.spare > 0 && !workload.is_of_hosts()).then(|| {
        let spec = map([("maxUnavailable", Node::Int(1))])
            // A member that does not serve keeps no host from being emptied.
            .with("unhealthyPodEvictionPolicy", "AlwaysAllow")
            .with(
                "selector",
                map([("matchLabels", selected(plan, &workload.name))]),
            );
        of_group(
            "policy/v1",
            "PodDisruptionBudget",
            plan,
            workload,
            workload.name.as_str(),
        )
        .with("spec", spec)
    })
}
