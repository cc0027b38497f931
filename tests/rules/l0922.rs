//! What is left out and is nowhere, and what is done without twice.

use super::site::{NODES, empty};
use lurus_spec::model::Described as _;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(Etcd::new("etcd").on(NODES));
    cluster.omit(&Nats::new("nats").reference(), "local");
    cluster.omit(Ability::Hosts, "local");
    cluster.omit(Ability::Hosts, "local");
    cluster
}
