//! Tests of PgBouncer.

use crate::component::Declaration;
use crate::component::etcd::Etcd;
use crate::component::haproxy::HaProxy;
use crate::component::patroni::Patroni;
use crate::component::pgbouncer::PgBouncer;
use crate::component::pgbouncer::lower::{Configuration, Database, Start, User};
use crate::component::pgbouncer::pools::{Pool, Server};
use crate::fixture::{NODES, SIX, cluster, cluster_of_six, codes, file};
use crate::model::{Cluster, Described as _, HostRef};
use crate::template::check_against;

#[test]
fn the_templates_read_what_they_are_given() {
    let configuration = Configuration {
        databases: vec![Database {
            name: "lurus_ro".into(),
            host: "haproxy-1".into(),
            port: "5001".into(),
            dbname: "lurus".into(),
            pool_size: 7,
            most_connections: 10,
        }],
        bind: "10.0.0.1".into(),
        port: "6432".into(),
        users: "/tmp/userlist.txt",
        lookup_role: Some("pgbouncer"),
        stats_user: Some("stats"),
        max_clients: 1000,
        reserve: 2,
        max_prepared_statements: 200,
        idle_timeout: 600,
        wait_timeout: 30,
        unanswered: Some(15_000),
        server_tls: "verify-full",
        authorities: Some("/etc/ca.pem".into()),
    };
    let start = Start {
        users: vec![User {
            name: "stats".into(),
            variable: "STATS_PASSWORD",
        }],
        file: "/tmp/userlist.txt",
    };
    let mut mistakes = check_against(include_str!("pgbouncer.ini.hbs"), &configuration);
    mistakes.extend(check_against(include_str!("start.sh.hbs"), &start));
    assert!(mistakes.is_empty(), "{mistakes:?}");
}

/// PostgreSQL and its balancer on three hosts, and what a test pools it with.
fn pooled(
    mut cluster: Cluster,
    postgres: impl FnOnce(Patroni) -> Patroni,
    balancer: HaProxy,
    pooler: PgBouncer,
) -> Cluster {
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = Patroni::new("pg").on(NODES).etcd(&etcd);
    let pg = cluster.add(postgres(pg));
    cluster.add(balancer.postgres(&pg));
    cluster.add(pooler.postgres(&pg));
    cluster
}

fn two(pg: Patroni) -> Patroni {
    pg.database("orders").database("users")
}

fn haproxy() -> HaProxy {
    HaProxy::new("haproxy").on(NODES)
}

fn pgbouncer() -> PgBouncer {
    PgBouncer::new("pgbouncer").on(NODES)
}

fn three(pooler: PgBouncer) -> Cluster {
    pooled(cluster(), two, haproxy(), pooler)
}

#[test]
fn derived_pools_fit_wherever_they_are_placed() {
    assert!(codes(&three(pgbouncer())).is_empty());
    let on = |hosts: &[HostRef], databases: usize| {
        let names = (0..databases).map(|n| format!("db{n}"));
        let pooler = PgBouncer::new("pgbouncer").on(hosts.iter().copied());
        codes(&pooled(
            cluster_of_six(),
            |pg| names.fold(pg, |pg, name| pg.database(name.as_str())),
            haproxy(),
            pooler,
        ))
    };
    let none = Vec::<String>::new();
    for databases in 1..=2 {
        for hosts in 1..=6 {
            assert_eq!(on(&SIX[..hosts], databases), none, "{databases} on {hosts}");
        }
        // Beside no balancer at all.
        assert_eq!(on(&SIX[3..], databases), none, "{databases} elsewhere");
    }
}

#[test]
fn a_pool_larger_than_the_server_allows_is_refused() {
    // 182 connections for clients, 40 for writes and 20 for reads through each balancer; 4 of the 40 are for others.
    let sizes =
        |write: u32, read: u32| codes(&three(pgbouncer().pool_size(write).read_pool_size(read)));
    assert!(sizes(15, 7).is_empty());
    assert_eq!(sizes(16, 7), ["error L0506"]);
    assert_eq!(sizes(15, 8), ["error L0506"]);
    assert_eq!(sizes(500, 7), ["error L0506"]);
    assert_eq!(
        codes(&three(pgbouncer().pool_size(15).reserve(3))),
        ["error L0506"]
    );
    assert_eq!(
        codes(&three(pgbouncer().pool_size(15).direct_connections(5))),
        ["error L0506"]
    );
    // What lies between counts, too.
    let narrow = haproxy().write_connections(10).read_connections(10);
    assert_eq!(
        codes(&pooled(cluster(), two, narrow, pgbouncer())),
        ["error L0506"]
    );
}

#[test]
fn what_a_finding_says_to_type_mends_it() {
    let report = crate::check::check(&three(pgbouncer().pool_size(500))).unwrap_err();
    let help = report.iter().next().unwrap().help.clone().unwrap();
    assert!(
        help.contains("`.pool_size(15)` and `.read_pool_size(7)`"),
        "{help}"
    );
    let small = pooled(
        cluster(),
        |pg| two(pg).max_connections(40),
        haproxy(),
        pgbouncer(),
    );
    assert_eq!(codes(&small), ["error L0506"]);
}

