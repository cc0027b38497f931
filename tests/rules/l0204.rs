//! A claim to survive the loss of a host that carries the only server.

use super::site::{NODE_1, empty};
use super::sketch::Sketch;
use lurus_spec::component::Survival;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty().survives(Loss::of(1).hosts());
    cluster.add(Sketch::new("lone").on([NODE_1]).declaring(|declaration| {
        declaration
            .survival
            .push(Survival::any("one server", [name!("lone-1")]));
    }));
    cluster
}
