//! Networks on which others could listen: what crosses them in clear, and who listens on addresses that the world reaches.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Check, Rule, View, listed, name_of};
use crate::component::{EndpointRef, Group, Reach, Transport};
use crate::literal::{Cidr, Ip, Name};
use crate::model::{HostRef, Network, NetworkRef};
use crate::plan::Outside;
use crate::report::{Code, Diagnostic, Origin, Report};

const IN_CLEAR_CODE: Code = Code::new("L0702");
const PUBLIC_CODE: Code = Code::new("L0703");

pub(super) const IN_CLEAR: Rule = Rule {
    code: IN_CLEAR_CODE.as_str(),
    ensures: "Warn of what members say in clear to other hosts, over a network that nobody calls private.",
    explain: r"Inside a cluster most is said in clear: a DSN with `sslmode=disable`, what Redis, NATS and etcd are told, what a balancer hands
on after it has ended TLS, and the passwords with which members log in. On one host nobody else hears it. Between hosts
everyone can who is on the same network, or on the way: a neighbour in a shared network of a cloud, a switch, a tunnel that
is not encrypted.

Where only hosts of this cluster and those who run it are on the network, and what joins its parts is encrypted or your own,
say so: `cluster.trusts(networks::DATA)`. Where it is not so, put the members on a network that is (`.network(…)`), such as a
VPC of their own or WireGuard between the hosts, or the two that talk on one host.",
    source: "PostgreSQL 16, libpq: sslmode; Redis, security: network; NIST SP 800-52r2, section 1",
    check: Check::Described(in_clear),
};

pub(super) const PUBLIC: Rule = Rule {
    code: PUBLIC_CODE.as_str(),
    ensures: "Warn of members that listen on addresses of the internet and serve nobody there.",
    explain: r"A database, a store of metrics or an admin page that listens on an address of the internet is one mistake in a packet filter
away from everyone: a rule that is flushed while somebody looks for a fault, an engine that publishes ports before it. Such
addresses are searched all the time, and what is found open is taken within hours.

Give the hosts an address on a network of their own and let the component listen there, with `.network(…)`: addresses of
10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and 100.64.0.0/10 are reached by nobody outside. Where the range only looks public
and is routed nowhere, say so with `cluster.trusts(networks::…)`. What serves users, such as Nginx, may listen there.",
    source: "RFC 1918; RFC 6598; CIS Docker Benchmark 5.14: bind incoming traffic to a specific host interface",
    check: Check::Described(public),
};

/// How many culprits a finding names.
const SHOWN: usize = 3;

/// Something that one host says to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Said<'a> {
    /// Passwords come first.
    kind: Kind,
    from: &'a Name,
    to: &'a Name,
    origin: &'a Origin,
}

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// A client shows a password.
    LogsIn,
    /// A client asks something.
    Asks,
    /// Members of one group talk to each other.
    Agrees,
}

fn in_clear(view: &View<'_>, report: &mut Report) {
    // What a platform leads over a network of its own says nothing about those of the description.
    if view.site.platform.get().is_some() {
        return;
    }
    for (network, said) in crossing(view) {
        let Some(network) = view.site.inventory.network(network) else {
            continue;
        };
        let handle = network.name.as_str().replace('-', "_").to_ascii_uppercase();
        let mut finding = Diagnostic::warning(
            IN_CLEAR_CODE,
            format!(
                "whoever is on network {} can read what crosses it",
                network.name
            ),
        )
        .secondary(network.origin.clone(), "nobody says that it is private");
        for Said {
            kind,
            from,
            to,
            origin,
        } in said.iter().take(SHOWN)
        {
            let text = match kind {
                Kind::LogsIn => format!("{from} logs in to {to} of another host, in clear"),
                Kind::Asks => format!("{from} speaks to {to} of another host, in clear"),
                Kind::Agrees => format!("members of {from} speak to each other, in clear"),
            };
            finding = finding.primary((*origin).clone(), text);
        }
        if let Some(more @ 1..) = said.len().checked_sub(SHOWN) {
            finding = finding.note(format!("{more} more speak over it in clear"));
        }
        report.push(finding.help(format!(
            "where only the hosts of this cluster are on it, say so: `cluster.trusts(networks::{handle})`"
        )));
    }
}

