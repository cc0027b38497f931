//! A pool in front of a database cluster that has no database.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(Patroni::new("pg").on(NODES).etcd(&etcd));
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    cluster.add(PgBouncer::new("pgbouncer").on(NODES).postgres(&pg));
    cluster
}
