//! One compose project for each host.

use std::collections::{BTreeMap, BTreeSet};

use crate::file_tree::{File, FileTree, Impact, TreePath};
use crate::literal::{HostName, Name};
use crate::plan::{Cost, Index, Member, Plan, Symbol, Workload};
use crate::target::clients::{CLIENTS, clients};
use crate::target::compose::{Delivery, Placed, compose_file, project};
use crate::target::hosts::firewall::Firewall;
use crate::target::hosts::system;
use crate::yaml::{Node, map};

pub(super) fn render(plan: &Plan) -> FileTree {
    let mut hosts: BTreeMap<&HostName, Vec<(&Workload, &Member)>> = BTreeMap::new();
    for workload in &plan.workloads {
        for member in &workload.members {
            hosts
                .entry(&member.host)
                .or_default()
                .push((workload, member));
        }
    }
    let index = Index::of(plan);
    let firewall = Firewall::of(plan);
    let mut tree = FileTree::default();
    for (host, members) in hosts {
        let folder = TreePath::new(host.as_str()).expect("a host's name is a path");
        let files = host_tree(plan, &index, &firewall, host, &members);
        tree.mount(&folder, files)
            .expect("hosts have different names");
    }
    let fill = |member: &Member, symbol: &Symbol| fill(&index, member, symbol);
    for (host, files) in system::trees(plan, &fill) {
        let folder = TreePath::new(&format!("{host}/system")).expect("a host's name is a path");
        tree.mount(&folder, files)
            .expect("no member has a folder called so");
    }
    let path = TreePath::new(system::INVENTORY).expect("a literal path");
    tree.insert(path, system::inventory(plan))
        .expect("no host has a dot in its name");
    let path = TreePath::new(CLIENTS).expect("a literal path");
    tree.insert(path, clients(plan, &index, &fill, &plan.floating))
        .expect("no host has a dot in its name");
    tree
}

fn host_tree(
    plan: &Plan,
    index: &Index<'_>,
    firewall: &Firewall<'_>,
    host: &HostName,
    members: &[(&Workload, &Member)],
) -> FileTree {
    let fill = |member: &Member, symbol: &Symbol| fill(index, member, symbol);
    let beside = |member: &Member| &member.host == host;
    let mut tree = FileTree::default();
    let (mut services, mut volumes) = (Vec::new(), Vec::new());
    let (mut readers, mut told) = (BTreeSet::new(), BTreeSet::new());
    for (workload, member) in members {
        let placed = Placed {
            plan,
            workload,
            member,
            fill: &fill,
            beside: &beside,
            delivery: Delivery::InPlace,
        };
        let network = map([("network_mode", "host")]);
        let files = placed.files();
        services.push((member.name.to_string(), placed.service(network, &files)));
        volumes.extend(placed.volume_names().map(|name| (name, Node::empty_map())));
        readers.insert(member.name.to_string());
        // Members of one workload see the same of the cluster.
        let connections = told.insert(&workload.name).then(|| placed.connections());
        for (path, file) in files
            .tree
            .into_iter()
            .chain(connections.into_iter().flatten())
        {
            // Members of one workload share the recipe of their image.
            if tree.get(&path).is_none() {
                tree.insert(path, file)
                    .expect("members have different names");
            }
        }
    }
    let body = map([
        ("name", Node::str(project(plan))),
        ("services", map(services)),
    ])
    .with_filled("volumes", map(volumes));
    let path = TreePath::new("docker-compose.yml").expect("a literal path");
    tree.insert(path, compose_file(plan, &body, readers))
        .expect("no member is called so");
    let path = TreePath::new("system/etc/nftables.conf").expect("a literal path");
    let rules = File {
        text: firewall.render(members),
        executable: false,
        impact: Impact {
            workloads: BTreeSet::from(["the host's packet filter".to_owned()]),
            cost: Cost::Reload("nft -f /etc/nftables.conf".to_owned()),
            ..Impact::default()
        },
    };
    tree.insert(path, rules).expect("no member is called so");
    tree
}

pub(super) fn fill(index: &Index<'_>, member: &Member, symbol: &Symbol) -> String {
    let port = |member: &Member, name: &str| {
        member
            .port(name)
            .expect("a checked plan names ports that exist")
            .to_string()
    };
    let beside = |workload: &Name| {
        index
            .beside(workload, &member.host)
            .expect("a checked plan refers to members beside that exist")
    };
    match symbol {
        Symbol::OwnName => member.name.to_string(),
        Symbol::OwnIndex => member.index.to_string(),
        Symbol::OwnHost => member.host.to_string(),
        Symbol::OwnAddress | Symbol::OwnIp | Symbol::OwnBind => member.address.to_string(),
        Symbol::OwnPort(name) => port(member, name),
        Symbol::FirstElse(first, others) => if member.index == 1 { first } else { others }.clone(),
        Symbol::Beside(workload, name) => {
            let beside = beside(workload);
            format!("{}:{}", beside.address, port(beside, name))
        }
        Symbol::BesideAddress(workload, _) => beside(workload).address.to_string(),
        Symbol::BesidePort(workload, name) => port(beside(workload), name),
        Symbol::EachBeside(workload, name) => index
            .each_beside(workload, &member.host)
            .iter()
            .map(|beside| format!("{}:{}", beside.address, port(beside, name)))
            .collect::<Vec<_>>()
            .join(" "),
        Symbol::Outside(other, name)
        | Symbol::Inside(other, name)
        | Symbol::Lasting(other, name) => {
            let (_, other) = index
                .member(other)
                .expect("a checked plan refers to members that exist");
            format!("{}:{}", other.address, port(other, name))
        }
        Symbol::Secret(_) => unreachable!("a checked plan has secrets in variables only"),
    }
}
