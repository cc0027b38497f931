//! new-api speaks to one Redis server, and is given a cluster.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let redis = cluster.add(RedisCluster::new("redis").on(NODES));
    cluster.add(
        Service::new("new-api", ImageRef::new("app"))
            .on(NODES)
            .speaks(RedisClient::Single)
            .env("REDIS_CONN_STRING", redis.addresses()),
    );
    cluster
}
