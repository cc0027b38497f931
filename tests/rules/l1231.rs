//! A name with two virtual hosts, and a path with two routes.

use super::edge;
use super::site::NODES;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = edge::cluster();
    cluster.add(
        Nginx::new("nginx")
            .on(NODES)
            .certificate(edge::certificate())
            .serves(VirtualHost::new("api.lurus.cn").route("/", edge::api()))
            .serves(VirtualHost::new("api.lurus.cn").route("/v1/", edge::api()))
            .serves(
                VirtualHost::new("ai.lurus.cn")
                    .route("/v1/", edge::api())
                    .route("/v1/", edge::api()),
            ),
    );
    cluster
}
