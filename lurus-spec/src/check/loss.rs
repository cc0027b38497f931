//! What a cluster outlives: every claim `survives(…)`, tried.
//!
//! In: a described cluster with its declarations. Out: a finding for each component that a claimed loss stops, and the
//! table of what each component survives. It judges the declared topology: how far a copy lags and whether a disk
//! comes back is not known here. It must not know any product.

mod counterexample;
mod table;
mod topology;

use std::collections::BTreeSet;

use crate::check::{Check, Rule, View};
use crate::model::{FailureDomain, Host, Loss};
use crate::report::{Code, Diagnostic, Report};

use counterexample::stopped;
use topology::{Condition, Share, Topology};

pub use table::{ServesWith, StoppedBy, SurvivalRow, survival_table};
pub(crate) use topology::all_needs;

/// The rules about claims, by code.
pub const RULES: &[Rule] = &[
    Rule {
        code: SURVIVES.as_str(),
        ensures: "Ensure every claim `survives(…)` holds.",
        explain: r"`cluster.survives(Loss::of(1).hosts())` claims that every component goes on serving whichever host is lost.
The compiler tries every loss up to the claimed size. A component serves while each of its conditions holds, such as
`a majority of servers`, and while everything that it needs serves; a need of an endpoint that is reached by role
also needs what stands in front of it.

The finding names the smallest loss that breaks the claim, the members that go with it, and who else stops. To mend
it, spread the members so that no host (or zone) carries more of them than may be lost, add members, or say that the
component is an accepted single point of failure: `Loss::of(1).hosts().except(&component)`. The book of the cluster
lists what a claim leaves out. What needs such a component has to be left out too, because it stops with it.

A majority of three outlives one loss, a majority of five outlives two; two members outlive none, since one of two is
no majority.

The rule judges the topology that is declared. It promises nothing about lag, disks or bugs of a product.",
        source: "the components' survival rules; Raft (Ongaro 2014) for majorities; the Redis Cluster specification for masters and replicas",
        check: Check::Described(survives),
    },
    Rule {
        code: ZONES_KNOWN.as_str(),
        ensures: "Ensure a claim about zones can be tried: every host that carries a member is in a zone.",
        explain: r#"`survives(Loss::of(1).zones())` asks what happens when all hosts of a zone are lost together. A host without a zone
may stand in any of them, so the claim cannot be tried. Write the zone of each host in `spec/*.toml`: what shares its
rack, power feed or building.

    [hosts.node-1]
    zone = "a""#,
        source: "the meaning of the claim",
        check: Check::Described(zones_known),
    },
    Rule {
        code: POSSIBLE.as_str(),
        ensures: "Ensure a claim leaves something to survive on: fewer hosts or zones than the inventory has, and at least one.",
        explain: r"A loss of all hosts leaves nothing that could serve, and a loss of none is no claim. With hosts in `n` zones, a claim
about zones is at most `n - 1` of them; with `n` hosts, a claim about hosts is at most `n - 1`. Claim less, or add
hosts.",
        source: "the meaning of the claim",
        check: Check::Described(possible),
    },
];

const SURVIVES: Code = Code::new("L0204");
const ZONES_KNOWN: Code = Code::new("L0206");
const POSSIBLE: Code = Code::new("L0207");

/// Ensure every claim `survives(…)` holds.
fn survives(view: &View<'_>, report: &mut Report) {
    let topology = topology_of(view);
    for claim in &view.cluster.survives {
        if !without_zone(view, &claim.value).is_empty()
            || impossible(&topology, &claim.value).is_some()
        {
            continue;
        }
        for component in topology.components() {
            report.extend(stopped(view, &topology, claim, component));
        }
    }
}

