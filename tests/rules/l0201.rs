//! Quorums of two and of one.

use super::site::{NODE_1, NODE_2, empty};
use super::sketch::Sketch;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(Sketch::new("even").on([NODE_1, NODE_2]).voting());
    cluster.add(Sketch::new("lone").on([NODE_1]).voting());
    cluster
}
