//! Networks, the addresses of hosts on them, and whether components listen where there is an address.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Check, Rule, View, listed, name_of};
use crate::literal::{Cidr, Ip, Name};
use crate::model::{Address, Host, HostRef, Network, NetworkRef};
use crate::report::{Code, Diagnostic, Origin, Report, nearest};

const ADDRESSES_CODE: Code = Code::new("L0103");
const ADDRESS_ONCE_CODE: Code = Code::new("L0104");
const OVERLAP_CODE: Code = Code::new("L0105");
const LISTENING_CODE: Code = Code::new("L0106");
const HANDLES_CODE: Code = Code::new("L0107");
const OPERATORS_CODE: Code = Code::new("L0108");

pub(super) const ADDRESSES: Rule = Rule {
    code: ADDRESSES_CODE.as_str(),
    ensures: "Ensure every address lies in its network, and is not the network's own, its broadcast's or its router's.",
    explain: r"A host with an address outside its network is reached by nobody: its neighbours send to their router instead of to it. The
first address of a network names the network and the last one reaches all of its hosts, so neither can be a host's. The
router's address on a host takes the way out from every other host; a container that is given it does not start
(`Address already in use`).

Write an address of the network that no router has. Where the network is right and its `cidr` or `gateway` is wrong,
mend that.",
    source: "RFC 950; RFC 3021 for networks of two addresses; Docker Engine refuses a container on the gateway's address",
    check: Check::Described(addresses),
};

pub(super) const ADDRESS_ONCE: Rule = Rule {
    code: ADDRESS_ONCE_CODE.as_str(),
    ensures: "Ensure no address is given twice, and no host has two addresses on one network.",
    explain: r"Of two machines with one address, whichever answered last is reached: connections break now and then, and each of the two
seems healthy. A second address on one network would be ignored, since a member listens on one address of a network.

Give each host one address of its own on each network.",
    source: "RFC 5227 (address conflicts)",
    check: Check::Described(address_once),
};

pub(super) const OVERLAP: Rule = Rule {
    code: OVERLAP_CODE.as_str(),
    ensures: "Ensure networks do not overlap each other, and warn of those that engines take for containers and pods.",
    explain: r"An address in two networks has two ways to it, and a host takes the one that it finds first.

An engine gives every container network without an address plan one of 172.17.0.0/16 to 172.31.0.0/16 or of
192.168.0.0/16, and K3s uses 10.42.0.0/16 for pods and 10.43.0.0/16 for services. A host that has such a bridge sends
packets for the same addresses on the wire into the bridge. That is a warning and no error, because a site may have
another plan for its engines (`default-address-pools`, `--cluster-cidr`).

Choose networks in the rest of 10.0.0.0/8, which is large enough for every site.",
    source: "moby, daemon/libnetwork/ipamutils; K3s, server options --cluster-cidr and --service-cidr",
    check: Check::Described(overlap),
};

pub(super) const LISTENING: Rule = Rule {
    code: LISTENING_CODE.as_str(),
    ensures: "Ensure every component has a network, and each of its hosts an address on it.",
    explain: r"A member listens on the address that its host has on the component's network, and on no other; peers and clients are told
that one. The network is the component's own (`.network(…)`) or the cluster's (`Cluster::network`).

Name a network, give the host an address on it in `spec/*.toml`, or place the component on hosts that have one.",
    source: "the meaning of a member in a plan: it listens on exactly one network of its host",
    check: Check::Described(listening),
};

pub(super) const HANDLES: Rule = Rule {
    code: HANDLES_CODE.as_str(),
    ensures: "Ensure hosts and networks are named that belong to the cluster's own inventory.",
    explain: r"Each site has its own hosts: `inventory::minimal::hosts::NODE_1` is a host of the site `minimal`. rustc knows that a handle
exists, but not that it is of the site that the cluster was made with. A handle of another site has no address here.

Take the handles from the module of the site that `Cluster::new` was given.",
    source: "the meaning of an inventory: one site",
    check: Check::Described(handles),
};

