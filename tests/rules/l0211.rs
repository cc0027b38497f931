//! Two servers that know nothing of each other.

use super::site::{NODE_1, NODE_2, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(Redis::new("cache").on([NODE_1, NODE_2]));
    cluster
}
