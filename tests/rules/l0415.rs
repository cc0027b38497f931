//! An image that cannot be named at the mirror of every registry, and a mirror of a registry that is mistyped.

use std::collections::BTreeMap;

use super::site::{DATA, images, inventory};
use lurus_spec::model::{ImagePin, Mirrors, Setting};
use lurus_spec::plan::checked;
use lurus_spec::prelude::*;
use lurus_spec::report::Origin;
use lurus_spec::{image, name};

pub(crate) fn cluster() -> Cluster {
    let gateway = ImagePin::new(name!("gateway"), image!("registry.lan:5000/gateway:1.0"));
    let images = images().into_iter().chain([gateway]);
    let site = inventory();
    let inventory = Inventory::new(
        site.networks().into(),
        site.hosts().into(),
        images.collect(),
    );
    let mirror = "mirror.example.com";
    Cluster::new(
        "test",
        inventory.behind(Mirrors {
            every: Some(Setting::new(checked(mirror), Origin::caller())),
            of: BTreeMap::from([(
                checked("quay.oi"),
                Setting::new(checked(mirror), Origin::caller()),
            )]),
        }),
    )
    .network(DATA)
}
