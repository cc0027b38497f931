//! Caddys that take less than their edge lets through, and one that counts nothing.

use super::edge;
use super::site::NODES;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = edge::cluster();
    let small = cluster.add(
        Caddy::new("small")
            .on(NODES)
            .max_body("1MiB")
            .with(Route::new("/", edge::api())),
    );
    let default = cluster.add(
        Caddy::new("default")
            .on(NODES)
            .port(8090)
            .metrics_port(9190)
            .with(Route::new("/", edge::api())),
    );
    cluster.add(
        Caddy::new("boundless")
            .on(NODES)
            .port(8100)
            .metrics_port(9200)
            .max_body("0B")
            .with(Route::new("/", edge::api())),
    );
    cluster.add(
        Nginx::new("nginx")
            .on(NODES)
            .certificate(edge::certificate())
            .serves(VirtualHost::new("api.lurus.cn").route("/", small.http())),
    );
    cluster.add(
        Nginx::new("other")
            .on(NODES)
            .http_port(8000)
            .https_port(8443)
            .status_port(8082)
            .max_body("0B")
            .certificate(edge::certificate())
            .serves(VirtualHost::new("ai.lurus.cn").route("/", default.http())),
    );
    cluster
}
