//! Servers of NATS that fit on their hosts, and not beside K3S.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty().target("k3s");
    cluster.omit(Ability::Hosts, "local");
    cluster.omit(Ability::Networks, "k3s");
    cluster.add(Nats::new("nats").on(NODES).memory("13GiB"));
    cluster
}
