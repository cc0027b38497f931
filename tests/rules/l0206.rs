//! A claim about zones, with a host in no zone.

use super::site::{DATA, NODES, data, hosts, images};
use super::sketch::Sketch;
use lurus_spec::component::Survival;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut hosts = hosts();
    hosts[2].zone = None;
    let inventory = Inventory::new(vec![data()], hosts, images());
    let mut cluster = Cluster::new("test", inventory)
        .network(DATA)
        .survives(Loss::of(1).zones());
    cluster.add(Sketch::new("web").on(NODES).declaring(|declaration| {
        let members: Vec<Name> = declaration.groups[0].member_names().collect();
        declaration
            .survival
            .push(Survival::any("one server", members));
    }));
    cluster
}
