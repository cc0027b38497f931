//! The packet filter of a host, as far as the cluster is concerned.
//!
//! In: a plan. Out: `nftables.conf` of one host, with one table. Whoever needs a port by a flow, from the address that its
//! host has, may connect to it; operators and the outside may where the plan says so; nothing else may. The engine's own
//! tables are left alone: members are on the host's own network, so that nothing of theirs is forwarded.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::file_tree::header;
use crate::literal::{Cidr, HostName, Ip, Name, Port};
use crate::plan::{Member, Outside, Plan, PortName, Workload};
use crate::target::Target;
use crate::target::hosts::{Hosts, baseline};

/// Who may connect to a port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Callers {
    Everyone,
    /// These addresses.
    From(BTreeSet<Cidr>),
}

/// Who may connect to which port of which group.
#[derive(Debug)]
pub(super) struct Firewall<'a> {
    plan: &'a Plan,
    admitted: BTreeMap<(&'a Name, &'a PortName), Callers>,
}

/// What is let in: to which address, over which transport, from where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Lane<'a> {
    to: Ip,
    datagrams: bool,
    from: &'a Callers,
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
            let known = admitted
                .entry((group, port))
                .or_insert_with(|| Callers::From(BTreeSet::new()));
            match (known, callers) {
                (Callers::From(known), Callers::From(more)) => known.extend(more),
                (known, Callers::Everyone) => *known = Callers::Everyone,
                (Callers::Everyone, Callers::From(_)) => {}
            }
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
        Self { plan, admitted }
    }

    /// The text of `nftables.conf` of the host that carries these members.
    pub(super) fn render(&self, members: &[(&'a Workload, &'a Member)]) -> String {
        let cluster = &self.plan.cluster;
        let table = format!("lurus-{cluster}");
        let operators = match &self.plan.operators[..] {
            [] => Callers::Everyone,
            networks => Callers::From(networks.iter().copied().collect()),
        };
        let mut out = format!(
            "#!/usr/sbin/nft -f\n\
             # {}\n\
             # Replaces this table and no other: those of the container engine stay. Try it with `nft -c -f` first.\n\
             table inet {table}\n\
             delete table inet {table}\n\
             table inet {table} {{\n\
             \x20   chain input {{\n\
             \x20       type filter hook input priority filter; policy drop;\n\
             \x20       ct state established,related accept\n\
             \x20       ct state invalid drop\n\
             \x20       iif lo accept\n\
             \x20       meta l4proto {{ icmp, ipv6-icmp }} accept\n\
             \x20       {}tcp dport 22 accept\n",
            header(cluster),
            sources(&operators),
        );
        let here = members.first().map(|(_, member)| &member.host);
        let neighbours = here.map(|host| baseline::neighbours(self.plan, host));
        let neighbours = neighbours.unwrap_or_default();
        if !neighbours.is_empty() {
            let neighbours = neighbours.into_iter().map(|ip| Cidr::containing(ip, 32));
            let from = sources(&Callers::From(neighbours.collect()));
            let _ = writeln!(
                out,
                "\n        # the time\n        {from}udp dport {} accept",
                baseline::TIME
            );
        }
        let on_host = |name: &HostName| members.iter().any(|(_, member)| &member.host == name);
        let services = self.plan.host_services.iter();
        for service in services.filter(|service| on_host(&service.member.host)) {
            let peers = service.peers.iter();
            let peers = Callers::From(peers.map(|peer| Cidr::containing(*peer, 32)).collect());
            let _ = writeln!(
                out,
                "\n        # {}\n        {}ip daddr {} ip protocol {} accept",
                service.component,
                sources(&peers),
                service.member.address,
                service.protocol,
            );
        }
        for (group, lanes) in self.lanes(members) {
            let _ = writeln!(out, "\n        # {group}");
            for (lane, ports) in lanes {
                let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
                let _ = writeln!(
                    out,
                    "        {}ip daddr {} {} dport {{ {} }} accept",
                    sources(lane.from),
                    lane.to,
                    if lane.datagrams { "udp" } else { "tcp" },
                    ports.join(", ")
                );
            }
        }
        out += "    }\n}\n";
        out
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

/// More addresses than these are written as networks.
const SHOWN: usize = 16;

/// `ip saddr { … } `, or nothing for everyone.
fn sources(from: &Callers) -> String {
    let Callers::From(networks) = from else {
        return String::new();
    };
    let networks = match networks.len() {
        0..=SHOWN => networks.iter().copied().collect(),
        _ => Cidr::aggregated(networks.iter().copied()),
    };
    let addresses: Vec<String> = networks
        .iter()
        .map(|network| match network.prefix() {
            32 => network.network().to_string(),
            _ => network.to_string(),
        })
        .collect();
    format!("ip saddr {{ {} }} ", addresses.join(", "))
}
