//! The table of what each component survives, whatever the cluster claims.

use super::left;
use super::topology::{Condition, Domain, Topology};
use crate::check::{Checked, each};
use crate::literal::Name;
use crate::model::FailureDomain;
use crate::words::Words;

/// What each component of a checked cluster survives, by component.
pub fn survival_table(checked: &Checked<'_>) -> Vec<SurvivalRow> {
    let topology = Topology::new(checked.site.inventory, each(&checked.declarations));
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
