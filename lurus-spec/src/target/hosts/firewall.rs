//! The packet filter of a host, as far as the cluster is concerned.
//!
//! In: a plan. Out: `nftables.conf` of one host. Whoever needs a port by a flow, from the address that its
//! host has, may connect to it; operators and the outside may where the plan says so; nothing else may. The engine's own
//! tables are left alone: members are on the host's own network, so that nothing of theirs is forwarded.

use std::collections::{BTreeMap, BTreeSet};

use crate::literal::{HostName, Ip, Name, Port};
use crate::plan::{Member, Outside, Plan, PortName, Workload};
use crate::target::Target;
use crate::target::hosts::Hosts;
use crate::target::hosts::time_servers::{self, TimeServers};
use crate::target::packet_filter::{Accept, Callers, PacketFilter, Packets, Sources};

/// Who may connect to which port of which group.
#[derive(Debug)]
pub(super) struct Firewall<'a> {
    plan: &'a Plan,
    admitted: BTreeMap<(&'a Name, &'a PortName), Sources>,
    time_servers: TimeServers<'a>,
}

/// What is let in: to which address, over which transport, from where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Lane<'a> {
    to: Ip,
    datagrams: bool,
    from: &'a Sources,
}

impl<'a> Firewall<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        let workloads: BTreeMap<&Name, &Workload> = plan
            .workloads
            .iter()
            .map(|workload| (&workload.name, workload))
            .collect();
        let mut admitted: BTreeMap<(&Name, &PortName), Callers> = BTreeMap::new();
        let mut admit = |group, port, callers: Callers| {
            let known = admitted.remove(&(group, port));
            let all = match known {
                Some(known) => known.and(callers),
                None => callers,
            };
            admitted.insert((group, port), all);
        };
        // Who connects on the same host does so over the loopback interface.
        for flow in plan.flows.iter().filter(|flow| !flow.beside) {
            let (Some(from), Some(to)) = (workloads.get(&flow.from), workloads.get(&flow.to))
            else {
                continue;
            };
            let networks: BTreeSet<&Name> =
                to.members.iter().map(|member| &member.network).collect();
            let sources = from.members.iter().flat_map(|member| {
                let inventory = &plan.inventory;
                networks
                    .iter()
                    .map(move |network| Hosts.source(inventory, member, network))
            });
            admit(&flow.to, &flow.port, Callers::From(sources.collect()));
        }
        for workload in &plan.workloads {
            for port in &workload.published {
                let operators = plan.operators.iter().copied().collect();
                admit(&workload.name, port, Callers::From(operators));
            }
        }
        for opening in &plan.openings {
            let callers = match &opening.from {
                Outside::Anyone => Callers::Everyone,
                Outside::Network(network) => Callers::From(BTreeSet::from([*network])),
            };
            admit(&opening.group, &opening.port, callers);
        }
        admitted.retain(|_, callers| *callers != Callers::From(BTreeSet::new()));
        let admitted = admitted.iter();
        let admitted = admitted.map(|(whom, callers)| (*whom, Sources::from(callers)));
        Self {
            plan,
            admitted: admitted.collect(),
            time_servers: TimeServers::of(plan),
        }
    }

    /// The text of `nftables.conf` of the host that carries these members.
    pub(super) fn render(&self, members: &[(&'a Workload, &'a Member)]) -> String {
        let mut sections = Vec::new();
        let accept = |from: Sources, to: Option<Ip>, what: Packets| Accept {
            over: &[],
            from,
            to,
            what,
        };
        let here = members.first().map(|(_, member)| &member.host);
        let callers = here.map(|host| self.time_servers.callers(host));
        let callers = callers.unwrap_or_default();
        if !callers.is_empty() {
            let from = Sources::from(&Callers::hosts(callers));
            let time = Packets::Udp(BTreeSet::from([time_servers::TIME]));
            sections.push(("the time".to_owned(), vec![accept(from, None, time)]));
        }
        let on_host = |name: &HostName| members.iter().any(|(_, member)| &member.host == name);
        let services = self.plan.host_services.iter();
        for service in services.filter(|service| on_host(&service.member.host)) {
            let peers = Sources::from(&Callers::hosts(service.peers.iter().copied()));
            let spoken = Packets::Protocol(service.protocol);
            let to = Some(service.member.address);
            sections.push((
                service.component.to_string(),
                vec![accept(peers, to, spoken)],
            ));
        }
        for (group, lanes) in self.lanes(members) {
            let lanes = lanes.into_iter().map(|(lane, ports)| {
                let what = match lane.datagrams {
                    true => Packets::Udp(ports),
                    false => Packets::Tcp(ports),
                };
                accept(lane.from.clone(), Some(lane.to), what)
            });
            sections.push((group.to_string(), lanes.collect()));
        }
        PacketFilter {
            cluster: &self.plan.cluster,
            operators: &self.plan.operators,
            others: "the container engine",
            sections,
        }
        .render()
    }

    /// Ports that are open on a host, by the group that listens and by who may connect.
    fn lanes(
        &self,
        members: &[(&'a Workload, &'a Member)],
    ) -> BTreeMap<&'a Name, BTreeMap<Lane<'_>, BTreeSet<Port>>> {
        let mut lanes: BTreeMap<&Name, BTreeMap<Lane<'_>, BTreeSet<Port>>> = BTreeMap::new();
        for (workload, member) in members {
            let floating = self.plan.floating.iter();
            let floating = floating.filter(|floating| floating.group == workload.name);
            let addresses: Vec<Ip> = std::iter::once(member.address)
                .chain(floating.map(|floating| floating.ip))
                .collect();
            for port in &member.ports {
                let Some(from) = self.admitted.get(&(&workload.name, &port.name)) else {
                    continue;
                };
                let transports: &[bool] = if port.datagrams {
                    &[false, true]
                } else {
                    &[false]
                };
                for (to, datagrams) in addresses
                    .iter()
                    .flat_map(|to| transports.iter().map(move |datagrams| (to, datagrams)))
                {
                    let lane = Lane {
                        to: *to,
                        datagrams: *datagrams,
                        from,
                    };
                    let group = lanes.entry(&workload.name).or_default();
                    group.entry(lane).or_default().insert(port.port);
                }
            }
        }
        lanes
    }
}
