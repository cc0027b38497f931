//! A NATS server with no memory left beside its streams.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(
        Nats::new("nats")
            .on(NODES)
            .max_memory_store("1GiB")
            .memory("1GiB"),
    );
    cluster
}
