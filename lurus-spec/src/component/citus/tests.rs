//! Tests of Citus.

use crate::component::citus::Citus;
use crate::component::citus::lower::Finish;
use crate::component::etcd::{Etcd, EtcdRef};
use crate::component::haproxy::HaProxy;
use crate::component::managed::ManagedPostgres;
use crate::component::patroni::Patroni;
use crate::component::pgbouncer::PgBouncer;
use crate::component::postgres::Postgres;
use crate::component::service::Service;
use crate::component::streaming::Streaming;
use crate::fixture::{DATA, NODES, cluster, codes, file, on_one_engine, plan, with_images};
use crate::model::{Cluster, ImageRef, Loss};
use crate::template::check_against;

#[test]
fn the_template_reads_what_it_is_given() {
    let finish = Finish {
        tries: 10,
        role: "app".into(),
        database: "orders".into(),
        groups: vec!["pg-1:5432,pg-2:5432".into()],
        coordinator: "pg-1:5432,pg-2:5432".into(),
        pooling: Some("SELECT 1;".into()),
    };
    let mistakes = check_against(include_str!("finish.sh.hbs"), &finish);
    assert!(mistakes.is_empty(), "{mistakes:?}");
}

/// A whole database: what a test makes of Citus, with an etcd, a balancer and a pool around it.
fn database(mut cluster: Cluster, citus: impl FnOnce(Citus) -> Citus) -> Cluster {
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(citus(
        Citus::new("pg").on(NODES).etcd(&etcd).database("orders"),
    ));
    in_front(&mut cluster, &pg);
    cluster
}

fn in_front(cluster: &mut Cluster, pg: &impl Postgres) {
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(pg));
    cluster.add(PgBouncer::new("pgbouncer").on(NODES).postgres(pg));
}

#[test]
fn groups_are_spread_and_members_of_one_are_apart() {
    let cluster = database(cluster(), |citus| citus);
    assert!(codes(&cluster).is_empty(), "{:?}", codes(&cluster));
    let plan = plan(&cluster, "hosts");
    let servers = plan
        .workloads
        .iter()
        .filter(|workload| workload.name.as_str().starts_with("pg"))
        .filter(|workload| workload.name.as_str() != "pgbouncer");
    let placed: Vec<String> = servers
        .flat_map(|workload| &workload.members)
        .map(|member| {
            let port = member.port("sql");
            let port = port.map_or_else(String::new, |port| format!(" {port}"));
            format!("{} {}{port}", member.name, member.host)
        })
        .collect();
    insta::assert_snapshot!(placed.join("\n"), @r"
    pg-1 node-1 5432
    pg-2 node-2 5432
    pg-finish node-1
    pg-worker-1-1 node-2 5433
    pg-worker-1-2 node-3 5433
    pg-worker-2-1 node-3 5434
    pg-worker-2-2 node-1 5434
    ");
}

#[test]
fn a_lost_host_leaves_a_member_of_each_group() {
    let claim = cluster().survives(Loss::of(1).hosts());
    assert!(codes(&database(claim, |citus| citus)).is_empty());
    let alone = database(cluster().survives(Loss::of(1).hosts()), |citus| {
        citus.replicas(0)
    });
    let refused = codes(&alone);
    assert!(refused.contains(&"error L0204".to_owned()), "{refused:?}");
    assert!(refused.contains(&"error L0205".to_owned()), "{refused:?}");
}

#[test]
fn what_cannot_be_spread_is_refused() {
    let refused = |citus: fn(Citus) -> Citus| codes(&database(cluster(), citus));
    assert_eq!(refused(|citus| citus.database("ledger")), ["error L0416"]);
    assert_eq!(refused(|citus| citus.workers(0)), ["error L0212"]);
    assert!(refused(|citus| citus.workers(100)).contains(&"error L0212".to_owned()));
    assert!(refused(|citus| citus.replicas(3)).contains(&"error L0212".to_owned()));
    // What holds for Patroni holds for each group.
    assert_eq!(refused(|citus| citus.ttl("20s")), ["error L0601"]);
    assert_eq!(
        refused(|citus| citus.synchronous_strict(true)),
        ["error L0205", "error L0205", "error L0205"]
    );
    assert_eq!(
        refused(|citus| citus.port(65534).workers(3)),
        ["error L0212", "error L0212"]
    );
}

#[test]
fn the_image_is_built_of_versions_that_carry_it() {
    let with = |base: &str, own: &str| {
        let inventory = with_images(&[
            ("citus-base", base),
            ("citus", own),
            ("etcd", "quay.io/coreos/etcd:v3.5.9"),
            ("haproxy", "haproxy:2.8.10-alpine"),
            ("pgbouncer", "edoburu/pgbouncer:v1.21.0-p2"),
        ]);
        codes(&database(
            on_one_engine(Cluster::new("test", inventory).network(DATA).trusts(DATA)),
            |citus| citus,
        ))
    };
    let (base, own) = (
        "citusdata/citus:12.1",
        "ghcr.io/lurus/citus:3.2.0-citus12.1",
    );
    assert!(with(base, own).is_empty());
    assert_eq!(with("citusdata/citus:11.3", own), ["error L0801"]);
    assert_eq!(with("citusdata/citus:12.0.1", own), ["error L0801"]);
    assert_eq!(with(base, "ghcr.io/lurus/citus:2.1.0"), ["error L0801"]);
}

/// A system on any scheme: changing it is changing what `pg` is.
fn on<P: Postgres>(cluster: &mut Cluster, pg: &P) {
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(pg));
    let pool = cluster.add(PgBouncer::new("pgbouncer").on(NODES).postgres(pg));
    cluster.add(
        Service::new("orders", ImageRef::new("web"))
            .on(NODES)
            .port("http", 18100)
            .env("PG_DSN", pool.primary().dsn("orders")),
    );
}

