//! A stop that waits less long than a request may take.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(
        Service::new("web", ImageRef::new("app"))
            .on(NODES)
            .timeout("300s")
            .drain("30s"),
    );
    cluster
}
