//! Tests of the node exporter.

use crate::component::node_exporter::NodeExporter;
use crate::fixture::{NODES, cluster, file};

#[test]
fn it_sees_its_host_and_can_change_nothing() {
    let mut cluster = cluster();
    cluster.add(NodeExporter::new("hosts").on(NODES));
    let compose = file(&cluster, "hosts/node-2/docker-compose.yml");
    assert!(compose.contains("\"/:/host:ro,rslave\""), "{compose}");
    assert!(
        compose.contains("--web.listen-address=10.0.1.12:9100"),
        "{compose}"
    );
    // A dollar sign of an expression is no variable.
    assert!(compose.contains("($$|/)\""), "{compose}");
}
