//! Instances that cannot all listen: untold ports, none at all, two of one, and a number that is too high.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(
        Service::new("gateway", ImageRef::new("app"))
            .on(NODES)
            .replicas(2)
            .port("http", port!(18100)),
    );
    cluster.add(
        Service::new("idle", ImageRef::new("app"))
            .on(NODES)
            .replicas(0),
    );
    cluster.add(
        Service::new("sync", ImageRef::new("app"))
            .on(NODES)
            .singleton()
            .replicas(2),
    );
    cluster.add(
        Service::new("last", ImageRef::new("app"))
            .on(NODES)
            .replicas(2)
            .port("http", port!(65535))
            .env("PORT", Own::port("http")),
    );
    cluster
}
