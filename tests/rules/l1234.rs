//! An edge without a certificate.

use super::edge;
use super::site::NODES;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = edge::cluster();
    cluster.add(
        Nginx::new("nginx")
            .on(NODES)
            .serves(VirtualHost::new("api.lurus.cn").route("/", edge::api())),
    );
    cluster
}
