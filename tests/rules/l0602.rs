//! An election after less than five missing heartbeats.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(
        Etcd::new("etcd")
            .on(NODES)
            .heartbeat("100ms")
            .election_timeout("499ms"),
    );
    cluster
}