#[test]
fn the_scheme_is_one_line_and_what_cannot_follow_is_a_finding() {
    type Add = fn(&mut Cluster, &EtcdRef);
    let schemes: [(&str, Add); 6] = [
        ("patroni", |cluster, etcd| {
            let pg = Patroni::new("pg").on(NODES).etcd(etcd).database("orders");
            let pg = cluster.add(pg);
            on(cluster, &pg);
        }),
        ("citus", |cluster, etcd| {
            let pg = Citus::new("pg").on(NODES).etcd(etcd).database("orders");
            let pg = cluster.add(pg);
            on(cluster, &pg);
        }),
        ("citus, with a second database", |cluster, etcd| {
            let pg = Citus::new("pg").on(NODES).etcd(etcd).database("orders");
            let pg = cluster.add(pg.database("ledger"));
            on(cluster, &pg);
        }),
        (
            "citus, without the database that is asked for",
            |cluster, etcd| {
                let pg = Citus::new("pg").on(NODES).etcd(etcd).database("ledger");
                let pg = cluster.add(pg);
                on(cluster, &pg);
            },
        ),
        ("streaming", |cluster, _| {
            let pg = cluster.add(Streaming::new("pg").on(NODES).database("orders"));
            on(cluster, &pg);
        }),
        ("managed", |cluster, _| {
            let pg = ManagedPostgres::new("pg").host("pg.example.com");
            let pg = cluster.add(pg.database("orders"));
            on(cluster, &pg);
        }),
    ];
    let outcomes = schemes.map(|(scheme, add)| {
        let mut cluster = cluster().survives(Loss::of(1).hosts());
        let etcd = cluster.add(Etcd::new("etcd").on(NODES));
        add(&mut cluster, &etcd);
        format!("{scheme}: {:?}", codes(&cluster))
    });
    insta::assert_snapshot!(outcomes.join("\n"), @r#"
    patroni: []
    citus: []
    citus, with a second database: ["error L0416"]
    citus, without the database that is asked for: ["error L0410"]
    streaming: ["error L0204"]
    managed: ["error L0414"]
    "#);
}

#[test]
fn clients_are_led_to_the_coordinator() {
    let cluster = database(cluster(), |citus| citus);
    let config = file(
        &cluster,
        "hosts/node-1/config/haproxy-1/haproxy/haproxy.cfg",
    );
    assert!(config.contains("server pg-1 "), "{config}");
    assert!(!config.contains("worker"), "{config}");
}

#[test]
fn the_files_of_a_worker_group() {
    let cluster = database(cluster(), |citus| citus);
    insta::assert_snapshot!(
        "worker",
        file(
            &cluster,
            "hosts/node-2/config/pg-worker-1-1/patroni/patroni.yml"
        )
    );
    insta::assert_snapshot!(
        "script",
        file(
            &cluster,
            "hosts/node-2/config/pg-worker-1-1/patroni/post_bootstrap.sh"
        )
    );
    insta::assert_snapshot!(
        "finish",
        file(&cluster, "local/config/pg-finish/citus/finish.sh")
    );
}

#[test]
fn no_scheme_finds_the_data_of_another() {
    let volumes = |add: fn(&mut Cluster, &EtcdRef)| -> Vec<&'static str> {
        let mut cluster = cluster();
        let etcd = cluster.add(Etcd::new("etcd").on(NODES));
        add(&mut cluster, &etcd);
        let plan = plan(&cluster, "hosts");
        let workload = plan
            .workloads
            .iter()
            .find(|workload| workload.name.as_str() == "pg")
            .unwrap();
        workload.volumes.iter().map(|volume| volume.name).collect()
    };
    let kept = [
        volumes(|cluster, etcd| {
            let pg = cluster.add(Patroni::new("pg").on(NODES).etcd(etcd).database("orders"));
            on(cluster, &pg);
        }),
        volumes(|cluster, etcd| {
            let pg = cluster.add(Citus::new("pg").on(NODES).etcd(etcd).database("orders"));
            on(cluster, &pg);
        }),
        volumes(|cluster, _| {
            let pg = cluster.add(Streaming::new("pg").on(NODES).database("orders"));
            on(cluster, &pg);
        }),
    ];
    assert_eq!(kept, [["data"], ["citus-data"], ["streaming-data"]]);
}
