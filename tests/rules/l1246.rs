//! A Caddy that gives up before its service does.

use super::edge;
use super::site::NODES;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = edge::cluster();
    cluster.add(
        Caddy::new("caddy")
            .on(NODES)
            .timeout("60s")
            .with(Route::new("/", edge::api()))
            .with(Route::new("/v1/", edge::api()).timeout("30s")),
    );
    cluster
}
