//! A Redis port without room for the bus above it.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(RedisCluster::new("redis").on(NODES).port(65_000));
    cluster
}
