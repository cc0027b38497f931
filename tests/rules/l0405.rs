//! A secret of the cluster that a component has declared too.

use super::site::{NODE_1, empty};
use super::sketch::Sketch;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.secret("web-token");
    cluster.add(Sketch::new("web").on([NODE_1]).secret("web-token"));
    cluster
}
