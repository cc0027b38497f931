//! An address that leads to nothing, and one without an edge beside it.

use super::edge;
use super::site::NODES;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let (mut cluster, _) = edge::whole();
    cluster.add(Vip::new("idle", ip!("203.0.113.7")).external());
    let [one, two, _] = NODES;
    let small = cluster.add(
        Nginx::new("small")
            .on([one, two])
            .http_port(8080)
            .https_port(8443)
            .status_port(8082)
            .certificate(edge::certificate())
            .serves(VirtualHost::new("ai.lurus.cn").route("/", edge::api())),
    );
    cluster.add(
        Vip::new("wide", ip!("10.0.1.101"))
            .on(NODES)
            .leads_to(&small)
            .interface("eth0")
            .router(52),
    );
    cluster
}