pub(super) const OPERATORS: Rule = Rule {
    code: OPERATORS_CODE.as_str(),
    ensures: "Ensure operators come from networks that packets come from, so that a firewall does not lock them out.",
    explain: r"Where `.operators(…)` names networks, the firewall of every host lets SSH in from these and from no other. From 127.0.0.0/8,
0.0.0.0/8, 169.254.0.0/16 and the addresses from 224.0.0.0 on no packet of another machine comes: whoever loads such a
firewall cannot log in again.

Name the network in which operators or their jump host really are. Leave it out, and SSH stays open to everyone.",
    source: "RFC 6890 (special-purpose addresses), RFC 5771 (multicast)",
    check: Check::Described(operators),
};

/// Addresses from which no packet of another machine comes (RFC 6890, RFC 5771).
const NOWHERE: [Cidr; 4] = [
    Cidr::containing(Ip::new(0, 0, 0, 0), 8),
    Cidr::containing(Ip::new(127, 0, 0, 0), 8),
    Cidr::containing(Ip::new(169, 254, 0, 0), 16),
    Cidr::containing(Ip::new(224, 0, 0, 0), 3),
];

fn operators(view: &View<'_>, report: &mut Report) {
    for network in &view.cluster.operators {
        let inside = |nowhere: &&Cidr| {
            nowhere.prefix() <= network.value.prefix() && nowhere.overlaps(&network.value)
        };
        if let Some(nowhere) = NOWHERE.iter().find(inside) {
            let network_is = network.value;
            report.push(
                Diagnostic::error(
                    OPERATORS_CODE,
                    format!("no operator can come from {network_is}"),
                )
                .primary(
                    network.origin.clone(),
                    format!("no packet of another machine comes from {nowhere}"),
                )
                .note("the firewall would let SSH in from there, and nobody could log in")
                .help("name the network in which operators or their jump host are, such as `cidr!(\"10.9.0.0/24\")`"),
            );
        }
    }
}

/// What an engine gives to container networks that have no plan (moby, `daemon/libnetwork/ipamutils`).
const ENGINE_POOLS: [Cidr; 6] = [
    Cidr::containing(Ip::new(172, 17, 0, 0), 16),
    Cidr::containing(Ip::new(172, 18, 0, 0), 15),
    Cidr::containing(Ip::new(172, 20, 0, 0), 14),
    Cidr::containing(Ip::new(172, 24, 0, 0), 14),
    Cidr::containing(Ip::new(172, 28, 0, 0), 14),
    Cidr::containing(Ip::new(192, 168, 0, 0), 16),
];
/// K3s' pods and services (its options `--cluster-cidr` and `--service-cidr`).
const POD_POOLS: [Cidr; 2] = [
    Cidr::containing(Ip::new(10, 42, 0, 0), 16),
    Cidr::containing(Ip::new(10, 43, 0, 0), 16),
];

fn addresses(view: &View<'_>, report: &mut Report) {
    let inventory = &view.cluster.inventory;
    for network in inventory.networks() {
        if let Some(why) = misplaced(network, network.gateway) {
            report.push(
                Diagnostic::error(
                    ADDRESSES_CODE,
                    format!("the gateway {} {why}", network.gateway),
                )
                .primary(network.gateway_origin.clone(), format!("the gateway {why}"))
                .secondary(
                    network.cidr_origin.clone(),
                    format!("its addresses are {}", network.cidr),
                )
                .help(format!("write the address of a router in {}", network.cidr)),
            );
        }
    }
    let networks: BTreeMap<&Name, &Network> = inventory
        .networks()
        .iter()
        .map(|network| (&network.name, network))
        .collect();
    for host in inventory.hosts() {
        for address in &host.addresses {
            report.extend(address_of(host, address, &networks));
        }
    }
}

fn address_of(
    host: &Host,
    address: &Address,
    networks: &BTreeMap<&Name, &Network>,
) -> Option<Diagnostic> {
    let (name, ip) = (&host.name, address.ip);
    let Some(network) = networks.get(&address.network) else {
        let finding = Diagnostic::error(
            ADDRESSES_CODE,
            format!(
                "{ip} of {name} is on {}, which is no network",
                address.network
            ),
        )
        .primary(address.origin.clone(), "on a network that is not declared");
        let known = networks.keys().map(|known| known.as_str());
        return Some(match nearest(address.network.as_str(), known) {
            Some(meant) => finding.help(format!(
                "write `{meant}`, or declare the network `{}`",
                address.network
            )),
            None => finding.help(format!("declare the network `{}`", address.network)),
        });
    };
    let finding = |why: String| {
        Diagnostic::error(ADDRESSES_CODE, format!("{ip} of {name} {why}"))
            .primary(address.origin.clone(), why)
            .help(format!(
                "write an address of {} that nothing else has",
                network.cidr
            ))
    };
    if let Some(why) = misplaced(network, ip) {
        return Some(finding(why).secondary(
            network.cidr_origin.clone(),
            format!("its addresses are {}", network.cidr),
        ));
    }
    (ip == network.gateway).then(|| {
        finding(format!("is the gateway of network {}", network.name))
            .secondary(network.gateway_origin.clone(), "the address of the router")
    })
}

