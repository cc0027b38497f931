//! What a cluster outlives: every claim `survives(…)`, tried.
//!
//! In: a described cluster with its declarations. Out: a finding for each component that a claimed loss stops, and the
//! table of what each component survives. It judges the declared topology: how far a copy lags and whether a disk
//! comes back is not known here. It must not know any product.

mod topology;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use crate::check::{Check, Checked, Rule, View};
use crate::literal::Name;
use crate::model::{FailureDomain, Host, Loss, Setting};
use crate::report::{Code, Diagnostic, Origin, Report};
use crate::words::Words;

use topology::{Condition, Domain, Share, Topology};

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

/// What one component survives, for the book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurvivalRow {
    /// The component.
    pub component: Name,
    /// What it needs of its own members to serve.
    pub conditions: Vec<ServesWith>,
    /// How many hosts may be lost at once, whichever they are; needs are followed.
    pub hosts: usize,
    /// How many zones may be lost at once; `None` where the inventory has no zones.
    pub zones: Option<usize>,
    /// The smallest loss of hosts that stops it, and why; `None` where no loss does.
    pub stopped_by: Option<StoppedBy>,
    /// Components that it needs itself, with what stands in front of them, by name.
    pub needs: Vec<Name>,
    /// Every component that stops with it, by name.
    pub needed_by: Vec<Name>,
}

/// A condition under which a component serves: a majority of servers, 2 of 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServesWith {
    /// What is counted.
    pub what: Words,
    /// How many of them must be alive.
    pub at_least: usize,
    /// How many there are.
    pub of: usize,
}

/// The smallest loss that stops a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoppedBy {
    /// The hosts that are lost.
    pub hosts: Vec<String>,
    /// The component whose condition breaks, where it is one that the component needs.
    pub cause: Option<Name>,
    /// The condition that breaks.
    pub condition: ServesWith,
    /// How many of those that it counts are left.
    pub left: usize,
}

/// What each component of a checked cluster survives, by component.
pub fn survival_table(checked: &Checked<'_>) -> Vec<SurvivalRow> {
    let topology = Topology::new(checked.site.inventory, &checked.declarations);
    let zones = topology
        .domains(FailureDomain::Zone)
        .iter()
        .any(|domain| matches!(domain, Domain::Zone(_)));
    topology
        .components()
        .map(|component| {
            let (hosts, stopped_by) = tolerated(&topology, component, FailureDomain::Host);
            SurvivalRow {
                component: component.clone(),
                conditions: topology
                    .conditions(component)
                    .iter()
                    .map(serves_with)
                    .collect(),
                hosts,
                zones: zones.then(|| tolerated(&topology, component, FailureDomain::Zone).0),
                stopped_by,
                needs: topology.needs(component).cloned().collect(),
                needed_by: topology
                    .dependents(component)
                    .into_iter()
                    .cloned()
                    .collect(),
            }
        })
        .collect()
}

/// How many domains may be lost whichever they are, and what the next one breaks.
fn tolerated<'a>(
    topology: &Topology<'a>,
    component: &'a Name,
    kind: FailureDomain,
) -> (usize, Option<StoppedBy>) {
    let first = topology
        .relies_on(component)
        .into_iter()
        .flat_map(|name| {
            topology
                .conditions(name)
                .iter()
                .filter_map(move |condition| {
                    Some((name, condition, topology.smallest_break(condition, kind)?))
                })
        })
        // Of several equal ones this is the first, which is the nearest to the component.
        .min_by_key(|(_, _, lost)| lost.len());
    let Some((cause, condition, lost)) = first else {
        return (topology.domains(kind).len(), None);
    };
    let stopped_by = StoppedBy {
        hosts: lost.iter().map(|share| share.domain.to_string()).collect(),
        cause: (cause != component).then(|| cause.clone()),
        left: left(condition, &lost),
        condition: serves_with(condition),
    };
    (lost.len().saturating_sub(1), Some(stopped_by))
}

fn serves_with(condition: &Condition<'_>) -> ServesWith {
    ServesWith {
        what: condition.what.as_ref().clone(),
        at_least: condition.at_least,
        of: condition.members.len(),
    }
}

/// How many of a condition's members a loss leaves.
fn left(condition: &Condition<'_>, lost: &[Share<'_>]) -> usize {
    condition.members.len() - lost.iter().map(|share| share.members.len()).sum::<usize>()
}

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
        .map(|(component, declaration)| (&component.meta().name.value, declaration));
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

