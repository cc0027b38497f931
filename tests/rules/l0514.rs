//! Two groups that wait for one disk, of which nobody says what it is.

use super::site::{DATA, NODE_2, NODE_3, NODES, data, hosts, images};
use super::sketch::Sketch;
use lurus_spec::model::Host;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut hosts = hosts();
    hosts[1] = Host {
        disk_kind: None,
        ..hosts[1].clone()
    };
    let mut cluster =
        Cluster::new("test", Inventory::new(vec![data()], hosts, images())).network(DATA);
    let waiting =
        |name| Sketch::new(name).declaring(|declaration| declaration.groups[0].flushes = true);
    cluster.add(waiting("store").on(NODES));
    cluster.add(waiting("ledger").on([NODE_2, NODE_3]));
    cluster.add(Sketch::new("cache").on(NODES));
    cluster
}
