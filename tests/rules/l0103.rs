//! Addresses outside of their network, of their router, and of a network that is not declared.

use super::site::images;
use lurus_spec::model::Host;
use lurus_spec::model::Network;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let host = |name| Host::new(name, 4, size!("16GiB"), size!("100GiB"));
    let data = Network::new(name!("data"), cidr!("10.0.1.0/24"), ip!("10.0.1.1"));
    let app = Network::new(name!("app"), cidr!("10.0.2.0/24"), ip!("10.0.3.1"));
    let hosts = vec![
        host(host_name!("node-1")).at(name!("data"), ip!("10.0.2.11")),
        host(host_name!("node-2")).at(name!("data"), ip!("10.0.1.1")),
        host(host_name!("node-3")).at(name!("data"), ip!("10.0.1.255")),
        host(host_name!("node-4")).at(name!("dta"), ip!("10.0.1.14")),
    ];
    Cluster::new("test", Inventory::new(vec![data, app], hosts, images()))
}
