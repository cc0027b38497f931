//! Compose files for one engine.

use std::collections::{BTreeMap, BTreeSet};

use crate::file_tree::{File, FileTree, Impact, TreePath, header};
use crate::literal::Name;
use crate::plan::{Index, Member, Plan, Symbol, Workload};
use crate::target::clients::{CLIENTS, clients};
use crate::target::compose::{Delivery, Placed, compose_file, project};
use crate::target::local::WHOLE;
use crate::target::local::address::{Addresses, addresses, dynamic_range};
use crate::yaml::{Node, document, map, seq};

pub(super) fn render(plan: &Plan) -> FileTree {
    let engine = Engine::of(plan);
    let mut tree = FileTree::default();
    let mut stacks: BTreeMap<&Name, Vec<&Workload>> = BTreeMap::new();
    for workload in &plan.workloads {
        stacks.entry(&workload.stack).or_default().push(workload);
    }
    for (stack, workloads) in &stacks {
        engine.stack(&mut tree, stack, workloads);
    }
    let include = stacks.keys().map(|stack| file_name(stack.as_str()));
    let whole = map([
        ("name", Node::str(project(plan))),
        ("include", seq(include)),
    ]);
    put(
        &mut tree,
        &file_name(WHOLE),
        File {
            text: document(&header(&plan.cluster), &whole),
            executable: false,
            impact: Impact::default(),
        },
    );
    let fill = |member: &Member, symbol: &Symbol| engine.fill(member, symbol);
    let contract = clients(plan, &engine.index, &fill, &[]);
    put(&mut tree, CLIENTS, contract);
    tree
}

/// A plan with what is computed of all of it.
pub(super) struct Engine<'a> {
    plan: &'a Plan,
    index: Index<'a>,
    addresses: Addresses,
}

