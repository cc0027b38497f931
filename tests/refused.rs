//! Mistakes that an author makes with the built-in products: a good cluster, one mistake, and the rules that refuse it.
//! Each rule has its smallest bad cluster in `tests/rules/`; here the products themselves say the wrong thing.

use std::collections::BTreeSet;

use lurus_spec::compile;
use lurus_spec::literal::{Cidr, DiskKind, Ip};
use lurus_spec::model::{Host, ImagePin, Network};
use lurus_spec::prelude::*;

const DATA: NetworkRef = NetworkRef::new("data");

const NODES: [HostRef; 3] = [
    HostRef::new("node-1"),
    HostRef::new("node-2"),
    HostRef::new("node-3"),
];

/// A good cluster, part by part.
struct Parts {
    networks: Vec<(&'static str, Cidr, Ip)>,
    /// Addresses of the hosts on the network `data`.
    addresses: [Ip; 3],
    etcd: Etcd,
    patroni: fn(Patroni) -> Patroni,
    /// In which etcd the members of Patroni elect; the one above, unless another is named.
    elects_in: Option<Etcd>,
    haproxy: fn(HaProxy) -> HaProxy,
    redis: RedisCluster,
    nats: Nats,
}

fn good() -> Parts {
    Parts {
        networks: vec![("data", cidr!("10.0.1.0/24"), ip!("10.0.1.1"))],
        addresses: [ip!("10.0.1.11"), ip!("10.0.1.12"), ip!("10.0.1.13")],
        etcd: Etcd::new("etcd").on(NODES),
        patroni: |patroni| patroni,
        elects_in: None,
        haproxy: |haproxy| haproxy,
        redis: RedisCluster::new("redis").on(NODES),
        nats: Nats::new("nats").on(NODES),
    }
}

fn cluster(parts: Parts) -> Cluster {
    let networks = parts
        .networks
        .into_iter()
        .map(|(name, cidr, gateway)| Network::new(name.parse().unwrap(), cidr, gateway));
    let hosts = NODES.iter().zip(parts.addresses).map(|(node, ip)| {
        let name = node.name().parse().unwrap();
        Host::new(name, 4, size!("16GiB"), size!("100GiB"))
            .disk_kind(DiskKind::Ssd)
            .at(name!("data"), ip)
    });
    let images = vec![
        ImagePin::new(name!("etcd"), image!("quay.io/coreos/etcd:v3.5.9")),
        ImagePin::new(name!("haproxy"), image!("haproxy:2.8.10-alpine")),
        ImagePin::new(name!("nats"), image!("nats:2.10.18-alpine")),
        ImagePin::new(name!("patroni"), image!("ghcr.io/lurus/patroni:3.2.0-pg16")),
        ImagePin::new(name!("postgres"), image!("postgres:16.9-bookworm")),
        ImagePin::new(name!("redis"), image!("redis:7.2.5-alpine")),
    ];
    let inventory = Inventory::new(networks.collect(), hosts.collect(), images);
    let mut cluster = Cluster::new("test", inventory).network(DATA).trusts(DATA);
    cluster.omit(Ability::Hosts, "local");
    let etcd = cluster.add(parts.etcd);
    let elects_in = parts.elects_in.map_or(etcd, |elsewhere| {
        Cluster::new("other", Inventory::new(vec![], vec![], vec![])).add(elsewhere)
    });
    let patroni = Patroni::new("pg")
        .on(NODES)
        .etcd(&elects_in)
        .database("app");
    let pg = cluster.add((parts.patroni)(patroni));
    let haproxy = HaProxy::new("haproxy").on(NODES).postgres(&pg);
    cluster.add((parts.haproxy)(haproxy));
    cluster.add(parts.redis);
    cluster.add(parts.nats);
    cluster
}

/// The codes of what is found in a cluster.
fn found(parts: Parts) -> BTreeSet<String> {
    let report = match compile(&cluster(parts)) {
        Ok(compiled) => compiled.warnings,
        Err(report) => report,
    };
    report
        .iter()
        .filter_map(|finding| finding.code)
        .map(|code| code.to_string())
        .collect()
}

#[track_caller]
fn refuses(codes: &[&str], parts: Parts) {
    let expected: BTreeSet<String> = codes.iter().map(ToString::to_string).collect();
    assert_eq!(found(parts), expected);
}

#[test]
fn the_good_cluster_has_no_finding() {
    refuses(&[], good());
}

#[test]
fn addresses() {
    let at = |first: Ip| Parts {
        addresses: [first, ip!("10.0.1.12"), ip!("10.0.1.13")],
        ..good()
    };
    // Outside of the network, the gateway's, the network's own, everybody's, and another host's.
    for outside in [
        ip!("10.0.2.11"),
        ip!("10.0.1.1"),
        ip!("10.0.1.0"),
        ip!("10.0.1.255"),
    ] {
        refuses(&["L0103"], at(outside));
    }
    refuses(&["L0104"], at(ip!("10.0.1.13")));
    let mut overlapping = good();
    let wide = ("wide", cidr!("10.0.0.0/16"), ip!("10.0.0.1"));
    overlapping.networks.push(wide);
    refuses(&["L0105"], overlapping);
}

#[test]
fn members() {
    let [one, two, three] = NODES;
    let etcd = |hosts: &[HostRef]| Parts {
        etcd: Etcd::new("etcd").on(hosts.iter().copied()),
        ..good()
    };
    refuses(&["L0201"], etcd(&[one, two]));
    // Two members on one host want its ports as well.
    refuses(&["L0202", "L0301"], etcd(&[one, two, two]));
    let redis = |host: HostRef| Parts {
        redis: RedisCluster::new("redis").on(NODES).place(2, [two, host]),
        ..good()
    };
    refuses(&[], redis(three));
    refuses(&["L0208"], redis(two));
}

#[test]
fn ports() {
    let nats = |port: Port| Parts {
        nats: Nats::new("nats").on(NODES).client_port(port),
        ..good()
    };
    refuses(&[], nats(port!(4333)));
    // etcd's port for clients, Patroni's REST API, a Redis, and the bus of a Redis, which nobody writes down.
    for taken in [port!(2379), port!(8008), port!(7002), port!(17_002)] {
        refuses(&["L0301"], nats(taken));
    }
    // No room for the bus, and a port that the system gives to clients.
    refuses(
        &["L0302", "L0303"],
        Parts {
            redis: RedisCluster::new("redis").on(NODES).port(port!(55_535)),
            ..good()
        },
    );
}

#[test]
fn needs() {
    refuses(
        &["L0401"],
        Parts {
            elects_in: Some(Etcd::new("elsewhere")),
            ..good()
        },
    );
}

#[test]
fn sizes_and_times() {
    refuses(
        &["L0501"],
        Parts {
            patroni: |patroni| patroni.memory("14GiB"),
            ..good()
        },
    );
    refuses(
        &["L0601"],
        Parts {
            patroni: |patroni| patroni.ttl("30s").loop_wait("11s"),
            ..good()
        },
    );
    refuses(
        &["L0503"],
        Parts {
            haproxy: |haproxy| haproxy.write_connections(300),
            ..good()
        },
    );
}
