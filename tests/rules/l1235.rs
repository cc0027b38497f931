//! A name without routes, and an edge without names.

use super::edge;
use super::site::NODES;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = edge::cluster();
    cluster.add(
        Nginx::new("nginx")
            .on(NODES)
            .certificate(edge::certificate())
            .serves(VirtualHost::new("api.lurus.cn")),
    );
    cluster.add(
        Nginx::new("idle")
            .on(NODES)
            .http_port(8080)
            .https_port(8443)
            .status_port(8082),
    );
    cluster
}