/// Why an address can belong to nothing on this network.
fn misplaced(network: &Network, ip: Ip) -> Option<String> {
    let Network { name, cidr, .. } = network;
    // A network of one or two addresses has neither a name nor a broadcast address of its own (RFC 3021).
    let is_small = cidr.prefix() >= 31;
    if !cidr.contains(ip) {
        Some(format!("is outside network {name}"))
    } else if !is_small && ip == cidr.network() {
        Some(format!(
            "is the first address of network {name}, which names it"
        ))
    } else if !is_small && ip == cidr.broadcast() {
        Some(format!(
            "is the last address of network {name}, which reaches all of its hosts"
        ))
    } else {
        None
    }
}

fn address_once(view: &View<'_>, report: &mut Report) {
    let mut owners: BTreeMap<Ip, Vec<(&Host, &Address)>> = BTreeMap::new();
    for host in view.cluster.inventory.hosts() {
        let mut on: BTreeMap<&Name, &Address> = BTreeMap::new();
        for address in &host.addresses {
            owners.entry(address.ip).or_default().push((host, address));
            let Some(first) = on
                .insert(&address.network, address)
                .filter(|first| first.ip != address.ip)
            else {
                continue;
            };
            report.push(
                Diagnostic::error(
                    ADDRESS_ONCE_CODE,
                    format!(
                        "{} has two addresses on network {}",
                        host.name, address.network
                    ),
                )
                .primary(first.origin.clone(), "the first")
                .primary(
                    address.origin.clone(),
                    "the second, which nothing would use",
                )
                .help("leave one of them out"),
            );
        }
    }
    for (ip, owners) in owners.iter().filter(|(_, owners)| owners.len() > 1) {
        let hosts = owners.iter().map(|(host, _)| &host.name);
        let mut finding = Diagnostic::error(
            ADDRESS_ONCE_CODE,
            format!("address {ip} is given to {}", listed(hosts)),
        );
        for (host, address) in owners {
            finding = finding.primary(
                address.origin.clone(),
                format!("{} on network {}", host.name, address.network),
            );
        }
        report.push(finding.help("give each host an address of its own"));
    }
}

fn overlap(view: &View<'_>, report: &mut Report) {
    let networks = view.cluster.inventory.networks();
    for (index, first) in networks.iter().enumerate() {
        for second in networks[index + 1..]
            .iter()
            .filter(|second| first.cidr.overlaps(&second.cidr))
        {
            report.push(
                Diagnostic::error(
                    OVERLAP_CODE,
                    format!("networks {} and {} overlap", first.name, second.name),
                )
                .primary(
                    first.cidr_origin.clone(),
                    format!("{} is {}", first.name, first.cidr),
                )
                .primary(
                    second.cidr_origin.clone(),
                    format!("{} is {}", second.name, second.cidr),
                )
                .help("give each network addresses of its own"),
            );
        }
        let engine = ENGINE_POOLS
            .iter()
            .map(|pool| (pool, "that Docker gives to networks without a plan"));
        let pods = POD_POOLS
            .iter()
            .map(|pool| (pool, "that K3s gives to pods and services"));
        if let Some((pool, whose)) = engine
            .chain(pods)
            .find(|(pool, _)| first.cidr.overlaps(pool))
        {
            report.push(
                Diagnostic::warning(OVERLAP_CODE, format!("network {} has addresses {whose}", first.name))
                    .primary(first.cidr_origin.clone(), format!("overlaps {pool}"))
                    .note("a host with such a bridge sends packets for these addresses into the bridge, not on the wire")
                    .help("choose another part of 10.0.0.0/8, or give the engines another plan"),
            );
        }
    }
}

