//! A dashboard that was drawn over another Grafana's datasource.

use super::collected::prometheus;
use super::site::{NODE_1, empty};
use lurus_spec::prelude::*;

const DRAWN: &str =
    r#"{"panels": [{"datasource": {"type": "prometheus", "uid": "PBFA97CFB590B2093"}}]}"#;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let prometheus = prometheus(&mut cluster);
    let prometheus = cluster.add(prometheus);
    cluster.add(
        Grafana::new("grafana")
            .on([NODE_1])
            .datasource(&prometheus)
            .dashboard("orders", DRAWN),
    );
    cluster
}