/// The finding that a component's own conditions break within a claim.
fn stopped<'a>(
    view: &View<'_>,
    topology: &Topology<'a>,
    claim: &Setting<Loss>,
    component: &'a Name,
) -> Option<Diagnostic> {
    let Loss {
        count,
        domain: kind,
        except,
    } = &claim.value;
    let broken: Vec<(&Condition<'a>, Vec<Share<'a>>)> = topology
        .conditions(component)
        .iter()
        .filter_map(|condition| {
            let lost = topology.smallest_break(condition, *kind)?;
            (lost.len() <= *count).then_some((condition, lost))
        })
        .collect();
    let (condition, lost) = broken.iter().min_by_key(|(_, lost)| lost.len())?;
    let dependents: Vec<&Name> = topology
        .dependents(component)
        .into_iter()
        .filter(|name| !except.contains(*name))
        .collect();
    let left_out = except.contains(component);
    if left_out && dependents.is_empty() {
        return None;
    }

    let stops = if left_out {
        listed(&dependents)
    } else {
        component.to_string()
    };
    let title = if lost.is_empty() {
        format!("{stops} cannot serve, even while nothing is lost")
    } else {
        format!("losing {} stops {stops}", domains(*kind, lost))
    };
    let mut finding = Diagnostic::error(SURVIVES, title);
    for (origin, text) in placements(condition, *kind, lost) {
        finding = finding.primary(origin, text);
    }
    if left_out {
        for (dependent, _) in &view.declared {
            let name = &dependent.meta().name;
            if dependents.contains(&&name.value) {
                let text = format!("{} needs {component} and is not left out", name.value);
                finding = finding.secondary(name.origin.clone(), text);
            }
        }
    }
    finding = finding
        .secondary(claim.origin.clone(), "this is what the cluster claims")
        .note(format!(
            "{component} serves with {}: {}",
            condition.what,
            what_is_left(condition, lost)
        ));
    for (other, lost) in &broken {
        if !std::ptr::eq(*other, *condition) {
            finding = finding.note(format!(
                "losing {} leaves it without {} as well: {}",
                domains(*kind, lost),
                other.what,
                what_is_left(other, lost)
            ));
        }
    }
    if let Some(note) = survived(topology, component, *kind, lost) {
        finding = finding.note(note);
    }
    if !left_out && !dependents.is_empty() {
        let verb = if dependents.len() == 1 {
            "needs"
        } else {
            "need"
        };
        finding = finding.note(format!("{} {verb} {component}", listed(&dependents)));
    }
    Some(finding.help(if left_out {
        let calls: Vec<String> = dependents.iter().map(|name| except_call(name)).collect();
        format!(
            "leave what needs {component} out of the claim too: add `{}`; or take {component} into the claim again",
            calls.concat()
        )
    } else {
        help(view, topology, &claim.value, component, condition)
    }))
}

