//! Tests of the node exporter.

use crate::component::node_exporter::NodeExporter;
use crate::fixture::{NODES, cluster, started};

#[test]
fn it_sees_its_host_and_can_change_nothing() {
    let mut cluster = cluster();
    cluster.add(NodeExporter::new("hosts").on(NODES));
    let started_as = started(&cluster, "node-2");
    assert!(started_as.contains("\"/:/host:ro,rslave\""), "{started_as}");
    assert!(
        started_as.contains("--web.listen-address=10.0.1.12:9100"),
        "{started_as}"
    );
    // A dollar sign of an expression is no variable.
    assert!(started_as.contains("tracefs)$$\""), "{started_as}");
}
