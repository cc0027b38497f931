//! A group of hosts for each system: the guide's recommended layout.

use lurus_spec::prelude::*;

use crate::inventory::recommended::{hosts, inventory, networks};
use crate::system::{self, Layout};

const LAYOUT: Layout<'static> = Layout {
    app: &[hosts::APP_1, hosts::APP_2, hosts::APP_3],
    database: &[hosts::PG_1, hosts::PG_2, hosts::PG_3],
    redis: &[
        hosts::REDIS_1,
        hosts::REDIS_2,
        hosts::REDIS_3,
        hosts::REDIS_4,
        hosts::REDIS_5,
        hosts::REDIS_6,
    ],
    redis_memory: size!("4GiB"),
    nats: &[hosts::NATS_1, hosts::NATS_2, hosts::NATS_3],
    monitoring: &[hosts::MON_1, hosts::MON_2],
    log_disk: size!("200GiB"),
    log_memory: size!("8GiB"),
    data_network: networks::DATA,
    app_network: networks::APP,
    monitoring_network: networks::MONITORING,
};

/// The cluster.
pub(crate) fn cluster() -> Cluster {
    let cluster = Cluster::new("recommended", inventory()).network(LAYOUT.data_network);
    system::describe(cluster, &LAYOUT)
}
