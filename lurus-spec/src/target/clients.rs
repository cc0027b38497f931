//! How programs outside of all containers reach a cluster, for tests and tools.
//!
//! In: the contracts, the groups and the flows of a plan, and what a target puts into their holes. Out: one JSON file. It must
//! not know what a protocol is.

use std::collections::{BTreeMap, BTreeSet};

use crate::file_tree::File;
use crate::literal::Name;
use crate::plan::{Floating, Index, Member, Plan, Symbol, Text, Whose};
use crate::yaml::{Node, map, seq};

/// The name of the file.
pub(super) const CLIENTS: &str = "clients.json";

/// The file's content, with those addresses that move between hosts where the target sets them up.
pub(super) fn clients(
    plan: &Plan,
    index: &Index<'_>,
    fill: &dyn Fn(&Member, &Symbol) -> String,
    floating: &[Floating],
) -> File {
    let filled = |text: &str| {
        Text::fill(text, |symbol| match symbol.whose() {
            Whose::Secret(secret) => secret.env_name().to_string(),
            Whose::Named(name, _) => {
                let (_, member) = index
                    .member(name)
                    .expect("a checked plan refers to members that exist");
                fill(member, symbol)
            }
            Whose::Own => {
                unreachable!("a contract belongs to no member, but names {symbol:?}")
            }
        })
    };
    let mut protocols: BTreeMap<&str, Vec<Node>> = BTreeMap::new();
    for contract in &plan.contracts {
        protocols
            .entry(contract.protocol)
            .or_default()
            .push(contract.entry.map_strings(&filled));
    }
    let mut flows: BTreeMap<&Name, BTreeSet<&str>> = BTreeMap::new();
    for flow in &plan.flows {
        flows
            .entry(&flow.from)
            .or_default()
            .insert(flow.to.as_str());
    }
    let groups = plan.workloads.iter().map(|workload| {
        let members = workload.members.iter();
        (
            workload.name.to_string(),
            seq(members.map(|member| member.name.as_str())),
        )
    });
    let mut moving: BTreeMap<&Name, Vec<String>> = BTreeMap::new();
    for floating in floating {
        let addresses = moving.entry(&floating.group).or_default();
        addresses.push(floating.ip.to_string());
    }
    let moving = moving.into_iter();
    let moving = moving.map(|(group, addresses)| (group.to_string(), seq(addresses)));
    let flows = flows
        .into_iter()
        .map(|(from, to)| (from.to_string(), seq(to)));
    let cluster = ("cluster", Node::str(plan.cluster.as_str()));
    let protocols = protocols.into_iter();
    let protocols = protocols.map(|(protocol, entries)| (protocol, seq(entries)));
    let body = map([cluster].into_iter().chain(protocols))
        .with("groups", map(groups))
        .with_filled("flows", map(flows))
        .with_filled("floating", map(moving));
    File {
        text: body.to_json(),
        ..File::default()
    }
}
