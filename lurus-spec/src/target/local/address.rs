//! Addresses and published ports on one engine.
//!
//! In: a plan. Out: a fixed address for each member that needs one, and a free port of the loopback address for
//! each port that is published. Both depend on nothing but the member and those it would collide with, so that
//! another component does not move them.

use std::collections::{BTreeMap, BTreeSet};

use crate::literal::{Cidr, Ip, Name, Port};
use crate::plan::{Plan, PortName};

/// Addresses and ports of the members of a plan.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    /// Members with a fixed address.
    pub(super) fixed: BTreeMap<Name, Ip>,
    /// Published ports, by member and port name.
    pub(super) published: BTreeMap<(Name, PortName), Port>,
    /// Members for which the network has no fixed address left.
    pub(super) without_address: Vec<Name>,
    /// Ports for which no free number was found.
    pub(super) without_port: Vec<(Name, PortName)>,
}

/// The part of a network from which the engine gives addresses by itself: fixed ones come from the other half.
pub(super) fn dynamic_range(network: &Cidr) -> Option<Cidr> {
    network.first_half()
}

/// Distance between the published ports of two members with the same port.
const STEP: u16 = 100;

pub(super) fn addresses(plan: &Plan) -> Addresses {
    let mut out = Addresses::default();
    let mut taken: BTreeSet<(Name, Ip)> = BTreeSet::new();
    let mut used: BTreeSet<Port> = BTreeSet::new();
    for workload in &plan.workloads {
        for member in &workload.members {
            if workload.stable_address {
                let free = plan
                    .inventory
                    .network_named(&member.network)
                    .and_then(|network| {
                        candidates(&network.cidr, &member.name).find(|ip| {
                            *ip != network.gateway && taken.insert((member.network.clone(), *ip))
                        })
                    });
                match free {
                    Some(ip) => {
                        out.fixed.insert(member.name.clone(), ip);
                    }
                    None => out.without_address.push(member.name.clone()),
                }
            }
            for port in member
                .ports
                .iter()
                .filter(|port| workload.published.contains(&port.name))
            {
                let free = std::iter::successors(Some(port.port), |port| port.offset(STEP).ok())
                    .find(|port| used.insert(*port));
                let key = (member.name.clone(), port.name.clone());
                match free {
                    Some(port) => {
                        out.published.insert(key, port);
                    }
                    None => out.without_port.push(key),
                }
            }
        }
    }
    out
}

/// Addresses of the upper half of a network, each once, beginning at one that the name decides.
fn candidates(network: &Cidr, name: &Name) -> impl Iterator<Item = Ip> {
    let half = network.second_half();
    // The last address of the upper half is the network's broadcast address.
    let size = half
        .as_ref()
        .map_or(0, |half| (1_u64 << (32 - half.prefix())) - 1);
    let start = fnv1a(name.as_str().as_bytes()) % size.max(1);
    (0..size).filter_map(move |step| {
        half.as_ref()?
            .nth(u32::try_from((start + step) % size).ok()?)
    })
}

/// FNV-1a, 64 bits: the same on every machine and in every version, unlike the hasher of the standard library.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
