//! A job of whose silence nobody is told.

use super::collected::prometheus;
use super::site::{NODES, empty};
use super::sketch::Sketch;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let prometheus = prometheus(&mut cluster);
    cluster.add(prometheus);
    cluster.add(
        Sketch::new("app")
            .on(NODES)
            .watched("app_seconds\tgauge\t", |rules| rules),
    );
    cluster
}
