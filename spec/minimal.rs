//! Three hosts, everything on each: the guide's minimal production layout.

use lurus_spec::prelude::*;

use crate::inventory::minimal::{hosts, inventory, networks};

const NODES: [HostRef; 3] = [hosts::NODE_1, hosts::NODE_2, hosts::NODE_3];

/// The cluster.
pub(crate) fn cluster() -> Cluster {
    let mut cluster = Cluster::new("minimal", inventory())
        .network(networks::DATA)
        .survives(Loss::of(1).hosts())
        .survives(Loss::of(1).zones());

    let etcd = cluster.add(Etcd::new("etcd").stack("pg-ha").on(NODES));
    let pg = cluster.add(
        Patroni::new("pg")
            .stack("pg-ha")
            .on(NODES)
            .etcd(&etcd)
            .role("lurus")
            .database("lurus_billing")
            .database("lurus_provider"),
    );
    cluster.add(
        HaProxy::new("haproxy")
            .stack("pg-ha")
            .on(NODES)
            .postgres(&pg),
    );

    cluster.add(
        RedisCluster::new("redis")
            .stack("redis-cluster")
            .on(NODES)
            .shards(3)
            .replicas(1)
            .max_memory(size!("2GiB")),
    );
    cluster.add(
        Nats::new("nats")
            .stack("nats-cluster")
            .on(NODES)
            .stream(Stream::new("USAGE").subject("usage.>").max_bytes("512MiB"))
            .stream(
                Stream::new("EVENTS")
                    .subject("events.>")
                    .max_bytes("512MiB"),
            ),
    );
    cluster
}