/// Ensure a claim about zones can be tried: every host that carries a member is in a zone.
fn zones_known(view: &View<'_>, report: &mut Report) {
    for claim in &view.cluster.survives {
        let hosts = without_zone(view, &claim.value);
        let Some(first) = hosts.first() else {
            continue;
        };
        let title = match hosts.as_slice() {
            [host] => format!("host {} is in no zone, and zones may be lost", host.name),
            many => format!("{} hosts are in no zone, and zones may be lost", many.len()),
        };
        let finding = hosts
            .iter()
            .take(SHOWN)
            .fold(Diagnostic::error(ZONES_KNOWN, title), |finding, host| {
                finding.primary(
                    host.zone_origin.clone(),
                    format!("{} has no zone", host.name),
                )
            })
            .secondary(claim.origin.clone(), "this is what the cluster claims");
        report.push(finding.help(format!(
            "write `zone = \"a\"` at {}, with the zone that it is in; or claim hosts, with `Loss::of({}).hosts()`",
            first.name, claim.value.count
        )));
    }
}

/// Ensure a claim leaves something to survive on: fewer hosts or zones than the inventory has, and at least one.
fn possible(view: &View<'_>, report: &mut Report) {
    let topology = topology_of(view);
    for claim in &view.cluster.survives {
        if !without_zone(view, &claim.value).is_empty() {
            continue;
        }
        let Some(domains) = impossible(&topology, &claim.value) else {
            continue;
        };
        let Loss { count, domain, .. } = &claim.value;
        let plural = if domains == 1 { "" } else { "s" };
        let (title, label, help) = if *count == 0 {
            (
                format!("a loss of 0 {domain}s is no claim"),
                "nothing is lost".to_owned(),
                format!("claim `Loss::of(1).{domain}s()`, or leave the claim out"),
            )
        } else if domains <= 1 {
            (
                format!(
                    "no cluster on {domains} {domain}{plural} survives the loss of {}",
                    claim.value
                ),
                format!("the inventory has {domains} {domain}{plural}"),
                format!("leave the claim out, or add {domain}s"),
            )
        } else {
            (
                format!("the cluster claims to survive the loss of all its {domains} {domain}s"),
                format!("the inventory has {domains} {domain}s"),
                format!(
                    "claim at most `Loss::of({}).{domain}s()`, or add {domain}s",
                    domains - 1
                ),
            )
        };
        report.push(
            Diagnostic::error(POSSIBLE, title)
                .primary(claim.origin.clone(), label)
                .help(help),
        );
    }
}

fn topology_of<'a>(view: &'a View<'a>) -> Topology<'a> {
    let declarations = view
        .declared
        .iter()
        .map(|(component, declaration)| (&component.meta().name.value, &***declaration));
    Topology::new(view.site.inventory, declarations)
}

/// Hosts that carry members and whose zone a claim would have to know, in the inventory's order.
fn without_zone<'a>(view: &View<'a>, claim: &Loss) -> Vec<&'a Host> {
    match claim.domain {
        FailureDomain::Host => Vec::new(),
        FailureDomain::Zone => {
            let carrying: BTreeSet<&str> = view
                .declared
                .iter()
                .flat_map(|(_, declaration)| &declaration.groups)
                .flat_map(|group| &group.members)
                .map(|member| member.host.name())
                .collect();
            let inventory = view.site.inventory;
            inventory
                .hosts()
                .iter()
                .filter(|host| host.zone.is_none() && carrying.contains(host.name.as_str()))
                .collect()
        }
    }
}

/// The number of domains there are, when a claim of this size cannot hold or says nothing.
fn impossible(topology: &Topology<'_>, claim: &Loss) -> Option<usize> {
    let domains = topology.domains(claim.domain).len();
    (claim.count == 0 || claim.count >= domains).then_some(domains)
}

/// How many of a condition's members a loss leaves.
fn left(condition: &Condition<'_>, lost: &[Share<'_>]) -> usize {
    condition.members.len() - lost.iter().map(|share| share.members.len()).sum::<usize>()
}

/// How many names a sentence shows.
const SHOWN: usize = 6;

#[cfg(test)]
mod tests;
