//! An instance on a host where no agent of Consul is.

use super::site::{NODE_2, NODE_3, NODES};
use lurus_spec::model::{Host, Inventory};
use lurus_spec::prelude::*;
use lurus_spec::{host_name, ip, name, size};

pub(crate) fn cluster() -> Cluster {
    let mut hosts = super::site::hosts();
    hosts.push(
        Host::new(host_name!("node-4"), 4, size!("16GiB"), size!("100GiB"))
            .at(name!("data"), ip!("10.0.1.14"))
            .zone(name!("a")),
    );
    let inventory = Inventory::new(vec![super::site::data()], hosts, super::site::images());
    let mut cluster = Cluster::new("test", inventory)
        .network(super::site::DATA)
        .trusts(super::site::DATA);
    cluster.add(Nats::new("nats").on([NODE_2, NODE_3, HostRef::new("node-4")]));
    cluster.add(Consul::new("consul").on(NODES));
    cluster
}
