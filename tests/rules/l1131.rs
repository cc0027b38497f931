//! Two receivers of one name, and one that is called as the receiver of what nobody wants to hear.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let webhook = |name: &'static str| Receiver::webhook(name, "https://chat.example.com/hooks/1");
    let alertmanager = cluster.add(
        Alertmanager::new("alertmanager")
            .on(NODES)
            .receiver(webhook("team"))
            .receiver(webhook("oncall"))
            .receiver(webhook("team").from(Severity::Critical))
            .receiver(webhook("nobody")),
    );
    cluster.add(
        Prometheus::new("prometheus")
            .on(NODES)
            .alertmanager(&alertmanager),
    );
    cluster
}
