//! A name two labels below a star, and a certificate that nobody uses.

use super::edge;
use super::site::NODES;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = edge::cluster();
    cluster.add(
        Nginx::new("nginx")
            .on(NODES)
            .certificate(edge::certificate())
            .certificate(Certificate::new("old").covers("lurus.com"))
            .serves(VirtualHost::new("api.lurus.cn").route("/", edge::api()))
            .serves(VirtualHost::new("v1.api.lurus.cn").route("/", edge::api())),
    );
    cluster
}
