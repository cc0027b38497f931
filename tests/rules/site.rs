//! A small site: three hosts in three zones, one network, an image of every product.

use lurus_spec::literal::DiskKind;
use lurus_spec::model::{Host, ImagePin, Network};
use lurus_spec::prelude::*;
use lurus_spec::{cidr, host_name, image, ip, name, size};

pub(crate) const NODE_1: HostRef = HostRef::new("node-1");
pub(crate) const NODE_2: HostRef = HostRef::new("node-2");
pub(crate) const NODE_3: HostRef = HostRef::new("node-3");
pub(crate) const NODES: [HostRef; 3] = [NODE_1, NODE_2, NODE_3];
pub(crate) const DATA: NetworkRef = NetworkRef::new("data");

/// A cluster without components, which no rule refuses.
#[track_caller]
pub(crate) fn empty() -> Cluster {
    Cluster::new("test", inventory()).network(DATA).trusts(DATA)
}

pub(crate) fn inventory() -> Inventory {
    Inventory::new(vec![data()], hosts(), images())
}

pub(crate) fn data() -> Network {
    Network::new(name!("data"), cidr!("10.0.1.0/24"), ip!("10.0.1.1"))
}

pub(crate) fn hosts() -> Vec<Host> {
    vec![
        Host::new(host_name!("node-1"), 4, size!("16GiB"), size!("100GiB"))
            .at(name!("data"), ip!("10.0.1.11"))
            .disk_kind(DiskKind::Ssd)
            .zone(name!("a")),
        Host::new(host_name!("node-2"), 4, size!("16GiB"), size!("100GiB"))
            .at(name!("data"), ip!("10.0.1.12"))
            .disk_kind(DiskKind::Ssd)
            .zone(name!("b")),
        Host::new(host_name!("node-3"), 4, size!("16GiB"), size!("100GiB"))
            .at(name!("data"), ip!("10.0.1.13"))
            .disk_kind(DiskKind::Ssd)
            .zone(name!("c")),
    ]
}

pub(crate) fn images() -> Vec<ImagePin> {
    vec![
        ImagePin::new(name!("alertmanager"), image!("prom/alertmanager:v0.26.0")),
        ImagePin::new(name!("app"), image!("example/app:1.0.0")),
        ImagePin::new(name!("caddy"), image!("caddy:2.7.6-alpine")),
        ImagePin::new(
            name!("clickhouse"),
            image!("clickhouse/clickhouse-server:23.8.16.16-alpine"),
        ),
        ImagePin::new(name!("consul"), image!("hashicorp/consul:1.17.3")),
        ImagePin::new(name!("etcd"), image!("quay.io/coreos/etcd:v3.5.9")),
        ImagePin::new(name!("grafana"), image!("grafana/grafana:10.2.8")),
        ImagePin::new(name!("haproxy"), image!("haproxy:2.8.10-alpine")),
        ImagePin::new(name!("k3s"), image!("rancher/k3s:v1.35.5-k3s1")),
        ImagePin::new(name!("nats"), image!("nats:2.10.18-alpine")),
        ImagePin::new(
            name!("nats-exporter"),
            image!("natsio/prometheus-nats-exporter:0.15.0"),
        ),
        ImagePin::new(name!("nginx"), image!("nginx:1.26.2-alpine")),
        ImagePin::new(name!("node-exporter"), image!("prom/node-exporter:v1.7.0")),
        ImagePin::new(
            name!("citus"),
            image!("ghcr.io/lurus/citus:3.2.0-citus12.1"),
        ),
        ImagePin::new(name!("citus-base"), image!("citusdata/citus:12.1")),
        ImagePin::new(name!("patroni"), image!("ghcr.io/lurus/patroni:3.2.0-pg16")),
        ImagePin::new(name!("pgbouncer"), image!("edoburu/pgbouncer:v1.21.0-p2")),
        ImagePin::new(name!("postgres"), image!("postgres:16.9-bookworm")),
        ImagePin::new(
            name!("postgres-exporter"),
            image!("quay.io/prometheuscommunity/postgres-exporter:v0.15.0"),
        ),
        ImagePin::new(name!("prometheus"), image!("prom/prometheus:v2.48.1")),
        ImagePin::new(name!("redis"), image!("redis:7.2.5-alpine")),
        ImagePin::new(
            name!("redis-exporter"),
            image!("oliver006/redis_exporter:v1.55.0-alpine"),
        ),
        ImagePin::new(name!("sketch"), image!("example/sketch:1.0")),
    ]
}
