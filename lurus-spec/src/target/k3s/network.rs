//! Who may connect to whom, as network policies.
//!
//! In: the flows, openings and departures of a plan. Out: one policy that allows nothing, and one for each group that
//! allows what the plan says: the same as a host's packet filter. Probes come from the host of a pod, which the network
//! of K3S always lets in.

use std::collections::{BTreeMap, BTreeSet};

use crate::literal::{Cidr, Name, Port};
use crate::plan::{Edge, Plan, PortName, Workload};
use crate::target::k3s::edge;
use crate::target::k3s::election;
use crate::target::k3s::group::{object, of_group, selected};
use crate::target::k3s::monitor;
use crate::target::k3s::pod::datagrams;
use crate::yaml::{Node, map, seq};

/// What holds for all pods: nobody connects, and everybody asks the name service.
pub(super) fn of_all(plan: &Plan) -> Vec<Node> {
    let everyone = Node::empty_map();
    let nothing =
        map([("podSelector", everyone.clone())]).with("policyTypes", seq(["Ingress", "Egress"]));
    let labels = |key: &'static str, value: &str| map([("matchLabels", map([(key, value)]))]);
    let name_service = map([
        (
            "namespaceSelector",
            labels("kubernetes.io/metadata.name", "kube-system"),
        ),
        ("podSelector", labels("k8s-app", "kube-dns")),
    ]);
    let ports = ["UDP", "TCP"]
        .map(|protocol| map([("protocol", Node::str(protocol)), ("port", Node::Int(53))]));
    let names = map([("podSelector", everyone)])
        .with("policyTypes", seq(["Egress"]))
        .with(
            "egress",
            seq([map([("to", seq([name_service])), ("ports", seq(ports))])]),
        );
    vec![
        policy_of(plan, "nothing-is-allowed", nothing),
        policy_of(plan, "all-ask-for-names", names),
    ]
}

fn policy_of(plan: &Plan, name: &str, spec: Node) -> Node {
    object("networking.k8s.io/v1", "NetworkPolicy", plan, name).with("spec", spec)
}

