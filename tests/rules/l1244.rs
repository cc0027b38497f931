//! A route of Caddy to something that speaks no HTTP.

use super::edge;
use super::site::NODES;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = edge::cluster();
    cluster.add(
        Caddy::new("caddy")
            .on(NODES)
            .with(Route::new("/", edge::db())),
    );
    cluster
}
