//! A NATS server that gives its clients too little time to leave.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(Nats::new("nats").on(NODES).lame_duck("29s"));
    cluster
}
