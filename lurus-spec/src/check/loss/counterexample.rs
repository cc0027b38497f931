//! What a refused claim is told: what was lost, which condition broke, where its members were placed, and what to type.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use super::topology::{Condition, Domain, Share, Topology};
use super::{SHOWN, SURVIVES, left};
use crate::check::View;
use crate::component::Declaration;
use crate::literal::Name;
use crate::model::{FailureDomain, Loss, Setting};
use crate::report::{Diagnostic, Origin};

/// The finding that a component's own conditions break within a claim.
pub(super) fn stopped<'a>(
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
        "accept the loss, with `{}` in the claim",
        except_call(component)
    );
    let mut declared = view.declared.iter();
    let declared = declared.find(|(other, _)| &other.meta().name.value == component);
    if let ([only], Some((_, declaration))) = (condition.members.as_slice(), declared)
        && is_named(&only.name, declaration)
    {
        return format!(
            "nobody takes the place of {} by itself: {accept}",
            only.name
        );
    }
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
                "spread {}: put {} on {place}, which carries {carries} of them; or {accept}",
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
            "no placement on {} {kind}s survives this: add {kind}s, at least {domains} in all, or claim less; or {accept}",
            all.len()
        );
    };
    let placed = declared.map_or(&[][..], |(component, _)| component.meta().hosts());
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
                "put {component} on {enough} hosts: `.on([{}])`; or {accept}",
                constants.join(", ")
            );
        }
    }
    let more = match enough - members {
        1 => "1 member".to_owned(),
        more => format!("{more} members"),
    };
    format!(
        "add {more} to the {members} of `{}`, spread over the {kind}s; or {accept}",
        condition.what
    )
}

/// Whether the description says that this member, and no other, has a role: more members would not take its place.
fn is_named(member: &Name, declaration: &Declaration) -> bool {
    let mut endpoints = declaration.endpoints.iter();
    endpoints.any(|endpoint| endpoint.holder() == Some(member))
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
