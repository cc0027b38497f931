//! A Redis Cluster of two shards.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(RedisCluster::new("redis").on(NODES).shards(2));
    cluster
}
