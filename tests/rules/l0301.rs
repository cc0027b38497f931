//! Two components on one port of the same hosts, one of them by its default, and one port by two names.

use super::site::{NODE_1, NODE_2, empty};
use super::sketch::Sketch;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(Sketch::new("web").on([NODE_1, NODE_2]).port("http", 8080));
    cluster.add(
        Sketch::new("proxy")
            .on([NODE_1, NODE_2])
            .port("http", 80)
            .port("admin", 8080),
    );
    cluster.add(
        Sketch::new("cache")
            .on([NODE_2])
            .port("client", 6379)
            .port("metrics", 6379),
    );
    cluster
}
