//! Tests of HAProxy.

use crate::component::etcd::Etcd;
use crate::component::haproxy::HaProxy;
use crate::component::haproxy::lower::{Configuration, Server};
use crate::component::patroni::Patroni;
use crate::fixture::{NODES, cluster, codes, file};
use crate::model::{Cluster, Described as _};
use crate::template::check_against;

#[test]
fn the_template_reads_what_it_is_given() {
    let server = Server {
        name: "pg-1".into(),
        address: "pg-1:5432".into(),
        role_port: Some(8008),
    };
    let example = Configuration {
        bind: "10.0.0.1".into(),
        write_port: "5000".into(),
        read_port: "5001".into(),
        stats_port: "8404".into(),
        max_connections: 2000,
        session_timeout: "1800s".into(),
        reload_grace: "30s".into(),
        write_connections: 40,
        read_connections: 20,
        by_name: true,
        primaries: vec![server.clone()],
        replicas: vec![server],
        asked: true,
    };
    let mistakes = check_against(include_str!("haproxy.cfg.hbs"), &example);
    assert!(mistakes.is_empty(), "{mistakes:?}");
}

/// PostgreSQL on three hosts, and what a test puts in front of it.
fn in_front(postgres: impl FnOnce(Patroni) -> Patroni, balancer: HaProxy) -> Cluster {
    let mut cluster = cluster();
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(postgres(
        Patroni::new("pg").on(NODES).etcd(&etcd).database("lurus"),
    ));
    cluster.add(balancer.postgres(&pg));
    cluster
}

fn haproxy() -> HaProxy {
    HaProxy::new("haproxy").on(NODES)
}

#[test]
fn it_stands_in_front_of_something() {
    let mut cluster = cluster();
    cluster.add(haproxy());
    assert_eq!(codes(&cluster), ["error L0409"]);
}

#[test]
fn instances_open_no_more_than_the_database_has() {
    let at = |connections: u32, write: u32| {
        codes(&in_front(
            |pg| pg.max_connections(connections),
            haproxy().write_connections(write).read_connections(20),
        ))
    };
    // 18 are kept back.
    assert!(at(198, 40).is_empty());
    assert_eq!(at(197, 40), ["error L0503"]);
    assert_eq!(at(198, 41), ["error L0503"]);
    assert_eq!(
        codes(&in_front(|pg| pg.max_connections(18), haproxy())),
        ["error L0503"]
    );
}

#[test]
fn what_a_finding_says_to_type_mends_it() {
    let with = |connections: u32| {
        in_front(
            |pg| pg.max_connections(connections),
            haproxy().write_connections(40),
        )
    };
    let report = crate::check::check(&with(60)).unwrap_err();
    let help = report.iter().next().unwrap().help.clone().unwrap();
    assert!(help.contains(".max_connections(141)"), "{help}");
    assert!(codes(&with(141)).is_empty());
    assert_eq!(codes(&with(140)), ["error L0503"]);
}

#[test]
fn every_balancer_counts() {
    let mut cluster = in_front(|pg| pg, haproxy());
    let pg = Patroni::new("pg").reference();
    cluster.add(
        HaProxy::new("second")
            .on(NODES)
            .postgres(&pg)
            .write_port(5010)
            .read_port(5011)
            .stats_port(8414),
    );
    assert_eq!(codes(&cluster), ["error L0503"]);
}

#[test]
fn shares_are_equal_and_whole() {
    let shares = haproxy().shares(182);
    assert_eq!((shares.write, shares.read), (40, 20));
    let shares = haproxy().write_connections(55).shares(182);
    assert_eq!((shares.write, shares.read), (55, 5));
    let shares = haproxy().read_connections(50).shares(182);
    assert_eq!((shares.write, shares.read), (10, 50));
    let shares = haproxy().shares(0);
    assert_eq!((shares.write, shares.read), (1, 1));
}

#[test]
fn the_file_of_each_target() {
    let cluster = in_front(|pg| pg, haproxy());
    let name = "haproxy-1/haproxy/haproxy.cfg";
    insta::assert_snapshot!("local", file(&cluster, &format!("local/config/{name}")));
    insta::assert_snapshot!(
        "hosts",
        file(&cluster, &format!("hosts/node-1/config/{name}"))
    );
}
