//! PostgreSQL with one member, where nothing can replace the primary.

use super::site::{NODE_1, NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(Patroni::new("pg").on([NODE_1]).etcd(&etcd));
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    cluster
}