#[test]
fn sizes_are_shares_of_what_the_server_has() {
    let server = Server {
        connections: 182,
        shares: 3,
        databases: 2,
    };
    let pools = pgbouncer().pools(server);
    assert_eq!((pools.write.size, pools.read.size), (15, 7));
    assert_eq!((pools.writes(), pools.reads()), (40, 20));
    assert_eq!(
        Pool {
            size: 5,
            reserve: 2
        }
        .most(),
        8
    );
    let none = Server {
        connections: 0,
        ..server
    };
    let pools = pgbouncer().pools(none);
    assert_eq!((pools.write.size, pools.read.size), (1, 1));
}

#[test]
fn clients_ask_for_writes_and_for_reads() {
    let cluster = three(pgbouncer());
    let checked = crate::check::check(&cluster).unwrap();
    let pool = PgBouncer::new("pgbouncer").reference();
    let target = &crate::target::local::Local;
    let lowering = crate::component::Lowering::new(checked.site, target, &checked.declarations);
    let read = |value: crate::component::Value| {
        value
            .resolve(&"haproxy".parse().unwrap(), &lowering)
            .resolve(|symbol| format!("<{symbol:?}>"))
    };
    // The password is the database's, the way is the pool's.
    assert_eq!(
        read(pool.primary().dsn("orders")),
        "postgresql://app:<Secret(SecretName(\"pg-app-password\"))>@<Beside(Name(\"pgbouncer\"), \"sql\")>/orders?sslmode=disable"
    );
    assert!(read(pool.replica().dsn("orders")).contains("/orders_ro?"));
}

#[test]
fn the_database_knows_the_pool_only_where_there_is_one() {
    let script = "hosts/node-1/config/pg-1/patroni/post_bootstrap.sh";
    let with = file(&three(pgbouncer()), script);
    assert_eq!(with.matches("user_lookup(wanted text)").count(), 2);
    assert!(with.contains("ROLE_POOLER_PASSWORD"));
    let mut cluster = cluster();
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(Patroni::new("pg").on(NODES).etcd(&etcd).database("orders"));
    cluster.add(haproxy().postgres(&pg));
    assert!(!file(&cluster, script).contains("pooler"));
}

#[test]
fn two_names_for_one_thing_are_refused() {
    let taken = pooled(
        cluster(),
        |pg| two(pg).database("orders_ro"),
        haproxy(),
        pgbouncer(),
    );
    assert_eq!(codes(&taken), ["error L0411"]);
    let alone = pooled(
        cluster(),
        |pg| two(pg).database("stock_ro"),
        haproxy(),
        pgbouncer(),
    );
    assert!(codes(&alone).is_empty());
    let mut twice = three(pgbouncer());
    let pg = Patroni::new("pg").reference();
    twice.add(PgBouncer::new("second").on(NODES).port(6433).postgres(&pg));
    assert_eq!(codes(&twice), ["error L0412"]);
}

#[test]
fn idle_connections_are_closed_from_the_right_end() {
    let times =
        |idle: &str, wait: &str| codes(&three(pgbouncer().idle_timeout(idle).wait_timeout(wait)));
    assert!(times("29m", "1s").is_empty());
    assert_eq!(times("30m", "1s"), ["error L0605"]);
    assert_eq!(times("10m", "0s"), ["error L0605"]);
    assert_eq!(times("1500ms", "1s"), ["error L0605"]);
}

#[test]
fn its_rules_and_panels_read_what_its_exporter_tells() {
    let name = "pgbouncer".parse().unwrap();
    let mut declaration = Declaration::default();
    super::observe::declare(&name, &name, &mut declaration);
    let catalogue = declaration.metrics[0].catalogue;
    let rules = &declaration.rule_groups[0];
    let alerts = rules.alerts.iter().map(|alert| &alert.expression);
    let recordings = rules.recordings.iter().map(|record| &record.expression);
    let panels = declaration.dashboards[0].panels.iter();
    let queries = panels.flat_map(|panel| panel.queries.iter().map(|(query, _)| query));
    let mut read = 0;
    for expression in alerts.chain(recordings).chain(queries) {
        let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for series in words.filter(|word| word.starts_with("pgbouncer_")) {
            assert!(
                catalogue.family(series).is_some(),
                "{series} in {expression}"
            );
            read += 1;
        }
    }
    assert!(read >= rules.alerts.len(), "{read} series");
    let names: Vec<&str> = catalogue.names().collect();
    assert!(names.is_sorted());
}

#[test]
fn the_files_of_each_target() {
    let cluster = three(pgbouncer());
    let folder = "pgbouncer-1/pgbouncer";
    insta::assert_snapshot!(
        "local",
        file(&cluster, &format!("local/config/{folder}/pgbouncer.ini"))
    );
    insta::assert_snapshot!(
        "hosts",
        file(
            &cluster,
            &format!("hosts/node-1/config/{folder}/pgbouncer.ini")
        )
    );
    insta::assert_snapshot!(
        "start",
        file(&cluster, &format!("local/config/{folder}/start.sh"))
    );
}
