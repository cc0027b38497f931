//! Citus without a worker group.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(
        Citus::new("pg")
            .on(NODES)
            .etcd(&etcd)
            .database("orders")
            .workers(0),
    );
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    cluster
}
