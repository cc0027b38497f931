//! Rules of addresses that move between hosts.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Check, Rule, View, listed};
use crate::component::nginx::Nginx;
use crate::component::vip::Vip;
use crate::component::vip::lower::MOST_HOSTS;
use crate::literal::Ip;
use crate::model::{HostRef, Network, Settings as _};
use crate::report::{Code, Diagnostic, Origin, Report};

const ADDRESS_CODE: Code = Code::new("L1240");
const ROUTER_CODE: Code = Code::new("L1241");
const EDGE_CODE: Code = Code::new("L1242");
const INTERFACE_CODE: Code = Code::new("L1243");
const KEEPER_CODE: Code = Code::new("L1248");

/// The rules of this product, by code.
pub const RULES: &[Rule] = &[
    Rule {
        code: ADDRESS_CODE.as_str(),
        ensures: "Ensure an address that moves lies in its network, and belongs to nothing else.",
        explain: r#"Whoever takes the address over tells its network so; a neighbour asks for it only when it takes the address for one of that
network. An address outside of it is reached by nobody. On a host's own address, or the router's, two machines answer: users
reach the one that answered last.

Choose an address of the network (`Cluster::network`, or `.network(…)` of the address) that nothing has. Where a provider's
balancer has it, say `.external()`."#,
        source: "RFC 5798, section 8.1; RFC 5227",
        check: Check::Described(addresses),
    },
    Rule {
        code: ROUTER_CODE.as_str(),
        ensures: "Ensure a host has one router, routers of one network have different numbers from 1 to 255, and there are not more hosts than priorities.",
        explain: r#"Routers that share an address know each other by a number of one byte. Two addresses with one number on one network look
like one router to both: each side takes the other's messages for those of a better or worse peer, and an address is on
two hosts or on none.

A host runs one router, with one file and one address. Give each address hosts and a number (`.router(…)`) of its own. Priorities are computed from the order of the hosts, each different."#,
        source: "RFC 5798, section 5.2.3 (virtual router identifier), section 5.2.4 (priority)",
        check: Check::Described(routers),
    },
    Rule {
        code: EDGE_CODE.as_str(),
        ensures: "Ensure an address that moves leads to an edge on each of its hosts.",
        explain: r#"The address moves to a host whose edge answers. Where there is no edge beside it, the check fails for ever and that host
never takes the address: it is counted as a reserve, and is none. An edge on another network does not listen on the
address.

Place both on the same hosts and the same network:

    let edge = cluster.add(Nginx::new("nginx").on(APP)…);
    cluster.add(Vip::new("vip", ip!("10.0.0.100")).on(APP).leads_to(&edge)…);"#,
        source: "keepalived.conf(5), track_script: a script that fails puts the instance into the state FAULT",
        check: Check::Described(edges),
    },
    Rule {
        code: INTERFACE_CODE.as_str(),
        ensures: "Ensure it is said which network interface carries an address that moves.",
        explain: r#"The inventory knows the addresses of hosts and not the names of their network cards. keepalived refuses its file without the
name of one that exists, and lets no address be put on the loopback.

Look it up with `ip -brief address` on each host, and say `.interface("eth0")`. Where hosts have different names for it, give
them one (systemd.link(5))."#,
        source: "keepalived.conf(5): interface; seen with keepalived 2.3.3",
        check: Check::Described(interfaces),
    },
    Rule {
        code: KEEPER_CODE.as_str(),
        ensures: "Ensure the settings of an address are for whoever keeps it.",
        explain: r#"An address is kept by hosts of the cluster, which hand it over to each other, or by a provider's balancer (`.external()`).
Hosts, their network card and the number of their router are settings of the first kind; networks from which a balancer
checks the edge are one of the second. On the other kind they would do nothing, and whoever reads them
would believe that they do.

Leave the setting out, or say who keeps the address."#,
        source: "the meaning of a setting",
        check: Check::Described(keepers),
    },
];

/// Addresses that this cluster moves itself.
fn moved<'v>(view: &'v View<'_>) -> impl Iterator<Item = &'v Vip> {
    view.all::<Vip>()
        .map(|(vip, _)| vip)
        .filter(|vip| !vip.is_external())
}

fn network<'v>(view: &'v View<'_>, vip: &Vip) -> Option<&'v Network> {
    let network = view.site.network_of(&vip.meta)?;
    view.site.inventory.network(network)
}

