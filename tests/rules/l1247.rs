//! A Caddy without routes.

use super::edge;
use super::site::NODES;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = edge::cluster();
    cluster.add(Caddy::new("caddy").on(NODES));
    cluster
}
