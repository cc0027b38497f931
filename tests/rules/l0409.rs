//! HAProxy in front of nothing.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(HaProxy::new("haproxy").on(NODES));
    cluster
}
