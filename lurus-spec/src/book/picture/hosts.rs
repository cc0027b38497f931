//! Hosts as cards with their members, in their zones.
//!
//! In: the hosts of a topology. Out: cards side by side. Where there are more hosts than anybody looks at one by one,
//! a card stands for all hosts that carry the same components.

use std::collections::BTreeMap;

use super::svg::{Area, Drawing};
use super::{Host, Topology, fitted};

/// More hosts than this are drawn as groups of equal ones.
const MOST_HOSTS: usize = 48;
/// More groups than this are counted and not drawn.
const MOST_GROUPS: usize = 30;
/// Zones side by side.
const ZONES: usize = 4;

const CHIP_HEIGHT: usize = 22;
const CHIP_GAP: usize = 6;
/// About how wide a character on a chip is.
const CHIP_TEXT: usize = 7;
const PAD: usize = 12;
const HEAD: usize = 30;
const ADDRESS: usize = 16;
const CARD_GAP: usize = 16;
const ZONE_HEAD: usize = 30;

/// The cards, laid out.
pub(super) struct Layout {
    cards: Vec<Card>,
    zones: Vec<(Area, Option<String>)>,
    chip_width: usize,
    columns: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// One host, or many that are alike.
#[derive(Clone)]
struct Card {
    area: Area,
    name: String,
    size: String,
    lines: Vec<(String, String)>,
    /// Rows of chips.
    rows: Vec<Vec<(usize, String)>>,
}

impl Layout {
    /// `order` lists the components from what users reach to what it needs. So many pixels are above the cards.
    pub(super) fn of(topology: &Topology, order: &[usize], above: usize) -> Self {
        let drawn = if topology.hosts.len() > MOST_HOSTS {
            grouped(topology)
        } else {
            topology.hosts.clone()
        };
        let members = || drawn.iter().flat_map(|host| &host.members);
        let longest = members().map(|(_, name)| name.chars().count()).max();
        let chip_width = (longest.unwrap_or(0) * CHIP_TEXT + 12).clamp(70, 160);
        let most = drawn.iter().map(|host| host.members.len()).max();
        let columns = match most.unwrap_or(0) {
            0..=26 => 2,
            27..=60 => 3,
            _ => 4,
        };
        let widest = drawn
            .iter()
            .map(|host| host.name.chars().count() * 9 + host.size.chars().count() * 7 + 12)
            .max()
            .unwrap_or(0);
        // As many chips as the head is wide, where that is more.
        let chips = columns * (chip_width + CHIP_GAP) - CHIP_GAP;
        let card_width = chips.max(widest) + 2 * PAD;
        let columns = (card_width - 2 * PAD + CHIP_GAP) / (chip_width + CHIP_GAP);
        let mut layout = Self {
            cards: Vec::new(),
            zones: Vec::new(),
            chip_width,
            columns,
            width: 0,
            height: 0,
        };
        let mut zones: Vec<(Option<String>, Vec<Card>)> = Vec::new();
        for host in &drawn {
            let made = layout.card_of(host, order, card_width);
            match zones.iter_mut().find(|(zone, _)| zone == &host.zone) {
                Some((_, cards)) => cards.push(made),
                None => zones.push((host.zone.clone(), vec![made])),
            }
        }
        layout.place(zones, card_width, above);
        layout
    }

    fn card_of(&self, host: &Host, order: &[usize], width: usize) -> Card {
        let chips: Vec<(usize, String)> = order
            .iter()
            .flat_map(|component| {
                let members = host.members.iter();
                members.filter(move |(owner, _)| owner == component)
            })
            .cloned()
            .collect();
        let rows: Vec<Vec<(usize, String)>> = chips
            .chunks(self.columns.max(1))
            .map(<[_]>::to_vec)
            .collect();
        let high = rows.len() * (CHIP_HEIGHT + CHIP_GAP);
        Card {
            area: Area {
                x: 0,
                y: 0,
                width,
                height: HEAD + host.addresses.len() * ADDRESS + high + PAD,
            },
            name: host.name.clone(),
            size: host.size.clone(),
            lines: host.addresses.clone(),
            rows,
        }
    }

    /// Puts zones side by side, and the cards of each into columns.
    fn place(
        &mut self,
        mut zones: Vec<(Option<String>, Vec<Card>)>,
        card_width: usize,
        above: usize,
    ) {
        let named = zones.iter().any(|(zone, _)| zone.is_some());
        let beside = zones.len().clamp(1, ZONES);
        let columns = best_columns(&zones, beside, card_width, above);
        let frame = if named { PAD } else { 0 };
        let head = if named { ZONE_HEAD } else { 0 };
        let zone_width = columns * (card_width + CARD_GAP) - CARD_GAP + 2 * frame;
        let mut top = 0;
        for band in zones.chunks_mut(beside) {
            // Equal rows across zones: what is alike stands side by side.
            let lines = band
                .iter()
                .map(|(_, cards)| cards.len().div_ceil(columns))
                .max()
                .unwrap_or(0);
            let heights: Vec<usize> = (0..lines)
                .map(|line| {
                    band.iter()
                        .flat_map(|(_, cards)| cards.iter().skip(line * columns).take(columns))
                        .map(|one| one.area.height)
                        .max()
                        .unwrap_or(0)
                })
                .collect();
            let inner: usize = heights.iter().map(|height| height + CARD_GAP).sum();
            let height = head + inner.saturating_sub(CARD_GAP) + frame;
            for (index, (zone, cards)) in band.iter_mut().enumerate() {
                let left = index * (zone_width + CARD_GAP);
                self.zones.push((
                    Area {
                        x: left,
                        y: top,
                        width: zone_width,
                        height,
                    },
                    zone.clone(),
                ));
                for (place, mut one) in cards.drain(..).enumerate() {
                    let (line, column) = (place / columns, place % columns);
                    let above: usize = heights[..line].iter().map(|height| height + CARD_GAP).sum();
                    one.area.x = left + frame + column * (card_width + CARD_GAP);
                    one.area.y = top + head + above;
                    one.area.height = heights[line];
                    self.cards.push(one);
                }
                self.width = self.width.max(left + zone_width);
            }
            top += height + CARD_GAP;
        }
        self.height = top.saturating_sub(CARD_GAP);
        if !named {
            self.zones.clear();
        }
    }

