//! A primary that is needed, and nothing in front of it.

use super::site::{NODE_1, NODES, empty};
use super::sketch::Sketch;
use lurus_spec::component::Reach;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(
        Sketch::new("pg")
            .on(NODES)
            .port("primary", 5432)
            .port("standby", 5433)
            .endpoint("primary", Reach::Role)
            .endpoint("standby", Reach::Role),
    );
    cluster.add(
        Sketch::new("balancer")
            .on([NODE_1])
            .port("read", 5001)
            .in_front_of("pg", "standby", "read"),
    );
    cluster.add(
        Sketch::new("web")
            .on([NODE_1])
            .needs("pg", "primary")
            .needs("pg", "standby"),
    );
    cluster
}
