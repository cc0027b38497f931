//! An address of a provider with a setting for hosts, and one of hosts with a setting for a provider.

use super::edge;
use super::site::NODES;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let (mut cluster, nginx) = edge::whole();
    cluster.add(
        Vip::new("public", ip!("203.0.113.7"))
            .external()
            .leads_to(&nginx)
            .interface("eth0"),
    );
    cluster.add(
        Vip::new("vip", ip!("10.0.1.100"))
            .on(NODES)
            .leads_to(&nginx)
            .interface("eth0")
            .checked_from("100.64.0.0/10"),
    );
    cluster
}