/// What is said in clear to another host, by the network of whoever listens, without networks that are trusted.
fn crossing<'v>(view: &'v View<'_>) -> BTreeMap<NetworkRef, BTreeSet<Said<'v>>> {
    let declared = view.by_name();
    let groups: BTreeMap<&Name, (&Group, BTreeSet<HostRef>)> = view
        .groups()
        .map(|(_, group)| (&group.name, (group, group.hosts())))
        .collect();
    let mut fronts: BTreeMap<&EndpointRef, &Name> = BTreeMap::new();
    for front in declared
        .values()
        .flat_map(|declaration| &declaration.fronts)
    {
        fronts.entry(&front.endpoint).or_insert(&front.group);
    }
    let mut crossing: BTreeMap<NetworkRef, BTreeSet<Said<'v>>> = BTreeMap::new();
    let mut say = |to: &Group, said: Said<'v>| {
        let networks: BTreeSet<NetworkRef> = to
            .members
            .iter()
            .filter_map(|member| member.network)
            .collect();
        for network in networks
            .into_iter()
            .filter(|network| !view.trusts(*network))
        {
            crossing.entry(network).or_default().insert(said.clone());
        }
    };
    for (group, hosts) in groups.values() {
        let first = group.members.first();
        let talking = first.filter(|_| !group.peer_ports.is_empty() && hosts.len() > 1);
        if let Some(first) = talking {
            let said = Said {
                kind: Kind::Agrees,
                from: &group.name,
                to: &group.name,
                origin: &first.origin,
            };
            say(group, said);
        }
    }
    for need in declared.values().flat_map(|declaration| &declaration.needs) {
        let at = declared.get(&need.endpoint.component);
        let Some(endpoint) = at.and_then(|at| at.endpoint(&need.endpoint.endpoint)) else {
            continue;
        };
        let listens = match fronts.get(&need.endpoint) {
            Some(front) => Some(*front),
            None => endpoint.group().map(|(group, _)| group),
        };
        let to = listens.and_then(|listens| groups.get(listens));
        let (Some((_, from)), Some((to, at))) = (groups.get(&need.group), to) else {
            continue;
        };
        let crosses = match endpoint.reach {
            // One of the own host is preferred, and so is what stands in front there.
            Reach::Any | Reach::Role => !from.is_subset(at),
            Reach::Each => from.union(at).count() > 1,
        };
        let plain = match endpoint.transport {
            Transport::Plain => true,
            Transport::Encrypted | Transport::Verified { .. } => false,
        };
        if crosses && plain {
            let said = Said {
                kind: match endpoint.login {
                    Some(_) => Kind::LogsIn,
                    None => Kind::Asks,
                },
                from: &need.group,
                to: &to.name,
                origin: &need.origin,
            };
            say(to, said);
        }
    }
    crossing
}

fn public(view: &View<'_>, report: &mut Report) {
    let open: BTreeMap<&str, &Network> = view
        .site
        .inventory
        .networks()
        .iter()
        .filter(|network| {
            let inside =
                |own: &Cidr| own.prefix() <= network.cidr.prefix() && own.overlaps(&network.cidr);
            !NOT_PUBLIC.iter().any(inside)
        })
        .map(|network| (network.name.as_str(), network))
        .collect();
    if open.is_empty() {
        return;
    }
    let mut listening: BTreeMap<NetworkRef, BTreeMap<&Name, &Origin>> = BTreeMap::new();
    for (component, declaration) in &view.declared {
        let serves = declaration
            .openings
            .iter()
            .any(|opening| match opening.from {
                Outside::Anyone => true,
                Outside::Network(_) => false,
            });
        let members = declaration.groups.iter().flat_map(|group| &group.members);
        for member in members.filter(|member| !serves && !member.ports.is_empty()) {
            let network = member
                .network
                .filter(|network| open.contains_key(network.name()) && !view.trusts(*network));
            if let Some(network) = network {
                let on = listening.entry(network).or_default();
                on.entry(name_of(*component)).or_insert(&member.origin);
            }
        }
    }
    for (network, components) in listening {
        let network = open[network.name()];
        let mut finding = Diagnostic::warning(
            PUBLIC_CODE,
            format!(
                "{} can be reached from the internet, on network {}",
                listed(components.keys()),
                network.name
            ),
        );
        for (name, origin) in components.into_iter().take(SHOWN) {
            finding = finding.primary(
                origin.clone(),
                format!("{name} listens here, and serves nobody outside"),
            );
        }
        report.push(
            finding
                .secondary(
                    network.cidr_origin.clone(),
                    format!("{} is of the internet", network.cidr),
                )
                .help("let it listen on another network of its hosts, with `.network(…)`"),
        );
    }
}

