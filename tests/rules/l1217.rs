//! Two services whose pools together are more than PostgreSQL has connections.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(Patroni::new("pg").on(NODES).etcd(&etcd).database("web"));
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    cluster.add(
        Service::new("web", ImageRef::new("app"))
            .on(NODES)
            .env("PG_DSN", pg.primary().dsn("web"))
            .pool(pg.primary(), 50),
    );
    cluster.add(
        Service::new("report", ImageRef::new("app"))
            .on(NODES)
            .env("PG_DSN", pg.replica().dsn("web"))
            .pool(pg.replica(), 20),
    );
    cluster
}
