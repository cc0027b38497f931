//! A lock of the primary that ends while it is renewed.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(
        Patroni::new("pg")
            .on(NODES)
            .etcd(&etcd)
            .ttl("29s")
            .loop_wait("10s")
            .retry_timeout("10s"),
    );
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    cluster
}
