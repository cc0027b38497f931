//! Citus with two databases, as a description has that comes from another scheme.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(
        Citus::new("pg")
            .on(NODES)
            .etcd(&etcd)
            .database("lurus_billing")
            .database("lurus_provider"),
    );
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    cluster
}
