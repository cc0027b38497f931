//! Logs that are deleted before their day is over.

use super::site::{NODE_1, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(ClickHouse::new("logs").on([NODE_1]).retention("12h"));
    cluster
}
