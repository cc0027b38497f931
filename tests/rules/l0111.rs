//! A target that does not exist, asked for and left out on, and one on which nobody finds metrics.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty().target("k8s").monitors("local", "monitoring");
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    cluster.omit(&etcd, "swarm");
    cluster.omit(Ability::Hosts, "swarm");
    cluster
}
