//! A route, and an edge, that wait less than the service takes.

use super::edge;
use super::site::NODES;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = edge::cluster();
    cluster.add(
        Nginx::new("nginx")
            .on(NODES)
            .timeout("60s")
            .certificate(edge::certificate())
            .serves(
                VirtualHost::new("api.lurus.cn")
                    .with(Route::new("/v1/", edge::api()).timeout("4m"))
                    .route("/", edge::api()),
            ),
    );
    cluster
}
