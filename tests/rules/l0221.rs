//! ClickHouse on hosts that would each hold a part of the logs.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(ClickHouse::new("logs").disk("5GiB").on(NODES));
    cluster
}