    pub(super) fn draw(&self, drawing: &mut Drawing, x: usize, y: usize) {
        let moved = |area: Area| Area {
            x: area.x + x,
            y: area.y + y,
            ..area
        };
        for (area, zone) in &self.zones {
            let area = moved(*area);
            drawing.area(area, 10, "zone");
            let zone = zone
                .as_ref()
                .map_or_else(|| "–".to_owned(), |zone| format!("zone {zone}"));
            drawing.text(area.middle(), area.y + 20, "name soft middle", &zone);
        }
        for one in &self.cards {
            let area = moved(one.area);
            drawing.area(area, 8, "host");
            let right = area.x + area.width - PAD;
            drawing.text(area.x + PAD, area.y + 20, "name", &one.name);
            drawing.text(right, area.y + 20, "soft right", &one.size);
            for (index, (label, value)) in (0..).zip(&one.lines) {
                let line = area.y + HEAD + 10 + index * ADDRESS;
                drawing.text(area.x + PAD, line, "soft", label);
                drawing.text(right, line, "right", value);
            }
            let mut top = area.y + HEAD + one.lines.len() * ADDRESS + 4;
            for row in &one.rows {
                for (column, (component, name)) in row.iter().enumerate() {
                    let chip = Area {
                        x: area.x + PAD + column * (self.chip_width + CHIP_GAP),
                        y: top,
                        width: self.chip_width,
                        height: CHIP_HEIGHT,
                    };
                    let class = drawing.colour(*component);
                    drawing.area(chip, 5, &class);
                    let name = fitted(name, self.chip_width, CHIP_TEXT);
                    drawing.text(chip.middle(), chip.y + 15, "chip", &name);
                }
                top += CHIP_HEIGHT + CHIP_GAP;
            }
        }
    }
}

/// As many columns of cards in each zone as bring the picture nearest to a square: a page shows its width, and scrolls.
fn best_columns(
    zones: &[(Option<String>, Vec<Card>)],
    beside: usize,
    card_width: usize,
    above: usize,
) -> usize {
    let most = zones
        .iter()
        .map(|(_, cards)| cards.len())
        .max()
        .unwrap_or(1);
    let height = zones
        .iter()
        .flat_map(|(_, cards)| cards)
        .map(|one| one.area.height + CARD_GAP)
        .max()
        .unwrap_or(1);
    let bands = zones.len().div_ceil(beside.max(1));
    (1..=most.max(1))
        .min_by_key(|columns| {
            let wide = beside * columns * (card_width + CARD_GAP);
            let high = bands * most.div_ceil(*columns) * height;
            wide.abs_diff(above + high)
        })
        .unwrap_or(1)
}

/// One card for all hosts that carry as many members of the same components, in the order of the first of each.
fn grouped(topology: &Topology) -> Vec<Host> {
    /// What makes hosts alike: their size, and how many members of which components they carry.
    type Likeness<'a> = (&'a str, BTreeMap<usize, usize>);
    let mut groups: Vec<(Likeness<'_>, Vec<&Host>)> = Vec::new();
    let mut known: BTreeMap<Likeness<'_>, usize> = BTreeMap::new();
    for host in &topology.hosts {
        let mut carried = BTreeMap::new();
        for (component, _) in &host.members {
            *carried.entry(*component).or_insert(0) += 1;
        }
        let likeness = (host.size.as_str(), carried);
        let index = *known.entry(likeness.clone()).or_insert_with(|| {
            groups.push((likeness, Vec::new()));
            groups.len() - 1
        });
        groups[index].1.push(host);
    }
    let rest: usize = groups
        .iter()
        .skip(MOST_GROUPS)
        .map(|(_, hosts)| hosts.len())
        .sum();
    let mut drawn: Vec<Host> = groups
        .into_iter()
        .take(MOST_GROUPS)
        .map(|((size, carried), hosts)| group(topology, size, &carried, &hosts))
        .collect();
    if rest > 0 {
        drawn.push(Host {
            name: "…".to_owned(),
            size: format!("× {rest}"),
            ..Host::default()
        });
    }
    drawn
}

fn group(
    topology: &Topology,
    size: &str,
    carried: &BTreeMap<usize, usize>,
    hosts: &[&Host],
) -> Host {
    let mut zones: BTreeMap<&str, usize> = BTreeMap::new();
    for zone in hosts.iter().filter_map(|host| host.zone.as_deref()) {
        *zones.entry(zone).or_insert(0) += 1;
    }
    let lines = zones
        .into_iter()
        .map(|(zone, count)| (format!("zone {zone}"), format!("× {count}")))
        .collect();
    let name = match hosts {
        [] => String::new(),
        [one] => one.name.clone(),
        [first, .., last] => format!("{} … {}", first.name, last.name),
    };
    Host {
        name,
        zone: None,
        addresses: lines,
        size: format!("× {} · {size}", hosts.len()),
        members: carried
            .iter()
            .map(|(component, each)| {
                let name = &topology.components[*component].name;
                (*component, format!("{name} × {}", each * hosts.len()))
            })
            .collect(),
    }
}