fn addresses(view: &View<'_>, report: &mut Report) {
    let mut owners: BTreeMap<Ip, (String, &Origin)> = BTreeMap::new();
    for host in view.site.inventory.hosts() {
        for address in &host.addresses {
            owners.insert(
                address.ip,
                (format!("{} has it", host.name), &address.origin),
            );
        }
    }
    for network in view.site.inventory.networks() {
        let router = format!("the router of {} has it", network.name);
        owners.insert(network.gateway, (router, &network.gateway_origin));
    }
    for vip in moved(view) {
        let (ip, origin) = (vip.address.value, &vip.address.origin);
        let finding = |why: String| {
            Diagnostic::error(
                ADDRESS_CODE,
                format!("{ip} of {} {why}", vip.meta.name.value),
            )
        };
        if let Some(network) = network(view, vip) {
            let is_edge = ip == network.cidr.network() || ip == network.cidr.broadcast();
            if !network.cidr.contains(ip) || is_edge {
                report.push(
                    finding(format!(
                        "is no address for a host of network {}",
                        network.name
                    ))
                    .primary(origin.clone(), "nobody would reach it")
                    .secondary(
                        network.cidr_origin.clone(),
                        format!("its addresses are {}", network.cidr),
                    )
                    .help(format!(
                        "write an address of {} that nothing has",
                        network.cidr
                    )),
                );
            }
        }
        if let Some((whose, place)) = owners.get(&ip) {
            report.push(
                finding("belongs to something else".to_owned())
                    .primary(origin.clone(), "would be on two machines")
                    .secondary((*place).clone(), whose.clone())
                    .help("write an address that nothing has"),
            );
        }
        owners.insert(ip, (format!("{} has it", vip.meta.name.value), origin));
    }
}

fn routers(view: &View<'_>, report: &mut Report) {
    let mut known: BTreeMap<(&str, u32), &Vip> = BTreeMap::new();
    let mut carried: BTreeMap<HostRef, &Vip> = BTreeMap::new();
    for vip in moved(view) {
        let (name, id) = (&vip.meta.name.value, vip.router_id());
        let origin = vip.meta.blame(vip.router.as_ref());
        let also = vip
            .meta
            .hosts()
            .iter()
            .find_map(|host| Some((host, *carried.get(host)?)));
        if let Some((host, other)) = also {
            report.push(
                Diagnostic::error(
                    ROUTER_CODE,
                    format!("{host} carries {} and {name}", other.meta.name.value),
                )
                .primary(
                    other.meta.blame(other.meta.on.as_ref()),
                    other.meta.name.value.to_string(),
                )
                .primary(vip.meta.blame(vip.meta.on.as_ref()), name.to_string())
                .help("place them on different hosts: a host has one router, with one file"),
            );
        }
        carried.extend(vip.meta.hosts().iter().map(|host| (*host, vip)));
        if !(1..=255).contains(&id) {
            report.push(
                Diagnostic::error(ROUTER_CODE, format!("{name} has the router number {id}"))
                    .primary(origin, "is not from 1 to 255")
                    .help("write a number from 1 to 255 that no router of the network has"),
            );
            continue;
        }
        let Some(network) = network(view, vip) else {
            continue;
        };
        if let Some(other) = known.get(&(network.name.as_str(), id)) {
            let other_name = &other.meta.name.value;
            report.push(
                Diagnostic::error(
                    ROUTER_CODE,
                    format!("{other_name} and {name} have one router number, {id}"),
                )
                .primary(
                    other.meta.blame(other.router.as_ref()),
                    other_name.to_string(),
                )
                .primary(origin, name.to_string())
                .help(format!("say `.router({})` on {name}", id % 255 + 1)),
            );
        }
        known.insert((network.name.as_str(), id), vip);
        let hosts = vip.meta.hosts().len();
        if hosts > MOST_HOSTS {
            report.push(
                Diagnostic::error(ROUTER_CODE, format!("{name} is on {hosts} hosts"))
                    .primary(
                        vip.meta.blame(vip.meta.on.as_ref()),
                        "each needs a priority of its own",
                    )
                    .help(format!("place it on at most {MOST_HOSTS} hosts")),
            );
        }
    }
}

