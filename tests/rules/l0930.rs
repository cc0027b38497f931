//! Two edges on hosts of their own that serve one name, at ports of their own.

use super::{edge, site};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = site::empty().target("k3s");
    for (missing, target) in edge::DONE_WITHOUT {
        cluster.omit(missing, target);
    }
    let [first, second, _] = site::NODES;
    let api = cluster.add(edge::service("api", 3000));
    let name = || VirtualHost::new("api.lurus.cn");
    cluster.add(
        Nginx::new("nginx")
            .on([first])
            .certificate(edge::certificate())
            .serves(name().route("/", api.http())),
    );
    cluster.add(
        Nginx::new("inner")
            .on([second])
            .certificate(edge::certificate())
            .serves(name().route("/", api.http()))
            .https_port(8443),
    );
    cluster
}
