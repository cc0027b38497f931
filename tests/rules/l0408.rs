//! Patroni without a store to elect a primary in.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(Patroni::new("pg").on(NODES));
    cluster
}
