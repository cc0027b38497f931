//! Networks that hold each other, and one that engines take for containers.

use super::site::{data, hosts, images};
use lurus_spec::model::Network;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let all = Network::new(name!("all"), cidr!("10.0.0.0/16"), ip!("10.0.0.1"));
    let bridge = Network::new(name!("bridge"), cidr!("172.20.0.0/16"), ip!("172.20.0.1"));
    let pods = Network::new(name!("pods"), cidr!("10.42.7.0/24"), ip!("10.42.7.1"));
    Cluster::new(
        "test",
        Inventory::new(vec![data(), all, bridge, pods], hosts(), images()),
    )
}
