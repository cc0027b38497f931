//! Three components that need each other in a circle, and one that only needs them.

use super::site::{NODE_1, empty};
use super::sketch::Sketch;
use lurus_spec::component::Reach;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let part = |name, port| {
        Sketch::new(name)
            .on([NODE_1])
            .port("http", port)
            .endpoint("http", Reach::Any)
    };
    let mut cluster = empty();
    cluster.add(part("gateway", 8001).needs("billing", "http"));
    cluster.add(part("billing", 8002).needs("provider", "http"));
    cluster.add(part("provider", 8003).needs("gateway", "http"));
    cluster.add(part("web", 8004).needs("gateway", "http"));
    cluster
}
