//! A dashboard that was drawn over another Grafana's datasource.

use super::site::{NODE_1, empty};
use lurus_spec::prelude::*;

const DRAWN: &str =
    r#"{"panels": [{"datasource": {"type": "prometheus", "uid": "PBFA97CFB590B2093"}}]}"#;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let prometheus = cluster.add(Prometheus::new("prometheus").on([NODE_1]));
    cluster.add(
        Grafana::new("grafana")
            .on([NODE_1])
            .datasource(&prometheus)
            .dashboard("orders", DRAWN),
    );
    cluster
}
