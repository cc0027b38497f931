//! A route to a database.

use super::edge;
use super::site::NODES;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = edge::cluster();
    cluster.add(
        Nginx::new("nginx")
            .on(NODES)
            .certificate(edge::certificate())
            .serves(VirtualHost::new("db.lurus.cn").route("/", edge::db())),
    );
    cluster
}
