//! The picture of a cluster: how its components lean on each other, and what lives on which host.
//!
//! In: what stands where, as plain names. Out: one SVG. What users reach stands above what it needs, in the graph and on
//! each host; each component has one colour everywhere, so that the graph is the legend. It knows no product and no
//! language: every word is a name of the description or a number.

mod hosts;
mod layers;
mod svg;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use layers::{Layers, Slot, layers};
use svg::{Area, Drawing, HUES};

/// What is drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Topology {
    /// The cluster's name.
    pub(super) cluster: String,
    /// A remark for readers of the source.
    pub(super) note: String,
    /// What there is.
    pub(super) components: Vec<Component>,
    /// Who connects to whom, as indices into `components`.
    pub(super) flows: BTreeSet<(usize, usize)>,
    /// Where it lives.
    pub(super) hosts: Vec<Host>,
}

/// A component.
#[derive(Clone, Debug, Default)]
pub(super) struct Component {
    pub(super) name: String,
    pub(super) kind: String,
    /// Members that serve.
    pub(super) members: usize,
    /// Who is let in from outside the cluster, such as `0.0.0.0/0` or the name of a network, and at which port.
    pub(super) open: Vec<(String, String)>,
    /// It looks at this many others: too many lines to draw.
    pub(super) watches: usize,
}

/// A host.
#[derive(Clone, Debug, Default)]
pub(super) struct Host {
    pub(super) name: String,
    pub(super) zone: Option<String>,
    /// `data 10.0.1.11`
    pub(super) addresses: Vec<(String, String)>,
    /// `4 vCPU · 16GiB`
    pub(super) size: String,
    /// Names of members, with the index of their component.
    pub(super) members: Vec<(usize, String)>,
}

const MARGIN: usize = 24;
const NODE_HEIGHT: usize = 40;
const NODE_GAP: usize = 14;
const LAYER_GAP: usize = 32;
/// About how wide a bold character of a name is, and one of the line below it.
const NAME_WIDTH: usize = 8;
const CAPTION_WIDTH: usize = 6;
/// Room for a line that passes a layer.
const PASSING: usize = 14;
/// Room between parts of the graph that no line joins.
const PART_GAP: usize = 36;
/// More nodes than this in a row make a picture that is wider than a page.
const ROW: usize = 8;
/// More components than this are no graph that anybody reads: they are a legend without lines.
const MOST_COMPONENTS: usize = 40;

/// Draws it.
pub(super) fn draw(topology: &Topology) -> String {
    let graph = Graph::of(topology);
    let hosts = hosts::Layout::of(topology, &graph.order(), graph.height);
    let inner = graph.width.max(hosts.width).max(420);
    let width = inner + 2 * MARGIN;
    let names = topology.components.iter().map(|component| &*component.name);
    let mut drawing = Drawing::new(colours(names));
    drawing.text(MARGIN, 42, "title", &topology.cluster);
    let top = 62;
    graph.draw(
        &mut drawing,
        topology,
        MARGIN + (inner - graph.width) / 2,
        top,
    );
    let below = top
        + graph.height
        + if topology.components.is_empty() {
            0
        } else {
            28
        };
    hosts.draw(&mut drawing, MARGIN + (inner - hosts.width) / 2, below);
    let height = below + hosts.height + MARGIN;
    drawing.document(&topology.note, &topology.cluster, width, height)
}

/// A colour for each name, most of which keep theirs when another name comes or goes.
fn colours<'a>(names: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let mut taken = BTreeSet::new();
    names
        .enumerate()
        .map(|(index, name)| {
            // The strong hues are for those who find no other.
            let (first, count) = if index < HUES {
                (0, HUES)
            } else {
                (HUES, HUES)
            };
            // FNV-1a, 32 bits: the same on every machine and in every version.
            let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
                (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
            });
            let start = usize::try_from(hash).unwrap_or(0) % count;
            let free = (0..count)
                .map(|step| first + (start + step * 5) % count)
                .find(|colour| taken.insert(*colour));
            // More components than colours: some share one.
            free.unwrap_or(first + start)
        })
        .collect()
}

