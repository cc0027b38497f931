//! Images that are not pinned, were never published, or were never filled in.

use super::site::{DATA, NODE_1, data, hosts};
use super::sketch::Sketch;
use lurus_spec::model::ImagePin;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let images = vec![
        ImagePin::new(name!("patroni"), image!("patroni/patroni:3.2.0")),
        ImagePin::new(name!("cache"), image!("docker.io/bitnami/redis:7.2.5")),
        ImagePin::new(name!("gateway"), image!("ghcr.io/your-org/gateway:1.0")),
        ImagePin::new(
            name!("own"),
            image!("registry:5000/patroni/patroni-16:3.2.0"),
        ),
    ];
    let inventory = Inventory::new(vec![data()], hosts(), images);
    let mut cluster = Cluster::new("test", inventory).network(DATA).trusts(DATA);
    for image in ["patroni", "cache", "gateway", "own", "gatway"] {
        cluster.add(
            Sketch::new(&format!("runs-{image}"))
                .on([NODE_1])
                .runs(image),
        );
    }
    cluster.add(
        Sketch::new("nothing")
            .on([NODE_1])
            .declaring(|declaration| declaration.image = None),
    );
    cluster
}
