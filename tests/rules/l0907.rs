//! Components that are kept where nothing would leave them out, and where the description itself leaves them out.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty().target("k3s");
    let nats = cluster.add(Nats::new("nats").on(NODES));
    let consul = cluster.add(Consul::new("consul").on(NODES));
    cluster.keep(&nats, "k3s");
    cluster.keep(&consul, "local");
    cluster.keep(&consul, "k3s");
    cluster.omit(&consul, "k3s");
    cluster
}
