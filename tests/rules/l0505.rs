//! A stream with more copies than there are servers.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(
        Nats::new("nats")
            .on(NODES)
            .stream(Stream::new("EVENTS").replicas(5)),
    );
    cluster
}
