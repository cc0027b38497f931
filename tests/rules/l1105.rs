//! Two alerts of one name.

use super::site::{NODES, empty};
use super::sketch::Sketch;
use lurus_spec::component::observe::Alert;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(Prometheus::new("prometheus").on(NODES));
    cluster.add(
        Sketch::new("app")
            .on(NODES)
            .watched("app_seconds\tgauge\t", |rules| {
                let down = || Alert::down("AppDown", Severity::Critical, "app is down", "start it");
                rules.alert(down()).alert(down())
            }),
    );
    cluster
}
