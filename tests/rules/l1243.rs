//! An address without an interface.

use super::edge;
use super::site::NODES;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let (mut cluster, nginx) = edge::whole();
    cluster.add(
        Vip::new("vip", ip!("10.0.1.100"))
            .on(NODES)
            .leads_to(&nginx),
    );
    cluster
}
