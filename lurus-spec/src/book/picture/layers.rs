//! A layered graph: what needs something stands above it, and lines cross as little as a few sweeps can manage.
//!
//! In: how many nodes, and lines between them. Out: a layer and a place in it for each node, and for each line the
//! places that it passes. Everything is counted in whole numbers, so that it is the same on every machine.

use std::collections::{BTreeMap, BTreeSet};

/// One slot of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    /// A node.
    Node(usize),
    /// Where a line between layers that are not neighbours passes: its index, and the layer.
    Passing(usize, usize),
}

/// Layers from above to below, each from left to right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layers {
    pub(super) rows: Vec<Vec<Slot>>,
    /// For each line, the slots from its upper to its lower end.
    pub(super) lines: Vec<Vec<Slot>>,
}

/// How often the order of the layers is improved.
const SWEEPS: usize = 4;

/// Arranges `nodes` nodes. A line leads from the first to the second of its nodes, which is to stand below; of lines in
/// a circle, one leads upwards and is drawn as if it led downwards.
pub(super) fn layers(nodes: usize, lines: &BTreeSet<(usize, usize)>) -> Layers {
    let heights = heights(nodes, lines);
    let top = heights.iter().copied().max().unwrap_or(0);
    let layer = |node: usize| top - heights[node];
    let mut rows: Vec<Vec<Slot>> = vec![Vec::new(); top + 1];
    for node in 0..nodes {
        rows[layer(node)].push(Slot::Node(node));
    }
    let mut routes = Vec::new();
    for (index, (from, to)) in lines.iter().enumerate() {
        let (upper, lower) = if layer(*from) <= layer(*to) {
            (*from, *to)
        } else {
            (*to, *from)
        };
        let between = layer(upper) + 1..layer(lower);
        let mut route = vec![Slot::Node(upper)];
        for row in between {
            let slot = Slot::Passing(index, row);
            rows[row].push(slot);
            route.push(slot);
        }
        route.push(Slot::Node(lower));
        routes.push(route);
    }
    let mut layers = Layers {
        rows,
        lines: routes,
    };
    for sweep in 0..SWEEPS {
        layers.improve(sweep % 2 == 0);
    }
    layers
}

impl Layers {
    /// Where each slot has its middle, so that lines are as straight as the room allows; the leftmost slot begins at 0.
    pub(super) fn middles(
        &self,
        gap: usize,
        width: &dyn Fn(Slot) -> usize,
    ) -> BTreeMap<Slot, usize> {
        let signed = |number: usize| i64::try_from(number).unwrap_or(i64::MAX / 4);
        let width = |slot: Slot| signed(width(slot));
        // How far the middles of neighbours have to be apart.
        let apart = |left: Slot, right: Slot| (width(left) + width(right)) / 2 + signed(gap);
        let mut middles: BTreeMap<Slot, i64> = BTreeMap::new();
        for row in &self.rows {
            let mut at = 0;
            for (index, slot) in row.iter().enumerate() {
                if index > 0 {
                    at += apart(row[index - 1], *slot);
                }
                middles.insert(*slot, at);
            }
            for slot in row {
                middles.entry(*slot).and_modify(|middle| *middle -= at / 2);
            }
        }
        for sweep in 0..2 * SWEEPS {
            let neighbours = self.neighbours(sweep % 2 == 0);
            for row in self.in_order(sweep % 2 == 0) {
                let row = &self.rows[row];
                let wanted: Vec<i64> = row
                    .iter()
                    .map(|slot| {
                        let near = neighbours.get(slot).map_or(&[][..], Vec::as_slice);
                        match signed(near.len()) {
                            0 => middles[slot],
                            count => near.iter().map(|slot| middles[slot]).sum::<i64>() / count,
                        }
                    })
                    .collect();
                // Pushed to the right where there is no room, and to the left; between the two is room as well.
                let mut right = wanted.clone();
                for index in 1..row.len() {
                    right[index] =
                        right[index].max(right[index - 1] + apart(row[index - 1], row[index]));
                }
                let mut left = wanted;
                for index in (1..row.len()).rev() {
                    left[index - 1] =
                        left[index - 1].min(left[index] - apart(row[index - 1], row[index]));
                }
                for ((slot, right), left) in row.iter().zip(right).zip(left) {
                    middles.insert(*slot, i64::midpoint(left, right));
                }
            }
        }
        let begin = middles
            .iter()
            .map(|(slot, middle)| middle - width(*slot) / 2)
            .min()
            .unwrap_or(0);
        middles
            .into_iter()
            .map(|(slot, middle)| (slot, usize::try_from(middle - begin).unwrap_or(0)))
            .collect()
    }

