//! Needs that run in a circle.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::check::{Check, Rule, View, name_of};
use crate::component::EndpointRef;
use crate::literal::Name;
use crate::report::{Code, Diagnostic, Origin, Report};

const NO_CYCLE_CODE: Code = Code::new("L0403");

pub(in crate::check) const NO_CYCLE: Rule = Rule {
    code: NO_CYCLE_CODE.as_str(),
    ensures: "Ensure needs do not run in a circle.",
    explain: r"A component that needs another one cannot work before that one does. In a circle each waits for the next: after a loss of
power none of them comes up, and no order of rollout keeps all of them working. The book of the cluster has no order
to write down either.

Leave out the need that is no need: something that is used when it is there, such as a metrics store, is not needed.",
    source: "the meaning of a need; Kahn (1962) for the order that only a graph without circles has",
    check: Check::Described(no_cycle),
};

fn no_cycle(view: &View<'_>, report: &mut Report) {
    let mut edges = needs_of(view);
    // Whoever needs nothing that is left over is in no circle; what remains is small, or empty.
    loop {
        let left: BTreeSet<&Name> = edges.keys().copied().collect();
        for targets in edges.values_mut() {
            targets.retain(|target, _| left.contains(target));
        }
        edges.retain(|_, targets| !targets.is_empty());
        if edges.len() == left.len() {
            break;
        }
    }
    let mut told: BTreeSet<&Name> = BTreeSet::new();
    for start in edges.keys() {
        if told.contains(start) {
            continue;
        }
        let Some(circle) = shortest_circle(&edges, start) else {
            continue;
        };
        told.extend(&circle);
        let next = circle.iter().cycle().skip(1);
        let steps: Vec<(&Name, &Name)> = circle
            .iter()
            .zip(next)
            .map(|(from, to)| (*from, *to))
            .collect();
        let way = steps.iter().map(|(_, to)| format!("needs {to}"));
        let title = format!("{start} {}", way.collect::<Vec<_>>().join(", which "));
        let mut finding = Diagnostic::error(NO_CYCLE_CODE, title);
        for (from, to) in steps {
            finding = finding.primary(edges[from][to].clone(), format!("{from} needs {to}"));
        }
        report.push(finding.help("leave out one of these needs"));
    }
}

/// From a component to what it needs, with the place that says so.
type Edges<'v> = BTreeMap<&'v Name, BTreeMap<&'v Name, &'v Origin>>;

/// Who needs whom. Who needs an endpoint that is reached by role also needs what stands in front of it. What a
/// component needs of itself is its own affair.
fn needs_of<'v>(view: &'v View<'_>) -> Edges<'v> {
    let mut fronts: BTreeMap<&EndpointRef, Vec<&Name>> = BTreeMap::new();
    for (component, declaration) in &view.declared {
        for front in &declaration.fronts {
            fronts
                .entry(&front.endpoint)
                .or_default()
                .push(name_of(*component));
        }
    }
    let mut edges = Edges::new();
    for (component, declaration) in &view.declared {
        let name = name_of(*component);
        for need in &declaration.needs {
            let in_front = fronts.get(&need.endpoint).into_iter().flatten().copied();
            let targets = std::iter::once(&need.endpoint.component).chain(in_front);
            for target in targets.filter(|target| *target != name) {
                edges
                    .entry(name)
                    .or_default()
                    .entry(target)
                    .or_insert(&need.origin);
            }
        }
    }
    edges
}

/// The shortest way from a component back to itself, without its return.
fn shortest_circle<'v>(edges: &Edges<'v>, start: &'v Name) -> Option<Vec<&'v Name>> {
    let mut came_from: BTreeMap<&Name, &'v Name> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for next in edges.get(at)?.keys() {
            if *next == start {
                let mut way = vec![at];
                while let Some(before) = came_from.get(way[way.len() - 1]) {
                    way.push(before);
                }
                way.reverse();
                return Some(way);
            }
            if !came_from.contains_key(next) {
                came_from.insert(next, at);
                queue.push_back(next);
            }
        }
    }
    None
}
