//! Ports that the system gives away.

use super::site::{NODE_1, empty};
use super::sketch::Sketch;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(
        Sketch::new("web")
            .on([NODE_1])
            .port("http", 30_080)
            .port("admin", 40_000),
    );
    cluster.add(
        Sketch::new("fine")
            .on([NODE_1])
            .port("http", 29_999)
            .port("admin", 61_000),
    );
    cluster
}
