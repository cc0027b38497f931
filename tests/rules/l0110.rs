//! Two streams that listen to one subject.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(
        Nats::new("nats")
            .on(NODES)
            .stream(Stream::new("ORDERS").subject("orders.>"))
            .stream(Stream::new("NEW").subject("orders.new")),
    );
    cluster
}
