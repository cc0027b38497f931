//! A managed service with hosts.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(ManagedPostgres::new("pg").host("pg.example.com").on(NODES));
    cluster
}
