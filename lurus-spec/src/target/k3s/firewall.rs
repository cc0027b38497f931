//! The packet filter of a host that runs K3S.
//!
//! In: a plan, and what each host does in K3S. Out: `nftables.conf` of one host. What is for a pod, Services included, is
//! forwarded and not looked at here: network policies decide about it. What is for the host itself is let in where K3S, the
//! members that belong to the host, or operators need it.

use std::collections::BTreeSet;

use crate::literal::{Cidr, Ip, Port};
use crate::model::Host;
use crate::plan::{Member, Plan, Workload};
use crate::target::k3s::address::PODS;
use crate::target::k3s::bootstrap::{API_PORT, Nodes};
use crate::target::k3s::monitor;
use crate::target::packet_filter::{Accept, Callers, PacketFilter, Packets, Sources};

/// The API of Kubernetes, at which hosts join too.
pub(super) const API: Port = Port::constant(API_PORT);
/// What servers keep together, and its peers.
pub(super) const STORE: [Port; 2] = [Port::constant(2379), Port::constant(2380)];
/// The agent of Kubernetes on each host.
pub(super) const KUBELET: Port = Port::constant(10250);
/// The network of the pods between hosts, in datagrams.
const TUNNEL: Port = Port::constant(8472);

/// Interfaces over which pods reach their own host, and those of other hosts where no address is put in place of theirs.
const POD_INTERFACES: &[&str] = &["cni0", "flannel.1"];

/// The text of `nftables.conf` of a host.
pub(super) fn render(plan: &Plan, nodes: &Nodes<'_>, host: &Host) -> String {
    let others = |nodes: &mut dyn Iterator<Item = (&Host, Ip)>| -> BTreeSet<Ip> {
        let others = nodes.filter(|(other, _)| other.name != host.name);
        others.map(|(_, ip)| ip).collect()
    };
    let all = others(&mut nodes.all());
    let servers = others(&mut nodes.servers.iter().copied());
    let is_server = nodes.servers.iter().any(|(own, _)| own.name == host.name);
    let accept = |from: &Callers, what: Packets| Accept {
        over: &[],
        from: from.into(),
        to: None,
        what,
    };
    let from_pods = |to: Option<Ip>, port: Port| Accept {
        over: POD_INTERFACES,
        from: Sources::from(&Callers::From(BTreeSet::from([PODS]))),
        to,
        what: Packets::Tcp(BTreeSet::from([port])),
    };
    let hosts = Callers::hosts(all);
    let tcp = |ports: &[Port]| Packets::Tcp(ports.iter().copied().collect());
    let mut sections = Vec::new();
    let mut section = |subject: &str, accepted: Vec<Accept>| {
        // A filter takes no empty set.
        let nobody = Sources::from(&Callers::From(BTreeSet::new()));
        let accepted: Vec<Accept> = accepted
            .into_iter()
            .filter(|accept| accept.from != nobody)
            .collect();
        if !accepted.is_empty() {
            sections.push((subject.to_owned(), accepted));
        }
    };
    if is_server {
        let from = Callers::operators(&plan.operators).and(hosts.clone());
        section(
            "the API of Kubernetes",
            vec![accept(&from, tcp(&[API])), from_pods(None, API)],
        );
        section(
            "what the servers keep together",
            vec![accept(&Callers::hosts(servers), tcp(&STORE))],
        );
    }
    section(
        "the agent of Kubernetes",
        vec![accept(&hosts, tcp(&[KUBELET])), from_pods(None, KUBELET)],
    );
    section(
        "the network of the pods",
        vec![accept(&hosts, Packets::Udp(BTreeSet::from([TUNNEL])))],
    );
    for (workload, member) in of_host(plan, host) {
        let asked = plan
            .flows
            .iter()
            .filter(|flow| flow.to == workload.name)
            .map(|flow| &flow.port)
            .chain(monitor::ports(plan, workload))
            .filter_map(|port| member.port(port));
        let to = Some(member.address);
        // A pod of another host comes with the address of that host.
        let from = nodes.all().map(|(other, ip)| {
            let there = other.address_on(&member.network);
            Cidr::containing(there.map_or(ip, |address| address.ip), 32)
        });
        let from = Sources::from(&Callers::From(from.collect()));
        let ports: BTreeSet<Port> = asked.collect();
        let accepted = ports.iter().flat_map(|port| {
            let of_hosts = Accept {
                over: &[],
                from: from.clone(),
                to,
                what: tcp(&[*port]),
            };
            [of_hosts, from_pods(to, *port)]
        });
        section(workload.name.as_str(), accepted.collect());
    }
    PacketFilter {
        cluster: &plan.cluster,
        operators: &plan.operators,
        others: "K3S and its network of pods",
        sections,
    }
    .render()
}

/// Members that belong to a host.
fn of_host<'p>(plan: &'p Plan, host: &Host) -> impl Iterator<Item = (&'p Workload, &'p Member)> {
    plan.workloads.iter().flat_map(move |workload| {
        let members = workload.members.iter();
        let here = members.filter(move |member| member.of_host && member.host == host.name);
        here.map(move |member| (workload, member))
    })
}
