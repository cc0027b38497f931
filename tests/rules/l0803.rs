//! A PgBouncer that is older than what its file says.

use super::site::{DATA, NODES, data, hosts, images};
use lurus_spec::model::ImagePin;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut images = images();
    images.retain(|pin| pin.name.as_str() != "pgbouncer");
    images.push(ImagePin::new(
        name!("pgbouncer"),
        image!("edoburu/pgbouncer:1.19.1-p0"),
    ));
    let inventory = Inventory::new(vec![data()], hosts(), images);
    let mut cluster = Cluster::new("test", inventory).network(DATA).trusts(DATA);
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(Patroni::new("pg").on(NODES).etcd(&etcd).database("orders"));
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    cluster.add(PgBouncer::new("pgbouncer").on(NODES).postgres(&pg));
    cluster
}