    /// What each slot is joined to in the layer before it, going down or up.
    fn neighbours(&self, down: bool) -> BTreeMap<Slot, Vec<Slot>> {
        let mut neighbours: BTreeMap<Slot, Vec<Slot>> = BTreeMap::new();
        for pair in self.lines.iter().flat_map(|line| line.windows(2)) {
            let (of, at) = if down {
                (pair[1], pair[0])
            } else {
                (pair[0], pair[1])
            };
            neighbours.entry(of).or_default().push(at);
        }
        neighbours
    }

    /// The layers that have one before them, going down or up.
    fn in_order(&self, down: bool) -> Vec<usize> {
        if down {
            (1..self.rows.len()).collect()
        } else {
            (0..self.rows.len().saturating_sub(1)).rev().collect()
        }
    }

    /// Orders each layer by where its neighbours in the layer before stand, going down or up.
    fn improve(&mut self, down: bool) {
        let neighbours = self.neighbours(down);
        for row in self.in_order(down) {
            let before = if down { row - 1 } else { row + 1 };
            let before = places(&self.rows[before]);
            let own = places(&self.rows[row]);
            let mut keyed: Vec<(usize, Slot)> = self.rows[row]
                .iter()
                .map(|slot| {
                    let near: Vec<usize> = neighbours
                        .get(slot)
                        .into_iter()
                        .flatten()
                        .filter_map(|slot| before.get(slot).copied())
                        .collect();
                    let key = if near.is_empty() {
                        own[slot]
                    } else {
                        near.iter().sum::<usize>() / near.len()
                    };
                    (key, *slot)
                })
                .collect();
            // The sort keeps the order of equals, so that nothing moves without a reason.
            keyed.sort_by_key(|(key, _)| *key);
            self.rows[row] = keyed.into_iter().map(|(_, slot)| slot).collect();
        }
    }
}

/// How far along its layer each slot stands, in thousandths.
fn places(row: &[Slot]) -> BTreeMap<Slot, usize> {
    (0..)
        .zip(row)
        .map(|(index, slot): (usize, &Slot)| (*slot, (index * 2 + 1) * 500 / row.len()))
        .collect()
}

/// The longest way down from each node; a line that closes a circle does not count.
fn heights(nodes: usize, lines: &BTreeSet<(usize, usize)>) -> Vec<usize> {
    let mut heights = vec![Height::Unknown; nodes];
    (0..nodes)
        .map(|node| height(node, lines, &mut heights))
        .collect()
}

#[derive(Clone, Copy)]
enum Height {
    Unknown,
    /// It is being looked for: whoever asks now is in a circle.
    Open,
    Known(usize),
}

fn height(node: usize, lines: &BTreeSet<(usize, usize)>, heights: &mut [Height]) -> usize {
    if let Height::Known(height) = heights[node] {
        return height;
    }
    heights[node] = Height::Open;
    let mut highest = 0;
    for (_, below) in lines.range((node, 0)..(node + 1, 0)) {
        match heights[*below] {
            Height::Open => {}
            Height::Known(height) => highest = highest.max(height + 1),
            Height::Unknown => highest = highest.max(height(*below, lines, heights) + 1),
        }
    }
    heights[node] = Height::Known(highest);
    highest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_something_stands_above_it() {
        let lines = BTreeSet::from([(0, 1), (1, 2), (0, 2)]);
        let layers = layers(4, &lines);
        assert_eq!(
            layers.rows,
            [
                vec![Slot::Node(0)],
                vec![Slot::Node(1), Slot::Passing(1, 1)],
                vec![Slot::Node(2), Slot::Node(3)],
            ]
        );
        assert_eq!(
            layers.lines[1],
            [Slot::Node(0), Slot::Passing(1, 1), Slot::Node(2)]
        );
    }

    #[test]
    fn lines_do_not_cross_without_need() {
        // 0 needs 3 and 1 needs 2: the lower layer is turned round.
        let layers = layers(4, &BTreeSet::from([(0, 3), (1, 2)]));
        assert_eq!(layers.rows[1], [Slot::Node(3), Slot::Node(2)]);
    }

    #[test]
    fn a_circle_ends() {
        let layers = layers(3, &BTreeSet::from([(0, 1), (1, 0), (1, 2)]));
        let placed: usize = layers
            .rows
            .iter()
            .flatten()
            .filter(|slot| matches!(slot, Slot::Node(_)))
            .count();
        assert_eq!(placed, 3);
    }
}
