//! A component that nobody placed, and one that was placed nowhere.

use super::site::empty;
use super::sketch::Sketch;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(Sketch::new("forgotten"));
    cluster.add(Sketch::new("nowhere").on([]));
    cluster
}