/// The graph of the components, laid out.
struct Graph {
    /// Row and middle of each node.
    nodes: Vec<(usize, usize)>,
    /// Rows and middles that a line passes, and the node to which it leads.
    lines: Vec<(Vec<(usize, usize)>, usize)>,
    /// Who is let in from outside, with its middle, in a row above all others.
    outside: Vec<(String, usize)>,
    node_width: usize,
    width: usize,
    height: usize,
}

impl Graph {
    fn of(topology: &Topology) -> Self {
        let none = BTreeSet::new();
        let flows = if topology.components.len() > MOST_COMPONENTS {
            &none
        } else {
            &topology.flows
        };
        let texts = topology.components.iter().map(|component| {
            let name = component.name.chars().count() * NAME_WIDTH;
            name.max(caption(component).chars().count() * CAPTION_WIDTH)
        });
        let mut graph = Self {
            nodes: vec![(0, 0); topology.components.len()],
            lines: Vec::new(),
            outside: Vec::new(),
            node_width: (texts.max().unwrap_or(0) + 16).clamp(96, 170),
            width: 0,
            height: 0,
        };
        let rows = graph.place(flows);
        graph.place_outside(topology);
        let rows = rows + usize::from(!graph.outside.is_empty());
        graph.height = (rows * (NODE_HEIGHT + LAYER_GAP)).saturating_sub(LAYER_GAP);
        graph
    }

    /// Puts what hangs together side by side, on one ground; what stands alone fills the row on the ground, and rows
    /// below it. Answers how many rows there are.
    fn place(&mut self, flows: &BTreeSet<(usize, usize)>) -> usize {
        let (joined, alone): (Vec<Vec<usize>>, Vec<Vec<usize>>) = together(self.nodes.len(), flows)
            .into_iter()
            .partition(|part| part.len() > 1);
        let parts: Vec<(Vec<usize>, Layers)> = joined
            .into_iter()
            .map(|part| {
                let place = |node: &usize| part.binary_search(node).ok();
                let own: BTreeSet<(usize, usize)> = flows
                    .iter()
                    .filter_map(|(from, to)| Some((place(from)?, place(to)?)))
                    .collect();
                let layers = layers(part.len(), &own);
                (part, layers)
            })
            .collect();
        let highest = parts.iter().map(|(_, layers)| layers.rows.len()).max();
        let ground = highest.unwrap_or(1) - 1;
        let mut on_ground = 0;
        for (part, layers) in parts {
            let left = self.width + if self.width > 0 { PART_GAP } else { 0 };
            let above = ground + 1 - layers.rows.len();
            let middles = layers.middles(NODE_GAP, &|slot| match slot {
                Slot::Node(_) => self.node_width,
                Slot::Passing(..) => PASSING,
            });
            let mut places: BTreeMap<Slot, (usize, usize)> = BTreeMap::new();
            for (row, slots) in (above..).zip(&layers.rows) {
                for slot in slots {
                    let middle = left + middles.get(slot).copied().unwrap_or(0);
                    places.insert(*slot, (row, middle));
                    if let Slot::Node(node) = slot {
                        self.nodes[part[*node]] = (row, middle);
                        self.width = self.width.max(middle + self.node_width / 2);
                    }
                }
            }
            on_ground += layers.rows.last().map_or(0, Vec::len);
            for line in &layers.lines {
                if let Some(Slot::Node(provider)) = line.last() {
                    let points = line.iter().filter_map(|slot| places.get(slot).copied());
                    self.lines.push((points.collect(), part[*provider]));
                }
            }
        }
        let mut row = ground;
        let mut left = self.width + if self.width > 0 { PART_GAP } else { 0 };
        let mut room = ROW.saturating_sub(on_ground);
        for node in alone.into_iter().flatten() {
            if room == 0 {
                (row, left, room) = (row + 1, 0, ROW);
            }
            self.nodes[node] = (row, left + self.node_width / 2);
            self.width = self.width.max(left + self.node_width);
            left += self.node_width + NODE_GAP;
            room -= 1;
        }
        if self.nodes.is_empty() { 0 } else { row + 1 }
    }

