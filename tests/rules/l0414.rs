//! A balancer in front of a managed service.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let pg = cluster.add(ManagedPostgres::new("pg").host("pg.example.com"));
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    cluster
}
