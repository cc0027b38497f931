//! A Redis member with no memory left for the rewrite of its log.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(
        RedisCluster::new("redis")
            .on(NODES)
            .max_memory("1GiB")
            .memory("1GiB"),
    );
    cluster
}
