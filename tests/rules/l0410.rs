//! A connection string to a database that nobody creates, once misspelt and once forgotten.

use super::site::{NODE_1, NODES, empty};
use super::sketch::Sketch;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(Patroni::new("pg").on(NODES).etcd(&etcd).database("billing"));
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    cluster.add(
        Sketch::new("web")
            .on([NODE_1])
            .given(pg.primary().dsn("biling"))
            .given(pg.replica().dsn("orders")),
    );
    cluster
}