impl<'a> Engine<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        Self {
            plan,
            index: Index::of(plan),
            addresses: addresses(plan),
        }
    }

    fn stack(&self, tree: &mut FileTree, stack: &Name, workloads: &[&Workload]) {
        let fill = |member: &Member, symbol: &Symbol| self.fill(member, symbol);
        let beside = |member: &Member| {
            self.index
                .member(&member.name)
                .is_some_and(|(workload, _)| &workload.stack == stack)
        };
        let (mut services, mut volumes) = (Vec::new(), Vec::new());
        let (mut networks, mut readers) = (BTreeSet::new(), BTreeSet::new());
        let mut told = BTreeSet::new();
        for workload in workloads {
            let joined = self.networks(workload);
            networks.extend(joined.iter().cloned());
            for member in &workload.members {
                let placed = Placed {
                    plan: self.plan,
                    workload,
                    member,
                    fill: &fill,
                    beside: &beside,
                    delivery: Delivery::Replaced,
                };
                let files = placed.files();
                services.push((
                    member.name.to_string(),
                    placed.service(self.connection(workload, member, &joined), &files),
                ));
                volumes.extend(placed.volume_names().map(|name| (name, Node::empty_map())));
                readers.insert(member.name.to_string());
                // What the first member sees stands for all.
                let connections = told.insert(&workload.name).then(|| placed.connections());
                for (path, file) in files
                    .tree
                    .into_iter()
                    .chain(connections.into_iter().flatten())
                {
                    // Members of one workload share the recipe of their image.
                    if tree.get(&path).is_none() {
                        put(tree, path.as_str(), file);
                    }
                }
            }
        }
        let body = map([
            ("name", Node::str(project(self.plan))),
            ("services", map(services)),
        ])
        .with_filled(
            "networks",
            map(networks
                .iter()
                .map(|name| (name.to_string(), self.network(name)))),
        )
        .with_filled("volumes", map(volumes));
        put(
            tree,
            &file_name(stack.as_str()),
            compose_file(self.plan, &body, readers),
        );
    }

    /// A member is on the network on which it listens and on those of everything that it connects to.
    fn networks(&self, workload: &Workload) -> BTreeSet<Name> {
        let own = workload.members.iter().map(|member| member.network.clone());
        let reached = self
            .plan
            .flows
            .iter()
            .filter(|flow| flow.from == workload.name)
            .filter_map(|flow| self.plan.workload(&flow.to))
            .flat_map(|to| to.members.iter().map(|member| member.network.clone()));
        own.chain(reached).collect()
    }

    fn connection(&self, workload: &Workload, member: &Member, joined: &BTreeSet<Name>) -> Node {
        let networks = joined.iter().map(|network| {
            let fixed = self
                .addresses
                .fixed
                .get(&member.name)
                .filter(|_| network == &member.network);
            let entry = Node::empty_map().with_some("ipv4_address", fixed.map(ToString::to_string));
            (network.to_string(), entry)
        });
        let ports = member
            .ports
            .iter()
            .filter(|port| workload.published.contains(&port.name))
            .filter_map(|port| {
                let outside = self
                    .addresses
                    .published
                    .get(&(member.name.clone(), port.name.clone()))?;
                Some(format!("127.0.0.1:{outside}:{}", port.port))
            });
        let sysctls = workload
            .kernel
            .iter()
            .map(|setting| (setting.key, Node::str(setting.value.as_str())));
        Node::empty_map()
            .with("hostname", member.name.to_string())
            .with("networks", map(networks))
            .with_filled("ports", seq(ports))
            .with_filled("sysctls", map(sysctls))
    }

    fn network(&self, name: &Name) -> Node {
        let Some(network) = self.plan.inventory.network_named(name) else {
            return Node::empty_map();
        };
        let pool = map([
            ("subnet", network.cidr.to_string()),
            ("gateway", network.gateway.to_string()),
        ])
        .with_some(
            "ip_range",
            dynamic_range(&network.cidr).map(|range| range.to_string()),
        );
        map([("ipam", map([("config", seq([pool]))]))])
    }

    /// Fills one symbol of one member.
    pub(super) fn fill(&self, member: &Member, symbol: &Symbol) -> String {
        let port = |member: &Member, name: &str| {
            member
                .port(name)
                .expect("a checked plan names ports that exist")
                .to_string()
        };
        let beside = |workload: &Name| {
            self.index
                .beside(workload, &member.host)
                .expect("a checked plan refers to members beside that exist")
        };
        match symbol {
            Symbol::OwnName | Symbol::OwnAddress => member.name.to_string(),
            Symbol::OwnIndex => member.index.to_string(),
            Symbol::OwnHost => member.host.to_string(),
            Symbol::OwnIp => self
                .addresses
                .fixed
                .get(&member.name)
                .expect("a workload that names its own IP asks for a stable address")
                .to_string(),
            Symbol::OwnBind => "0.0.0.0".to_owned(),
            Symbol::OwnPort(name) => port(member, name),
            Symbol::FirstElse(first, others) => {
                if member.index == 1 { first } else { others }.clone()
            }
            Symbol::Beside(workload, name) => {
                let beside = beside(workload);
                format!("{}:{}", beside.name, port(beside, name))
            }
            Symbol::BesideAddress(workload, _) => beside(workload).name.to_string(),
            Symbol::BesidePort(workload, name) => port(beside(workload), name),
            Symbol::Outside(other, name) => {
                let (_, other) = self
                    .index
                    .member(other)
                    .expect("a checked plan refers to members that exist");
                match (
                    self.addresses.fixed.get(&other.name),
                    self.addresses
                        .published
                        .get(&(other.name.clone(), name.clone())),
                ) {
                    // A member with an address of its own tells its clients that one, so they must know it by no other.
                    (Some(ip), _) => format!("{ip}:{}", port(other, name)),
                    (None, Some(published)) => format!("127.0.0.1:{published}"),
                    (None, None) => format!("{}:{}", other.name, port(other, name)),
                }
            }
            Symbol::Inside(other, name) => {
                let (_, other) = self
                    .index
                    .member(other)
                    .expect("a checked plan refers to members that exist");
                format!("{}:{}", other.name, port(other, name))
            }
            Symbol::Lasting(other, name) => {
                let (_, other) = self
                    .index
                    .member(other)
                    .expect("a checked plan refers to members that exist");
                let fixed = self.addresses.fixed.get(&other.name);
                let ip = fixed.expect("a checked plan writes down addresses that are stable");
                format!("{ip}:{}", port(other, name))
            }
            Symbol::EachBeside(workload, name) => self
                .index
                .each_beside(workload, &member.host)
                .iter()
                .map(|beside| format!("{}:{}", beside.name, port(beside, name)))
                .collect::<Vec<_>>()
                .join(" "),
            Symbol::Secret(_) => unreachable!("a checked plan has secrets in variables only"),
        }
    }
}

/// The compose file of a stack.
pub(super) fn file_name(stack: &str) -> String {
    format!("docker-compose.{stack}.yml")
}

fn put(tree: &mut FileTree, path: &str, file: File) {
    TreePath::new(path)
        .and_then(|path| tree.insert(path, file))
        .expect("paths are made of checked names, and stacks have different ones");
}
