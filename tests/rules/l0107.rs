//! Handles of another site.

use super::site::{NODE_1, empty};
use super::sketch::Sketch;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty().network(NetworkRef::new("dat"));
    cluster.add(Sketch::new("web").on([NODE_1, HostRef::new("frankfurt-7")]));
    cluster
}
