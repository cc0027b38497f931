//! A stream that remembers ids for longer than messages.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(
        Nats::new("nats")
            .on(NODES)
            .stream(Stream::new("EVENTS").max_age("1m")),
    );
    cluster
}
