//! Two addresses with one router number, a number that is none, and two addresses on one host.

use super::edge;
use super::site::NODES;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let (mut cluster, nginx) = edge::whole();
    let [one, two, three] = NODES;
    let vip = |name, address| Vip::new(name, address).leads_to(&nginx).interface("eth0");
    cluster.add(vip("first", ip!("10.0.1.100")).on([one]));
    cluster.add(vip("second", ip!("10.0.1.101")).on([two]));
    cluster.add(vip("third", ip!("10.0.1.102")).on([three]).router(256));
    cluster.add(vip("fourth", ip!("10.0.1.103")).on([one]).router(53));
    cluster
}
