//! Tests of PostgreSQL that somebody outside the cluster runs.

use crate::check::check;
use crate::component::haproxy::HaProxy;
use crate::component::managed::ManagedPostgres;
use crate::component::pgbouncer::PgBouncer;
use crate::component::postgres::Postgres as _;
use crate::component::{Lowering, Value};
use crate::fixture::{NODES, cluster, codes, file, plan};
use crate::model::{Cluster, Described as _};

fn managed() -> ManagedPostgres {
    ManagedPostgres::new("pg")
        .host("pg.example.com")
        .read_host("pg-ro.example.com")
        .database("orders")
}

/// What a test makes of the service, with a pool in front.
fn pooled(managed: ManagedPostgres) -> Cluster {
    let mut cluster = cluster();
    let pg = cluster.add(managed);
    cluster.add(PgBouncer::new("pgbouncer").on(NODES).postgres(&pg));
    cluster
}

#[test]
fn nothing_of_it_is_written() {
    let cluster = pooled(managed());
    assert!(codes(&cluster).is_empty());
    let plan = plan(&cluster, "hosts");
    let workloads: Vec<_> = plan
        .workloads
        .iter()
        .map(|found| found.name.as_str())
        .collect();
    assert_eq!(workloads, ["pgbouncer"]);
    let ways: Vec<String> = plan
        .departures
        .iter()
        .map(|way| format!("{} to {}", way.from, way.to))
        .collect();
    assert_eq!(
        ways,
        [
            "pgbouncer to pg-ro.example.com:5432",
            "pgbouncer to pg.example.com:5432"
        ]
    );
}

#[test]
fn a_pool_logs_in_as_the_application_and_asks_for_a_certificate() {
    let ini = |managed| {
        file(
            &pooled(managed),
            "hosts/node-1/config/pgbouncer-1/pgbouncer/pgbouncer.ini",
        )
    };
    let verified = ini(managed());
    insta::assert_snapshot!("pgbouncer", verified);
    let encrypted = ini(managed().verify(false));
    assert!(encrypted.contains("server_tls_sslmode = require\n"));
    assert!(!encrypted.contains("server_tls_ca_file"));
    let own = ini(managed().authorities("/etc/lurus/rds/ca.pem"));
    assert!(own.contains("server_tls_ca_file = /etc/lurus/rds/ca.pem\n"));
}

#[test]
fn a_connection_string_says_how_far_the_service_is_trusted() {
    let string =
        |managed: ManagedPostgres,
         dsn: fn(&crate::component::managed::ManagedPostgresRef) -> Value| {
            let pg = managed.reference();
            let cluster = pooled(managed);
            let checked = check(&cluster).unwrap();
            let target = &crate::target::hosts::Hosts;
            let lowering = Lowering::new(checked.site, target, &checked.declarations);
            dsn(&pg)
                .resolve(&"pgbouncer".parse().unwrap(), &lowering)
                .resolve(|symbol| format!("<{symbol:?}>"))
        };
    assert_eq!(
        string(managed(), |pg| pg.primary().dsn("orders")),
        "postgresql://app:<Secret(SecretName(\"pg-app-password\"))>@pg.example.com:5432/orders?sslmode=verify-full"
    );
    let read = string(managed().verify(false), |pg| pg.replica().dsn("orders"));
    assert!(
        read.ends_with("@pg-ro.example.com:5432/orders?sslmode=require"),
        "{read}"
    );
    let own = string(managed().authorities("/etc/ca.pem"), |pg| {
        pg.primary().dsn("orders")
    });
    assert!(
        own.ends_with("?sslmode=verify-full&sslrootcert=/etc/ca.pem"),
        "{own}"
    );
}

#[test]
fn what_cannot_follow_is_refused() {
    assert_eq!(codes(&pooled(managed().on(NODES))), ["error L0413"]);
    let mut nameless = cluster();
    nameless.add(ManagedPostgres::new("pg"));
    assert_eq!(codes(&nameless), ["error L0413"]);
    let mut in_front = cluster();
    let pg = in_front.add(managed());
    in_front.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    assert_eq!(codes(&in_front), ["error L0414"]);
    // 90 of 100 connections are for clients.
    let mut pools = cluster();
    let pg = pools.add(managed());
    pools.add(PgBouncer::new("pool").on(NODES).postgres(&pg).pool_size(30));
    assert_eq!(codes(&pools), ["error L0506"]);
}
