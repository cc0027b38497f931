//! Two of three voters on one host, and two of three in one zone.

use super::site::{NODE_1, NODE_2, NODES, data, hosts, images};
use super::sketch::Sketch;
use lurus_spec::model::Host;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut hosts = hosts();
    hosts.push(
        Host::new(host_name!("node-4"), 4, size!("16GiB"), size!("100GiB"))
            .at(name!("data"), ip!("10.0.1.14"))
            .zone(name!("a")),
    );
    let inventory = Inventory::new(vec![data()], hosts, images());
    let mut cluster = Cluster::new("test", inventory)
        .network(super::site::DATA)
        .trusts(super::site::DATA);
    cluster.add(Sketch::new("spread").on(NODES).voting());
    cluster.add(Sketch::new("close").on([NODE_1, NODE_1, NODE_2]).voting());
    let node_4 = HostRef::new("node-4");
    cluster.add(Sketch::new("zoned").on([NODE_1, NODE_2, node_4]).voting());
    cluster
}