    /// Puts whoever comes from outside above those who let it in.
    fn place_outside(&mut self, topology: &Topology) {
        let mut entries: BTreeMap<&String, Vec<usize>> = BTreeMap::new();
        for (component, (_, middle)) in topology.components.iter().zip(&self.nodes) {
            let from: BTreeSet<&String> = component.open.iter().map(|(from, _)| from).collect();
            for from in from {
                entries.entry(from).or_default().push(*middle);
            }
        }
        let mut wanted: Vec<(usize, &String)> = entries
            .into_iter()
            .map(|(from, middles)| (middles.iter().sum::<usize>() / middles.len(), from))
            .collect();
        wanted.sort();
        let mut left = 0;
        for (middle, from) in wanted {
            let middle = middle.max(left + self.node_width / 2);
            self.outside.push((from.clone(), middle));
            left = middle + self.node_width / 2 + NODE_GAP;
            self.width = self.width.max(left - NODE_GAP);
        }
    }

    /// Components from above to below, each row from left to right: the order of the colours on each host.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        order.sort_by_key(|node| self.nodes[*node]);
        order
    }

    fn draw(&self, drawing: &mut Drawing, topology: &Topology, x: usize, y: usize) {
        let first = usize::from(!self.outside.is_empty());
        let area = |(row, middle): (usize, usize)| self.area(x + middle, y, row + first);
        for (points, provider) in &self.lines {
            let mut drawn = Vec::new();
            for (index, point) in points.iter().enumerate() {
                let area = area(*point);
                if index > 0 {
                    drawn.push((area.middle(), area.y));
                }
                if index + 1 < points.len() {
                    drawn.push((area.middle(), area.bottom()));
                }
            }
            drawing.arrow(&drawn, *provider);
        }
        for (outside, middle) in &self.outside {
            let from = self.area(x + middle, y, 0);
            for (index, component) in topology.components.iter().enumerate() {
                if component.open.iter().any(|(from, _)| from == outside) {
                    let to = area(self.nodes[index]);
                    let points = [(from.middle(), from.bottom()), (to.middle(), to.y)];
                    drawing.arrow(&points, index);
                }
            }
            drawing.area(from, NODE_HEIGHT / 2, "outside");
            let name = fitted(outside, from.width, NAME_WIDTH);
            drawing.text(from.middle(), from.y + 24, "node", &name);
        }
        for (index, component) in topology.components.iter().enumerate() {
            draw_node(drawing, component, index, area(self.nodes[index]));
        }
    }

    fn area(&self, middle: usize, top: usize, row: usize) -> Area {
        Area {
            x: middle.saturating_sub(self.node_width / 2),
            y: top + row * (NODE_HEIGHT + LAYER_GAP),
            width: self.node_width,
            height: NODE_HEIGHT,
        }
    }
}

/// Nodes that hang together, the largest part first; each part is sorted.
fn together(nodes: usize, flows: &BTreeSet<(usize, usize)>) -> Vec<Vec<usize>> {
    let mut part: Vec<usize> = (0..nodes).collect();
    for (from, to) in flows {
        let (kept, merged) = (part[*from].min(part[*to]), part[*from].max(part[*to]));
        for one in &mut part {
            if *one == merged {
                *one = kept;
            }
        }
    }
    let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (node, part) in part.into_iter().enumerate() {
        parts.entry(part).or_default().push(node);
    }
    let mut parts: Vec<Vec<usize>> = parts.into_values().collect();
    parts.sort_by_key(|part| Reverse(part.len()));
    parts
}

fn draw_node(drawing: &mut Drawing, component: &Component, index: usize, area: Area) {
    let class = drawing.colour(index);
    drawing.area(area, 6, &class);
    let name = fitted(&component.name, area.width, NAME_WIDTH);
    drawing.text(area.middle(), area.y + 17, "node", &name);
    let caption = fitted(&caption(component), area.width, CAPTION_WIDTH);
    drawing.text(area.middle(), area.y + 32, "kind soft", &caption);
}

/// `patroni × 3`, `nginx × 2 :80 :443`, `prometheus × 3 → 12`
fn caption(component: &Component) -> String {
    let mut text = format!("{} × {}", component.kind, component.members);
    let ports: BTreeSet<&String> = component.open.iter().map(|(_, port)| port).collect();
    for port in ports {
        text += &format!(" :{port}");
    }
    if component.watches > 0 {
        text += &format!(" → {}", component.watches);
    }
    text
}

/// Text that is cut where it would leave its box; a character of it is about so many pixels wide.
fn fitted(text: &str, width: usize, per_character: usize) -> String {
    let most = width.saturating_sub(8) / per_character.max(1);
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(most.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests;
