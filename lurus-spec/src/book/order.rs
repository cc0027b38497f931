//! The order of a deployment.
//!
//! In: who needs whom. Out: every component once, after what it needs.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::loss::SurvivalRow;
use crate::literal::Name;

/// What is needed before what needs it; of several that may go next, the first by name.
pub(super) fn order(survival: &[SurvivalRow]) -> Vec<&SurvivalRow> {
    let mut waiting: BTreeMap<&Name, (usize, &SurvivalRow)> = survival
        .iter()
        .map(|row| (&row.component, (row.needs.len(), row)))
        .collect();
    let mut needed_by: BTreeMap<&Name, Vec<&Name>> = BTreeMap::new();
    for row in survival {
        for need in &row.needs {
            needed_by.entry(need).or_default().push(&row.component);
        }
    }
    let mut ready: BTreeSet<&Name> = survival
        .iter()
        .filter(|row| row.needs.is_empty())
        .map(|row| &row.component)
        .collect();
    let mut order = Vec::new();
    while let Some(next) = ready.pop_first() {
        let Some((_, row)) = waiting.remove(next) else {
            continue;
        };
        order.push(row);
        for dependent in needed_by.get(next).into_iter().flatten() {
            if let Some((missing, _)) = waiting.get_mut(dependent) {
                *missing -= 1;
                if *missing == 0 {
                    ready.insert(dependent);
                }
            }
        }
    }
    // Components that need each other in a circle have no order; they come last, and none is left out.
    order.extend(waiting.into_values().map(|(_, row)| row));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_needs_and_leaves_nobody_out() {
        let name = |text: &str| -> Name { text.parse().unwrap() };
        let row = |component: &str, needs: &[&str]| SurvivalRow {
            component: name(component),
            conditions: Vec::new(),
            hosts: 0,
            zones: None,
            stopped_by: None,
            needs: needs.iter().map(|need| name(need)).collect(),
            needed_by: Vec::new(),
        };
        let rows = [
            row("app", &["balancer", "redis"]),
            row("balancer", &["pg"]),
            row("chicken", &["egg"]),
            row("egg", &["chicken"]),
            row("etcd", &[]),
            row("pg", &["etcd"]),
            row("redis", &[]),
        ];
        let order: Vec<&str> = order(&rows)
            .iter()
            .map(|row| row.component.as_str())
            .collect();
        assert_eq!(
            order,
            ["etcd", "pg", "balancer", "redis", "app", "chicken", "egg"]
        );
    }
}
