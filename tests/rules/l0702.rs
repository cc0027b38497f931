//! A client on another host than its server, and servers that know each other, on a network of which nothing is said.

use super::site::{DATA, NODE_1, NODE_2, NODES, inventory};
use super::sketch::Sketch;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = Cluster::new("test", inventory()).network(DATA);
    cluster.add(Redis::new("cache").on([NODE_1]));
    cluster.add(Sketch::new("beside").on([NODE_1]).needs("cache", "client"));
    cluster.add(
        Sketch::new("elsewhere")
            .on([NODE_2])
            .needs("cache", "client"),
    );
    cluster.add(Nats::new("nats").on(NODES));
    cluster
}
