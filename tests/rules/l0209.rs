//! A primary on a host that carries no member.

use super::site::{NODE_1, NODE_2, NODE_3, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let pg = cluster.add(Streaming::new("pg").on([NODE_1, NODE_2]).primary(NODE_3));
    cluster.add(HaProxy::new("haproxy").on([NODE_1]).postgres(&pg));
    cluster
}
