//! A cluster with whoever collects metrics and tells people.

use super::site::NODES;
use lurus_spec::prelude::*;

/// A Prometheus on every host, to be added, which sends its alerts to an Alertmanager.
#[track_caller]
pub(crate) fn prometheus(cluster: &mut Cluster) -> Prometheus {
    let alertmanager = cluster.add(Alertmanager::new("alertmanager").on(NODES));
    Prometheus::new("prometheus")
        .on(NODES)
        .alertmanager(&alertmanager)
}
