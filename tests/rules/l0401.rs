//! Needs of a component that was never added, and of an endpoint that nobody has.

use super::site::{NODE_1, empty};
use super::sketch::Sketch;
use lurus_spec::component::Reach;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(
        Sketch::new("redis")
            .on([NODE_1])
            .port("client", 6379)
            .endpoint("client", Reach::Each),
    );
    cluster.add(
        Sketch::new("web")
            .on([NODE_1])
            .needs("redis", "bus")
            .needs("rediss", "client")
            .needs("billing", "http"),
    );
    cluster
}