/// What goes with a loss, said at the places that put it there.
fn placements(
    condition: &Condition<'_>,
    kind: FailureDomain,
    lost: &[Share<'_>],
) -> Vec<(Origin, String)> {
    let mut texts: BTreeMap<&Origin, Vec<String>> = BTreeMap::new();
    for share in lost {
        let mut here: BTreeMap<&Origin, Vec<String>> = BTreeMap::new();
        for member in &share.members {
            here.entry(&member.origin).or_default().push(match kind {
                FailureDomain::Host => member.name.to_string(),
                FailureDomain::Zone => format!("{} ({})", member.name, member.host),
            });
        }
        for (origin, names) in here {
            let are = match names.len() {
                1 => "is",
                2 => "are both",
                _ => "are all",
            };
            let place = match share.domain {
                Domain::Host(host) => format!("on {host}"),
                Domain::Zone(zone) => format!("in zone {zone}"),
            };
            texts
                .entry(origin)
                .or_default()
                .push(format!("{} {are} {place}", listed(&names)));
        }
    }
    if let (true, Some(member)) = (lost.is_empty(), condition.members.first()) {
        texts.entry(&member.origin).or_default();
    }
    texts
        .into_iter()
        .map(|(origin, texts)| (origin.clone(), texts.join(", ")))
        .collect()
}

/// Which smaller or other losses are survived.
fn survived<'a>(
    topology: &Topology<'a>,
    component: &Name,
    kind: FailureDomain,
    lost: &[Share<'a>],
) -> Option<String> {
    match lost.len() {
        0 => None,
        1 => {
            let fatal: BTreeSet<Domain<'_>> = topology
                .conditions(component)
                .iter()
                .flat_map(|condition| {
                    let may_go = condition.members.len().saturating_sub(condition.at_least);
                    let shares = topology.shares(condition, kind).into_iter();
                    shares.filter(move |share| share.members.len() > may_go)
                })
                .map(|share| share.domain)
                .collect();
            let all = topology.domains(kind);
            let harmless: Vec<&Domain<'_>> = all
                .iter()
                .filter(|domain| !fatal.contains(domain))
                .collect();
            let of = format!("of {} {kind}s", all.len());
            Some(match harmless.len() {
                0 => format!("{of}, the loss of none is survived"),
                1..=SHOWN => format!("{of}, losing {} is survived", joined(&harmless, "or")),
                many => format!("{of}, the loss of any of {many} others is survived"),
            })
        }
        2 => Some(format!("the loss of any one {kind} is survived")),
        more => Some(format!("the loss of any {} {kind}s is survived", more - 1)),
    }
}

/// What to type so that a condition holds.
fn help<'a>(
    view: &View<'_>,
    topology: &Topology<'a>,
    claim: &Loss,
    component: &Name,
    condition: &Condition<'a>,
) -> String {
    let Loss {
        count,
        domain: kind,
        ..
    } = claim;
    let accept = format!(
        "or accept the loss, with `{}` in the claim",
        except_call(component)
    );
    let all = topology.domains(*kind);
    let members = condition.members.len();
    // With every domain carrying as near to the same number as can be, so many go with the largest of them.
    let gone_at_best =
        |members: usize| count * (members / all.len()) + (*count).min(members % all.len());
    let at_least = |members: usize| {
        if condition.majority {
            members / 2 + 1
        } else {
            condition.at_least
        }
    };
    let holds = |members: &usize| gone_at_best(*members) + at_least(*members) <= *members;

    if holds(&members) {
        let shares = topology.shares(condition, *kind);
        let carried = |domain: &Domain<'_>| {
            shares
                .iter()
                .find(|share| share.domain == *domain)
                .map_or(0, |share| share.members.len())
        };
        let moved = shares.first().and_then(|share| share.members.last());
        let target = all.iter().min_by_key(|domain| carried(domain));
        if let (Some(member), Some(target)) = (moved, target) {
            let place = match target {
                Domain::Host(host) => (*host).to_owned(),
                Domain::Zone(zone) => format!("a host in zone {zone}"),
            };
            let carries = match carried(target) {
                0 => "none".to_owned(),
                some => some.to_string(),
            };
            return format!(
                "spread {}: put {} on {place}, which carries {carries} of them; {accept}",
                condition.what, member.name
            );
        }
    }
    // Twice as many members as domains, and more, spread no better than what was tried until there.
    let most = 2 * (all.len() + members) + 1;
    let Some(enough) = (members + 1..=most).find(holds) else {
        let domains = if condition.majority {
            2 * count + 1
        } else {
            count + 1
        };
        return format!(
            "no placement on {} {kind}s survives this: add {kind}s, at least {domains} in all, or claim less; {accept}",
            all.len()
        );
    };
    let placed = view
        .declared
        .iter()
        .find(|(other, _)| &other.meta().name.value == component)
        .map_or(&[][..], |(component, _)| component.meta().hosts());
    let mut hosts: Vec<&str> = placed.iter().map(|host| host.name()).collect();
    if placed.len() == members && *kind == FailureDomain::Host && enough <= all.len() {
        let others = view
            .site
            .inventory
            .hosts()
            .iter()
            .map(|host| host.name.as_str());
        let missing = enough.saturating_sub(hosts.len());
        let others: Vec<&str> = others
            .filter(|name| !hosts.contains(name))
            .take(missing)
            .collect();
        hosts.extend(others);
        if hosts.len() == enough && enough <= SHOWN {
            let constants: Vec<String> = hosts
                .iter()
                .map(|name| format!("hosts::{}", name.replace('-', "_").to_uppercase()))
                .collect();
            return format!(
                "put {component} on {enough} hosts: `.on([{}])`; {accept}",
                constants.join(", ")
            );
        }
    }
    format!(
        "add {} members to the {members} of `{}`, spread over the {kind}s; {accept}",
        enough - members,
        condition.what
    )
}

/// The call that leaves a component out of a claim, with the variable that it most likely is in.
fn except_call(component: &Name) -> String {
    format!(".except(&{})", component.as_str().replace('-', "_"))
}

/// `host node-2`, `hosts node-1 and node-2`
fn domains(kind: FailureDomain, lost: &[Share<'_>]) -> String {
    let names: Vec<Domain<'_>> = lost.iter().map(|share| share.domain).collect();
    let plural = if names.len() == 1 { "" } else { "s" };
    format!("{kind}{plural} {}", listed(&names))
}

/// `1 of 3 is left, 2 are needed`
fn what_is_left(condition: &Condition<'_>, lost: &[Share<'_>]) -> String {
    let are = |number: usize| if number < 2 { "is" } else { "are" };
    let members = condition.members.len();
    let left = left(condition, lost);
    let some = match left {
        0 => "none".to_owned(),
        some => some.to_string(),
    };
    let at_least = condition.at_least;
    format!(
        "{some} of {members} {} left, {at_least} {} needed",
        are(left),
        are(at_least)
    )
}

/// How many names a sentence shows.
const SHOWN: usize = 6;

/// `a`, `a and b`, `a, b and c`, `a, b, c, d, e, f and 12 more`
fn listed(names: &[impl Display]) -> String {
    if names.len() <= SHOWN + 1 {
        return joined(names, "and");
    }
    let shown: Vec<String> = names.iter().take(SHOWN).map(ToString::to_string).collect();
    format!("{} and {} more", shown.join(", "), names.len() - SHOWN)
}

fn joined(names: &[impl Display], word: &str) -> String {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} {word} {last}", rest.join(", ")),
        Some(_) | None => names.concat(),
    }
}

#[cfg(test)]
mod tests;
