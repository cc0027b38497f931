//! A route to a component that is left out on the target.

use super::{edge, site};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = site::empty().target("k3s");
    for (missing, target) in edge::DONE_WITHOUT {
        cluster.omit(missing, target);
    }
    let api = cluster.add(edge::service("api", 3000));
    let inner = cluster.add(edge::service("inner", 3100));
    cluster.omit(&inner, "k3s");
    cluster.add(
        Nginx::new("nginx")
            .on(site::NODES)
            .certificate(edge::certificate())
            .serves(
                VirtualHost::new("api.lurus.cn")
                    .route("/", api.http())
                    .route("/inner/", inner.http()),
            ),
    );
    cluster
}
