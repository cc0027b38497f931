//! More memory than the host has: the limits alone would fit, but the system needs some too.

use super::site::{NODE_1, NODE_2, empty};
use super::sketch::Sketch;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(Sketch::new("pg").on([NODE_1, NODE_2]).memory(size!("8GiB")));
    cluster.add(
        Sketch::new("redis")
            .on([NODE_1, NODE_1])
            .memory(size!("2GiB")),
    );
    cluster.add(Sketch::new("nats").on([NODE_1]).memory(size!("1500MiB")));
    cluster.add(Sketch::new("web").on([NODE_1]).memory(size!("1GiB")));
    cluster.add(Sketch::new("fine").on([NODE_2]).memory(size!("6GiB")));
    cluster
}
