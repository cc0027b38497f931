//! An access list of PostgreSQL that lets nobody in.

use super::lowered;
use super::site::{NODES, empty};
use lurus_spec::plan::Body;
use lurus_spec::plan::Plan;
use lurus_spec::prelude::*;
use lurus_spec::yaml::{map, seq};

pub(crate) fn plan() -> Plan {
    let mut cluster = empty();
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(Patroni::new("pg").on(NODES).etcd(&etcd));
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    let mut plan = lowered::of(&cluster);
    for workload in plan
        .workloads
        .iter_mut()
        .filter(|workload| workload.name.as_str() == "pg")
    {
        let list = seq(["local all postgres peer"]);
        workload.config[0].files[0].body =
            Body::yaml(map([("postgresql", map([("pg_hba", list)]))]));
    }
    plan
}
