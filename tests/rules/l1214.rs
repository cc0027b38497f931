//! Probes, metrics and a variable of ports that the services do not have, and a tool with nothing to ask.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(
        Service::new("web", ImageRef::new("app"))
            .on(NODES)
            .port("http", port!(18100))
            .readiness(Check::http("/readyz").at("htpp"))
            .env("ADMIN_PORT", Own::port("admin")),
    );
    cluster.add(
        Service::new("worker", ImageRef::new("app"))
            .on(NODES)
            .metrics("/metrics")
            .probe_with(ProbeTool::Wget),
    );
    cluster
}
