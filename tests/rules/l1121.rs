//! Dashboards over aggregates, and dashboards over nothing.

use super::site::{NODE_1, NODE_2, NODE_3, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let prometheus = cluster.add(Prometheus::new("prometheus").on([NODE_1]));
    let overview = cluster.add(
        Prometheus::new("overview")
            .on([NODE_2])
            .federating(&prometheus),
    );
    cluster.add(Grafana::new("grafana").on([NODE_3]).datasource(&overview));
    cluster.add(Grafana::new("screens").on([NODE_2]));
    cluster
}
