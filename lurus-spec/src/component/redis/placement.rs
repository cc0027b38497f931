//! Which copy of which shard lives on which host.
//!
//! In: numbers, hosts and what the author placed by hand. Out: the copies, in the order of their members' indices. It
//! knows neither names nor ports, and trusts nobody: an impossible wish comes out as a layout that the rules refuse.

use std::collections::{BTreeMap, BTreeSet};

use crate::component::Site;
use crate::literal::Name;
use crate::model::{HostRef, Setting};
use crate::report::Origin;

/// Where an author wants the copies of one shard: `.place(2, [NODE_2, NODE_3])`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The shard, from 1.
    pub(super) shard: u32,
    /// The host of its master, then those of its replicas.
    pub(super) hosts: Vec<HostRef>,
}

impl std::fmt::Display for Placement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hosts: Vec<&str> = self.hosts.iter().map(|host| host.name()).collect();
        write!(f, "shard {} on {}", self.shard, hosts.join(", "))
    }
}

/// One copy of one shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Copy {
    /// The shard, from 1.
    pub(super) shard: u32,
    /// 0 for the master that forming makes, from 1 for replicas.
    pub(super) number: u32,
    /// Its host.
    pub(super) host: HostRef,
    /// Where the author placed it by hand.
    pub(super) placed: Option<Origin>,
}

/// What is to be placed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish<'a> {
    pub(super) shards: u32,
    pub(super) replicas: u32,
    pub(super) hosts: &'a [HostRef],
    pub(super) by_hand: &'a [Setting<Placement>],
}

/// The most nodes for which Redis Cluster is made ("up to 1000 nodes", Redis Cluster specification).
pub(super) const MOST_NODES: u32 = 1000;

/// Every copy: first the masters by shard, then the first replicas by shard, then the second ones.
///
/// The i-th master lives on the i-th host. A replica lives on a host without a copy of its shard, if possible in a
/// zone without one; among those on the one with the fewest copies, and among equals on the nearest before its master's.
/// So no host holds two copies of a shard whenever there are as many hosts as copies.
pub(super) fn layout(wish: Wish<'_>, site: &Site<'_>) -> Vec<Copy> {
    let by_hand: BTreeMap<u32, &Setting<Placement>> = wish
        .by_hand
        .iter()
        .map(|placement| (placement.value.shard, placement))
        .collect();
    let hosts = candidates(wish);
    let copies = wish.replicas.min(MOST_NODES).saturating_add(1);
    let shards = wish.shards.min(MOST_NODES / copies.min(MOST_NODES));
    let mut placed = Placed {
        site,
        hosts: &hosts,
        copies: Vec::new(),
    };
    for number in 0..copies {
        for shard in 1..=shards {
            let wanted = by_hand.get(&shard).and_then(|placement| {
                let at = usize::try_from(number).ok()?;
                Some((
                    *placement.value.hosts.get(at)?,
                    Some(placement.origin.clone()),
                ))
            });
            let found = wanted.or_else(|| Some((placed.choose(shard, number)?, None)));
            if let Some((host, origin)) = found {
                placed.copies.push(Copy {
                    shard,
                    number,
                    host,
                    placed: origin,
                });
            }
        }
    }
    placed.copies
}

/// The component's hosts, each once; without any, those that the author named by hand.
fn candidates(wish: Wish<'_>) -> Vec<HostRef> {
    let mut seen = BTreeSet::new();
    let by_hand = wish
        .by_hand
        .iter()
        .flat_map(|placement| &placement.value.hosts);
    let hosts: Vec<HostRef> = if wish.hosts.is_empty() {
        by_hand.copied().collect()
    } else {
        wish.hosts.to_vec()
    };
    hosts
        .into_iter()
        .filter(|host| seen.insert(*host))
        .collect()
}

struct Placed<'a> {
    site: &'a Site<'a>,
    hosts: &'a [HostRef],
    copies: Vec<Copy>,
}

impl Placed<'_> {
    fn choose(&self, shard: u32, number: u32) -> Option<HostRef> {
        let count = self.hosts.len();
        if number == 0 {
            let at = usize::try_from(shard - 1).ok()?.checked_rem(count)?;
            return self.hosts.get(at).copied();
        }
        let of_shard = || self.copies.iter().filter(|copy| copy.shard == shard);
        let master = of_shard().next()?.host;
        let from = self
            .hosts
            .iter()
            .position(|host| *host == master)
            .unwrap_or(0);
        let zones: BTreeSet<&Name> = of_shard().filter_map(|copy| self.zone(copy.host)).collect();
        self.hosts
            .iter()
            .enumerate()
            .min_by_key(|(at, host)| {
                let on_it = |copy: &&Copy| copy.host == **host;
                let same_host = of_shard().filter(on_it).count();
                let same_zone = self.zone(**host).is_some_and(|zone| zones.contains(zone));
                let load = self.copies.iter().filter(on_it).count();
                let distance = (from + count - at - 1) % count;
                (same_host, same_zone, load, distance)
            })
            .map(|(_, host)| *host)
    }

    fn zone(&self, host: HostRef) -> Option<&Name> {
        self.site.host(host)?.zone.as_ref()
    }
}
