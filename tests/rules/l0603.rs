//! Patroni gives up before its store has elected a leader.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let etcd = cluster.add(Etcd::new("etcd").on(NODES).election_timeout("10s"));
    let pg = cluster.add(Patroni::new("pg").on(NODES).etcd(&etcd));
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    cluster
}
