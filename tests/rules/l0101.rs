//! Two components of one name, and one whose name begins with a digit.

use super::site::{NODES, empty};
use super::sketch::Sketch;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(Sketch::new("queue").on(NODES));
    cluster.add(Sketch::new("queue").on(NODES));
    cluster.add(Sketch::new("3scale").on(NODES));
    // Its members are called as the first member of `cache` is.
    cluster.add(Sketch::new("cache").on(NODES));
    cluster.add(Sketch::new("store").on(NODES).declaring(|declaration| {
        declaration.groups[0].members[0].name = name!("cache-1");
    }));
    cluster
}
