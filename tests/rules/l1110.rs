//! An Alertmanager that a Prometheus was not told of.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(Alertmanager::new("alertmanager").on(NODES));
    cluster.add(Prometheus::new("prometheus").on(NODES));
    cluster
}
