//! A job of whose silence nobody is told.

use super::site::{NODES, empty};
use super::sketch::Sketch;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(Prometheus::new("prometheus").on(NODES));
    cluster.add(
        Sketch::new("app")
            .on(NODES)
            .watched("app_seconds\tgauge\t", |rules| rules),
    );
    cluster
}