/// The policy of one group. None for what is on its host's own network: no policy reaches there, and the packet filter of
/// the host says who may connect.
pub(super) fn policy(plan: &Plan, workload: &Workload) -> Option<Node> {
    if workload.is_of_hosts() {
        return None;
    }
    let own = &workload.name;
    let mut arriving: BTreeMap<BTreeSet<&PortName>, Vec<&Name>> = BTreeMap::new();
    for (from, ports) in grouped(
        plan.flows
            .iter()
            .filter_map(|flow| (&flow.to == own).then_some((&flow.from, &flow.port))),
    ) {
        arriving.entry(ports).or_default().push(from);
    }
    let peers = |groups: Vec<&Name>| {
        seq(groups
            .into_iter()
            .map(|group| map([("podSelector", map([("matchLabels", selected(plan, group))]))])))
    };
    let mut ingress: Vec<Node> = arriving
        .into_iter()
        .map(|(ports, from)| map([("from", peers(from)), ("ports", named(workload, &ports))]))
        .collect();
    // Who may connect from outside, the Service of type LoadBalancer says: here everyone may seem to be a pod of K3S.
    let open: BTreeSet<&PortName> = plan
        .openings
        .iter()
        .filter(|opening| &opening.group == own)
        .map(|opening| &opening.port)
        .collect();
    if !open.is_empty() {
        ingress.push(map([("ports", named(workload, &open))]));
    }
    if let Some(space) = &plan.collectors {
        let ports: BTreeSet<&PortName> = monitor::ports(plan, workload).collect();
        let labels = map([("kubernetes.io/metadata.name", space.as_str())]);
        let from = map([("namespaceSelector", map([("matchLabels", labels)]))]);
        if !ports.is_empty() {
            ingress.push(map([
                ("from", seq([from])),
                ("ports", named(workload, &ports)),
            ]));
        }
    }
    let routed: BTreeSet<&PortName> = plan
        .edges
        .iter()
        .flat_map(Edge::groups)
        .filter_map(|(group, port)| (group == own).then_some(port))
        .collect();
    if !routed.is_empty() {
        ingress.push(map([
            ("from", seq([edge::caller()])),
            ("ports", named(workload, &routed)),
        ]));
    }
    let leaving = grouped(
        plan.flows
            .iter()
            .filter_map(|flow| (&flow.from == own).then_some((&flow.to, &flow.port))),
    );
    let mut egress: Vec<Node> = leaving
        .into_iter()
        .filter_map(|(to, ports)| {
            let listens = plan.workload(to)?;
            Some(if listens.is_of_hosts() {
                map([("to", hosts(listens)), ("ports", numbered(listens, &ports))])
            } else {
                map([("to", peers(vec![to])), ("ports", named(listens, &ports))])
            })
        })
        .collect();
    egress.extend(
        workload
            .election
            .as_ref()
            .and_then(|_| election::to_the_api(plan)),
    );
    // A policy knows addresses, not names: whoever is asked there, it is over this port.
    let ports: BTreeSet<Port> = plan
        .departures
        .iter()
        .filter(|departure| &departure.from == own)
        .map(|departure| departure.to.port)
        .collect();
    if !ports.is_empty() {
        let ports = ports
            .into_iter()
            .map(|port| map([("port", Node::Int(i64::from(port.get())))]));
        egress.push(map([("ports", seq(ports))]));
    }
    let spec = map([("podSelector", map([("matchLabels", selected(plan, own))]))])
        .with("policyTypes", seq(["Ingress", "Egress"]))
        .with_filled("ingress", seq(ingress))
        .with_filled("egress", seq(egress));
    let policy = of_group(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        plan,
        workload,
        own.as_str(),
    );
    Some(policy.with("spec", spec))
}

/// The hosts to which members belong, by their addresses.
fn hosts(workload: &Workload) -> Node {
    let members = workload.members.iter();
    seq(members.map(|member| {
        let host = Cidr::containing(member.address, 32).to_string();
        map([("ipBlock", map([("cidr", host)]))])
    }))
}

/// Ports by their numbers: only a pod that a selector finds has names for them.
fn numbered(workload: &Workload, names: &BTreeSet<&PortName>) -> Node {
    let first = workload.members.first().into_iter();
    let ports = first
        .flat_map(|member| &member.ports)
        .filter(|port| names.contains(&port.name))
        .flat_map(|port| {
            let number = Node::Int(i64::from(port.port.get()));
            let tcp = map([("port", number.clone())]);
            let udp = port
                .datagrams
                .then(|| map([("protocol", Node::str("UDP")), ("port", number)]));
            [tcp].into_iter().chain(udp)
        });
    seq(ports)
}

fn grouped<'p>(
    flows: impl Iterator<Item = (&'p Name, &'p PortName)>,
) -> BTreeMap<&'p Name, BTreeSet<&'p PortName>> {
    let mut groups: BTreeMap<&Name, BTreeSet<&PortName>> = BTreeMap::new();
    for (group, port) in flows {
        groups.entry(group).or_default().insert(port);
    }
    groups
}

/// Ports by their names in the pods of a workload.
fn named(workload: &Workload, names: &BTreeSet<&PortName>) -> Node {
    let first = workload.members.first().into_iter();
    let ports = first
        .flat_map(|member| &member.ports)
        .filter(|port| names.contains(&port.name))
        .flat_map(|port| {
            let tcp = map([("port", Node::str(port.name.as_ref()))]);
            let udp = port.datagrams.then(|| {
                map([
                    ("protocol", Node::str("UDP")),
                    ("port", Node::str(datagrams(&port.name))),
                ])
            });
            [tcp].into_iter().chain(udp)
        });
    seq(ports)
}
