//! The order in which components are started and changed.
//!
//! In: who needs whom, and who watches others. Out: every component once, after what it needs. The book prints it, `diff` sorts a
//! change by it, and the end-to-end test on hosts follows it.

use std::collections::{BTreeMap, BTreeSet};

use crate::literal::Name;

/// A component's turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The component.
    pub component: Name,
    /// Components that have to serve before it, by name.
    pub after: Vec<Name>,
    /// Whether it watches others: its check is complete only once all of them are there.
    pub watches: bool,
}

/// What is needed before what needs it; of several that may go next, the first by name, and whoever watches others when nothing
/// else may go.
pub(crate) fn order(turns: impl IntoIterator<Item = Turn>) -> Vec<Turn> {
    let mut waiting: BTreeMap<Name, (usize, Turn)> = turns
        .into_iter()
        .map(|turn| (turn.component.clone(), (turn.after.len(), turn)))
        .collect();
    let mut needed_by: BTreeMap<Name, Vec<Name>> = BTreeMap::new();
    let mut ready = BTreeSet::new();
    for (name, (missing, turn)) in &waiting {
        for need in &turn.after {
            needed_by
                .entry(need.clone())
                .or_default()
                .push(name.clone());
        }
        if *missing == 0 {
            ready.insert((turn.watches, name.clone()));
        }
    }
    let mut order = Vec::new();
    while let Some((_, next)) = ready.pop_first() {
        let Some((_, turn)) = waiting.remove(&next) else {
            continue;
        };
        order.push(turn);
        for dependent in needed_by.get(&next).into_iter().flatten() {
            if let Some((missing, turn)) = waiting.get_mut(dependent) {
                *missing -= 1;
                if *missing == 0 {
                    ready.insert((turn.watches, dependent.clone()));
                }
            }
        }
    }
    // Components that need each other in a circle have no order; they come last, and none is left out.
    order.extend(waiting.into_values().map(|(_, turn)| turn));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_needs_and_leaves_nobody_out() {
        let name = |text: &str| -> Name { text.parse().unwrap() };
        let turn = |component: &str, after: &[&str]| Turn {
            component: name(component),
            after: after.iter().map(|need| name(need)).collect(),
            watches: component == "metrics",
        };
        let turns = [
            turn("app", &["balancer", "redis"]),
            turn("balancer", &["pg"]),
            turn("board", &["metrics"]),
            turn("chicken", &["egg"]),
            turn("egg", &["chicken"]),
            turn("etcd", &[]),
            turn("metrics", &[]),
            turn("pg", &["etcd"]),
            turn("redis", &[]),
        ];
        let order = order(turns);
        let order: Vec<&str> = order.iter().map(|turn| turn.component.as_str()).collect();
        assert_eq!(
            order,
            [
                "etcd", "pg", "balancer", "redis", "app", "metrics", "board", "chicken", "egg"
            ]
        );
    }
}
