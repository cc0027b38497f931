//! Patroni on a PostgreSQL for which its configuration is not written.

use super::site::{DATA, NODES, data, hosts, images};
use lurus_spec::model::ImagePin;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut images = images();
    images.retain(|pin| pin.name.as_str() != "postgres");
    images.push(ImagePin::new(
        name!("postgres"),
        image!("postgres:14.18-bookworm"),
    ));
    let inventory = Inventory::new(vec![data()], hosts(), images);
    let mut cluster = Cluster::new("test", inventory).network(DATA).trusts(DATA);
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(Patroni::new("pg").on(NODES).etcd(&etcd));
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    cluster
}
