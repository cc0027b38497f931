//! More connections in front of the database than it has.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(
        Patroni::new("pg")
            .on(NODES)
            .etcd(&etcd)
            .max_connections(100),
    );
    cluster.add(
        HaProxy::new("haproxy")
            .on(NODES)
            .postgres(&pg)
            .write_connections(40)
            .read_connections(20),
    );
    cluster
}
