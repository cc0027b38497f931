//! A limit that is enough for the data only.

use super::site::{NODE_1, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(
        Redis::new("cache")
            .on([NODE_1])
            .max_memory("1GiB")
            .memory("1GiB"),
    );
    cluster
}
