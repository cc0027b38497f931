//! A cache that is nearly all of the memory, one that is nearly none, and more connections than there is memory for.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let patroni = |name: &'static str, port: u16| {
        Patroni::new(name)
            .on(NODES)
            .etcd(&etcd)
            .port(port)
            .rest_port(port + 1)
    };
    cluster.add(
        patroni("orders", 5432)
            .memory("2GiB")
            .shared_buffers("1GiB"),
    );
    cluster.add(
        patroni("users", 5442)
            .memory("2GiB")
            .shared_buffers("256MiB"),
    );
    cluster.add(patroni("logs", 5452).memory("1GiB"));
    cluster
}
