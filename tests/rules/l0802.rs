//! A Redis Cluster on a release without announced names.

use super::site::{DATA, NODES, data, hosts};
use lurus_spec::model::ImagePin;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let images = vec![ImagePin::new(name!("redis"), image!("redis:6.2.14-alpine"))];
    let inventory = Inventory::new(vec![data()], hosts(), images);
    let mut cluster = Cluster::new("test", inventory).network(DATA).trusts(DATA);
    cluster.add(RedisCluster::new("redis").on(NODES));
    cluster
}
