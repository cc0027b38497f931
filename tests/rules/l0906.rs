//! A program that asks Consul itself, where the platform knows what serves where.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty().target("k3s");
    cluster.omit(Ability::Hosts, "local");
    let consul = cluster.add(Consul::new("consul").on(NODES));
    cluster.add(
        Service::new("app", ImageRef::new("app"))
            .on(NODES)
            .port("http", 8080)
            .readiness(Check::http("/readyz"))
            .probe_with(ProbeTool::Wget)
            .env("CONSUL_HTTP_ADDR", consul.http()),
    );
    cluster
}