fn edges(view: &View<'_>, report: &mut Report) {
    for (vip, _) in view.all::<Vip>() {
        let name = &vip.meta.name;
        let Some(edge) = &vip.leads_to else {
            report.push(
                Diagnostic::error(EDGE_CODE, format!("{} leads to nothing", name.value))
                    .primary(name.origin.clone(), "has no edge behind it")
                    .help("add `.leads_to(&edge)`, where `edge` is what `cluster.add(Nginx::new(…))` returned"),
            );
            continue;
        };
        let found = view
            .all::<Nginx>()
            .find(|(nginx, _)| nginx.meta().name.value == *edge.value.name());
        let Some((nginx, _)) = found else {
            // Hosts that hand an address over need the edge: that it does not exist is the finding about needs.
            if vip.is_external() {
                report.push(
                    Diagnostic::error(
                        EDGE_CODE,
                        format!(
                            "{} leads to {}, which is not in the cluster",
                            name.value,
                            edge.value.name()
                        ),
                    )
                    .primary(edge.origin.clone(), "has no edge behind it")
                    .help("add the edge with `cluster.add(…)`, and name what that returned"),
                );
            }
            continue;
        };
        if vip.is_external() {
            continue;
        }
        let meta = nginx.meta();
        if view.site.network_of(meta) != view.site.network_of(&vip.meta) {
            report.push(
                Diagnostic::error(
                    EDGE_CODE,
                    format!(
                        "{} and {} are on different networks",
                        name.value, meta.name.value
                    ),
                )
                .primary(name.origin.clone(), "an address of one network")
                .secondary(meta.name.origin.clone(), "listens on another")
                .help("say the same `.network(…)` on both"),
            );
        }
        let placed: BTreeSet<HostRef> = meta.hosts().iter().copied().collect();
        let alone: Vec<HostRef> = vip
            .meta
            .hosts()
            .iter()
            .copied()
            .filter(|host| !placed.contains(host))
            .collect();
        if !alone.is_empty() {
            report.push(
                Diagnostic::error(
                    EDGE_CODE,
                    format!(
                        "{} has no {} beside it on {}",
                        name.value,
                        meta.name.value,
                        listed(&alone)
                    ),
                )
                .primary(
                    vip.meta.blame(vip.meta.on.as_ref()),
                    "would never take the address there",
                )
                .secondary(
                    meta.blame(meta.on.as_ref()),
                    format!("{} is placed here", meta.name.value),
                )
                .help("place both on the same hosts"),
            );
        }
    }
}

fn interfaces(view: &View<'_>, report: &mut Report) {
    for vip in moved(view).filter(|vip| vip.interface.is_none()) {
        let name = &vip.meta.name;
        report.push(
            Diagnostic::error(INTERFACE_CODE, format!("{} names no interface", name.value))
                .primary(name.origin.clone(), "on which network card is the address?")
                .help("say `.interface(\"eth0\")`: `ip -brief address` on the host shows the name"),
        );
    }
}

fn keepers(view: &View<'_>, report: &mut Report) {
    for (vip, _) in view.all::<Vip>() {
        let name = &vip.meta.name;
        let of_hosts = [
            vip.meta.on.as_ref().map(|set| ("on", &set.origin)),
            vip.interface.as_ref().map(|set| ("interface", &set.origin)),
            vip.router.as_ref().map(|set| ("router", &set.origin)),
        ];
        let of_provider = [vip
            .checked_from
            .first()
            .map(|set| ("checked_from", &set.origin))];
        let (idle, keeper, help) = match &vip.external {
            Some(external) if external.value => (
                of_hosts.as_slice(),
                (&external.origin, "a provider keeps the address"),
                "leave `.{}` out, or leave `.external()` out and let hosts keep the address",
            ),
            Some(_) | None => (
                of_provider.as_slice(),
                (&name.origin, "hosts keep the address"),
                "leave `.{}` out, or say `.external()`",
            ),
        };
        for (setting, origin) in idle.iter().flatten() {
            let (place, says) = keeper;
            report.push(
                Diagnostic::error(
                    KEEPER_CODE,
                    format!("`.{setting}` of {} does nothing", name.value),
                )
                .primary((*origin).clone(), "is for another keeper")
                .secondary(place.clone(), says)
                .help(help.replace("{}", setting)),
            );
        }
    }
}
