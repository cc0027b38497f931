//! A service of which only its image says as whom it runs, where nobody may be root.

use super::edge::{DONE_WITHOUT, service};
use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty().target("k3s");
    for (missing, target) in DONE_WITHOUT {
        cluster.omit(missing, target);
    }
    cluster.add(service("api", 3000));
    cluster.add(
        Service::new("anyone", ImageRef::new("app"))
            .on(NODES)
            .port("http", 3100)
            .readiness(Check::http("/readyz"))
            .probe_with(ProbeTool::Wget),
    );
    cluster
}