/// Addresses that are reached by nobody outside (RFC 1918, RFC 6598).
const NOT_PUBLIC: [Cidr; 4] = [
    Cidr::containing(Ip::new(10, 0, 0, 0), 8),
    Cidr::containing(Ip::new(172, 16, 0, 0), 12),
    Cidr::containing(Ip::new(192, 168, 0, 0), 16),
    Cidr::containing(Ip::new(100, 64, 0, 0), 10),
];

#[cfg(test)]
mod tests {
    use crate::component::redis_single::Redis;
    use crate::component::service::Service;
    use crate::fixture::{APP, DATA, NODES, Web, cluster, codes, inventory};
    use crate::literal::Size;
    use crate::model::{Cluster, Host, ImageRef, Inventory};
    use crate::plan::checked;

    use super::*;

    /// What is found of a cluster that trusts these networks only.
    fn trusting(networks: &[NetworkRef], mut cluster: Cluster) -> Vec<String> {
        cluster.trusted.retain(|set| networks.contains(&set.value));
        codes(&cluster)
    }

    /// A store on the first host, asked from there and from others, and pages on another network that every host asks.
    fn asked(from: &[HostRef]) -> Cluster {
        let mut cluster = cluster();
        let cache = cluster.add(Redis::new("cache").on([NODES[0]]));
        let pages = cluster.add(Web::new("pages").on(from.iter().copied()).network(APP));
        cluster.add(
            Service::new("shop", ImageRef::new("app"))
                .on(from.iter().copied())
                .port("http", 9000)
                .env("REDIS_CONN_STRING", cache.url())
                .env("PAGES", pages.http()),
        );
        cluster
    }

    #[test]
    fn what_stays_on_its_host_crosses_nothing() {
        assert!(trusting(&[], asked(&NODES[..1])).is_empty());
        // The pages of the own host are asked, and the store of another.
        assert_eq!(trusting(&[], asked(&NODES)), ["warning L0702"]);
        assert!(trusting(&[DATA], asked(&NODES)).is_empty());
    }

    #[test]
    fn addresses_of_the_internet_are_known() {
        let on = |cidr: &str, gateway: &str, ip: &str| {
            let network = Network::new(checked("data"), checked(cidr), checked(gateway));
            let host = Host::new(checked("node-1"), 4, Size::gib(16), Size::gib(100))
                .at(checked("data"), checked(ip));
            let images = inventory().images().into();
            let mut cluster = Cluster {
                inventory: Inventory::new(vec![network], vec![host], images),
                ..cluster()
            };
            cluster.add(Redis::new("cache").on([NODES[0]]));
            trusting(&[], cluster)
        };
        assert!(on("100.64.0.0/16", "100.64.0.1", "100.64.0.2").is_empty());
        assert!(on("172.16.9.0/24", "172.16.9.1", "172.16.9.2").is_empty());
        assert_eq!(
            on("172.32.0.0/16", "172.32.0.1", "172.32.0.2"),
            ["warning L0703"]
        );
        assert_eq!(on("8.8.8.0/24", "8.8.8.1", "8.8.8.2"), ["warning L0703"]);
    }
}
