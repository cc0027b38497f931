//! The change that is rolled out over hosts while everything is written to: Redis gets more memory for its data. It makes every
//! member of a quorum anew, masters too.
//!
//! In: any cluster with a Redis Cluster. Out: the same cluster with another value.

use std::any::Any;

use lurus_spec::component::redis::RedisCluster;
use lurus_spec::plan::Member;
use lurus_spec::prelude::*;
use xtask::change::Change;

/// The change.
pub(crate) const CHANGE: Change = Change {
    says: "redis max_memory becomes 1GiB",
    component: "redis",
    make: more_memory,
    ask: memory,
    answer: "maxmemory\n1073741824",
};

fn more_memory(cluster: &mut Cluster) {
    for component in &mut cluster.components {
        let component: &mut dyn Any = component.as_mut();
        if let Some(redis) = component.downcast_mut::<RedisCluster>() {
            *redis = redis.clone().max_memory("1GiB");
        }
    }
}

fn memory(member: &Member) -> Option<Vec<String>> {
    // Members that only measure or form the cluster listen on no such port.
    let port = member.port("client")?.to_string();
    let words = ["redis-cli", "-p", &port, "config", "get", "maxmemory"];
    Some(words.map(str::to_owned).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_change_is_one_value_of_each_cluster_that_has_a_redis() {
        for mut cluster in lurus::clusters() {
            let before = lurus_spec::record::Record::of(&cluster);
            (CHANGE.make)(&mut cluster);
            let changes = before.changes(&lurus_spec::record::Record::of(&cluster));
            assert_eq!(changes.len(), 1, "{}", cluster.name.value);
            assert_eq!(changes[0].option, "max_memory");
        }
    }
}
