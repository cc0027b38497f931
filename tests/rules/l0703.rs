//! A store that listens where the whole internet is.

use super::site::{DATA, NODE_1, hosts, images};
use super::sketch::Sketch;
use lurus_spec::model::Network;
use lurus_spec::prelude::*;
use lurus_spec::{cidr, ip, name};

pub(crate) fn cluster() -> Cluster {
    let outside = Network::new(
        name!("outside"),
        cidr!("198.51.100.0/24"),
        ip!("198.51.100.1"),
    );
    let mut hosts = hosts();
    hosts[0] = hosts[0].clone().at(name!("outside"), ip!("198.51.100.11"));
    let networks = vec![super::site::data(), outside];
    let mut cluster = Cluster::new("test", Inventory::new(networks, hosts, images())).network(DATA);
    cluster.add(
        Redis::new("cache")
            .on([NODE_1])
            .network(NetworkRef::new("outside")),
    );
    cluster.add(Sketch::new("inside").on([NODE_1]).port("http", 8080));
    cluster
}