fn listening(view: &View<'_>, report: &mut Report) {
    let mut without: BTreeMap<&Name, &Origin> = BTreeMap::new();
    let mut missing: BTreeMap<(&Name, NetworkRef), (&Origin, BTreeSet<HostRef>)> = BTreeMap::new();
    for (component, _, member) in view.members() {
        let name = &component.meta().name;
        let Some(network) = member.network else {
            without.insert(&name.value, &name.origin);
            continue;
        };
        let inventory = view.site.inventory;
        // A handle of another site is reported by its own rule.
        if let (Some(host), Some(network_found)) =
            (inventory.host(member.host), inventory.network(network))
            && host.address_on(&network_found.name).is_none()
        {
            let (_, hosts) = missing
                .entry((&name.value, network))
                .or_insert_with(|| (&member.origin, BTreeSet::new()));
            hosts.insert(member.host);
        }
    }
    if !without.is_empty() {
        let mut finding = Diagnostic::error(
            LISTENING_CODE,
            format!("no network is named for {}", listed(without.keys())),
        )
        .primary(
            view.cluster.name.origin.clone(),
            "the cluster names no network",
        );
        for (name, origin) in without.iter().take(3) {
            finding = finding.secondary((*origin).clone(), format!("neither does {name}"));
        }
        report.push(
            finding.help(
                "say `.network(networks::…)` on the cluster, for all components that name none",
            ),
        );
    }
    for ((component, network), (origin, hosts)) in missing {
        let mut finding = Diagnostic::error(
            LISTENING_CODE,
            format!(
                "{component} has no address on network {network} to listen on, at {}",
                listed(&hosts)
            ),
        )
        .primary(origin.clone(), format!("{component} is placed here"));
        for host in hosts
            .iter()
            .take(3)
            .filter_map(|host| view.site.host(*host))
        {
            finding = finding.secondary(host.origin.clone(), format!("no address on {network}"));
        }
        report.push(finding.help(format!(
            "give the host an address on {network}, or name another network with `.network(…)`"
        )));
    }
}

fn handles(view: &View<'_>, report: &mut Report) {
    let inventory = view.site.inventory;
    let mut foreign_network = |network: NetworkRef, origin: &Origin| {
        if inventory.network(network).is_none() {
            let known = inventory
                .networks()
                .iter()
                .map(|network| network.name.as_str());
            report.push(foreign("network", network.name(), origin, view, known));
        }
    };
    if let Some(network) = &view.cluster.network {
        foreign_network(network.value, &network.origin);
    }
    for network in &view.cluster.trusted {
        foreign_network(network.value, &network.origin);
    }
    for (component, _) in &view.declared {
        if let Some(network) = &component.meta().network {
            foreign_network(network.value, &network.origin);
        }
    }
    let mut hosts: BTreeSet<(&Name, HostRef, &Origin)> = BTreeSet::new();
    for (component, _) in &view.declared {
        if let Some(on) = &component.meta().on {
            hosts.extend(
                on.value
                    .iter()
                    .map(|host| (name_of(*component), *host, &on.origin)),
            );
        }
    }
    hosts.extend(
        view.members()
            .map(|(component, _, member)| (name_of(component), member.host, &member.origin)),
    );
    for (_, host, origin) in hosts {
        if inventory.host(host).is_none() {
            let known = inventory.hosts().iter().map(|host| host.name.as_str());
            report.push(foreign("host", host.name(), origin, view, known));
        }
    }
}

fn foreign<'n>(
    what: &str,
    name: &str,
    origin: &Origin,
    view: &View<'_>,
    known: impl Iterator<Item = &'n str>,
) -> Diagnostic {
    let finding = Diagnostic::error(
        HANDLES_CODE,
        format!("{name} is no {what} of cluster {}", view.site.cluster),
    )
    .primary(origin.clone(), format!("names {what} {name}"))
    .secondary(
        view.cluster.name.origin.clone(),
        format!("the cluster's inventory has no {what} of this name"),
    );
    match nearest(name, known) {
        Some(meant) => finding.help(format!("write the handle of {meant}")),
        None => finding.help(format!(
            "take the handle of a {what} of the site that `Cluster::new` was given"
        )),
    }
}
