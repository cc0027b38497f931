//! A path of Caddy with two routes, which differ in nothing but case.

use super::edge;
use super::site::NODES;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = edge::cluster();
    cluster.add(
        Caddy::new("caddy")
            .on(NODES)
            .with(Route::new("/v1/", edge::api()))
            .with(Route::new("/V1/", edge::api())),
    );
    cluster
}
