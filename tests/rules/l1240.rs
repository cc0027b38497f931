//! An address outside its network, and one that a host has.

use super::edge;
use super::site::NODES;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let (mut cluster, nginx) = edge::whole();
    cluster.add(
        Vip::new("outside", ip!("10.0.9.100"))
            .on([NODES[0]])
            .leads_to(&nginx)
            .interface("eth0"),
    );
    cluster.add(
        Vip::new("taken", ip!("10.0.1.12"))
            .on([NODES[1]])
            .leads_to(&nginx)
            .interface("eth0")
            .router(52),
    );
    cluster
}
