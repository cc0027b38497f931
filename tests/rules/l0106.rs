//! A component on a network where one of its hosts has no address.

use super::site::{NODES, data, hosts, images};
use super::sketch::Sketch;
use lurus_spec::model::Network;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let app = Network::new(name!("app"), cidr!("10.0.0.0/24"), ip!("10.0.0.1"));
    let mut hosts = hosts();
    hosts[0] = hosts[0].clone().at(name!("app"), ip!("10.0.0.11"));
    let mut cluster = Cluster::new("test", Inventory::new(vec![data(), app], hosts, images()));
    cluster.add(Sketch::new("web").on(NODES).network(NetworkRef::new("app")));
    // The cluster names no network, and neither does this one.
    cluster.add(Sketch::new("queue").on(NODES));
    cluster
}
