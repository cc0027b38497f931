//! Three hosts, everything on each: the guide's minimal production layout.

use lurus_spec::prelude::*;

use crate::inventory::minimal::{hosts, inventory, networks};
use crate::system::{self, Layout};

const NODES: &[HostRef] = &[hosts::NODE_1, hosts::NODE_2, hosts::NODE_3];

const LAYOUT: Layout<'static> = Layout {
    app: NODES,
    database: NODES,
    redis: NODES,
    redis_memory: size!("768MiB"),
    nats: NODES,
    monitoring: NODES,
    log_disk: size!("10GiB"),
    log_memory: size!("2GiB"),
    data_network: networks::DATA,
    app_network: networks::APP,
    monitoring_network: networks::MONITORING,
};

/// The cluster.
pub(crate) fn cluster() -> Cluster {
    let cluster = Cluster::new("minimal", inventory())
        .network(LAYOUT.data_network)
        .target("k3s");
    system::describe(cluster, &LAYOUT)
}
