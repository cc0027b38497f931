//! An exporter that would listen where the agent of Kubernetes does.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty().target("k3s");
    cluster.omit(Ability::Hosts, "local");
    cluster.omit(Ability::Networks, "k3s");
    cluster.add(NodeExporter::new("node-exporter").on(NODES).port(10250));
    cluster
}
