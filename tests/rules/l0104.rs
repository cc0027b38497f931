//! One address for two hosts, and two addresses for one.

use super::site::{data, hosts, images};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut hosts = hosts();
    hosts[2] = hosts[2].clone().at(name!("data"), ip!("10.0.1.12"));
    Cluster::new("test", Inventory::new(vec![data()], hosts, images()))
}
