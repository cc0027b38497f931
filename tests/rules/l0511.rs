//! A group that waits for its disk, on a disk that spins and on one behind a network.

use super::site::{DATA, NODES, data, hosts, images};
use super::sketch::Sketch;
use lurus_spec::literal::DiskKind;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut hosts = hosts();
    hosts[0] = hosts[0].clone().disk_kind(DiskKind::Hdd);
    hosts[1] = hosts[1].clone().disk_kind(DiskKind::Nvme);
    hosts[2] = hosts[2].clone().disk_kind(DiskKind::Network);
    let mut cluster =
        Cluster::new("test", Inventory::new(vec![data()], hosts, images())).network(DATA);
    cluster.add(
        Sketch::new("store")
            .on(NODES)
            .declaring(|declaration| declaration.groups[0].flushes = true),
    );
    cluster.add(Sketch::new("cache").on(NODES));
    cluster
}
