//! Dashboards over aggregates, and dashboards over nothing.

use super::collected::prometheus;
use super::site::{NODE_2, NODE_3, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let prometheus = prometheus(&mut cluster);
    let prometheus = cluster.add(prometheus);
    let overview = cluster.add(
        Prometheus::new("overview")
            .port(9091)
            .on([NODE_2])
            .federating(&prometheus),
    );
    cluster.add(Grafana::new("grafana").on([NODE_3]).datasource(&overview));
    cluster.add(Grafana::new("screens").on([NODE_2]));
    cluster
}
