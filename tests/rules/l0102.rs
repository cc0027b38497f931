//! Texts that are of no type, given to setters that take texts.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.secret("API_TOKEN");
    cluster.add(
        Nats::new("nats")
            .on(NODES)
            .memory("a lot")
            .client_port(0)
            .stream(Stream::new("EVENTS").max_bytes("1\n")),
    );
    cluster
}
