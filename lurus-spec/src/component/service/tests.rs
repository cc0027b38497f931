//! Tests of application services.

use crate::component::haproxy::HaProxy;
use crate::component::nats::Nats;
use crate::component::patroni::{Patroni, PatroniRef};
use crate::component::postgres::Postgres as _;
use crate::component::redis::RedisCluster;
use crate::component::service::{Check, ProbeTool, RedisClient, Service, observe};
use crate::component::{Own, etcd::Etcd};
use crate::fixture::{NODES, SIX, cluster, cluster_of_six, codes, file, plan};
use crate::literal::Duration;
use crate::model::{Ability, Cluster, ImageRef, Loss};
use crate::plan::{Act, Ask, Flow, Workload, checked};

const APP: ImageRef = ImageRef::new("app");

fn web() -> Service {
    Service::new("web", APP).on(NODES)
}

/// A cluster of one service.
fn of(service: Service) -> Cluster {
    let mut cluster = cluster();
    cluster.add(service);
    cluster
}

/// The service's workload where production runs.
fn lowered(cluster: &Cluster) -> Workload {
    let plan = plan(cluster, "hosts");
    let web = plan.workload(&checked("web"));
    web.expect("a service of this name").clone()
}

fn postgres(cluster: &mut Cluster) -> PatroniRef {
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(Patroni::new("pg").on(NODES).etcd(&etcd).database("web"));
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    pg
}

/// A gateway as the guide has it: it writes and reads PostgreSQL, Redis Cluster and NATS.
fn whole() -> Cluster {
    let mut cluster = cluster().survives(Loss::of(1).hosts());
    for target in ["hosts", "local"] {
        cluster.omit(Ability::Liveness, target);
    }
    let pg = postgres(&mut cluster);
    let redis = cluster.add(RedisCluster::new("redis").on(NODES));
    let nats = cluster.add(Nats::new("nats").on(NODES));
    cluster.add(
        web()
            .replicas(2)
            .port("http", 18100)
            .env("PORT", Own::port("http"))
            .env("PG_DSN", pg.primary().dsn("web"))
            .env("PG_REPLICA_DSN", pg.replica().dsn("web"))
            .env("REDIS_ADDRS", redis.addresses())
            .env("REDIS_PASSWORD", redis.password())
            .env("NATS_URL", nats.url())
            .env("NODE_TYPE", Own::first_else("master", "slave"))
            .secret("SESSION_SECRET", "session-secret")
            .speaks(RedisClient::Cluster)
            .pool(redis.addresses(), 20)
            .readiness(Check::http("/readyz"))
            .liveness(Check::http("/livez"))
            .probe_with(ProbeTool::Wget)
            .metrics("/metrics")
            .timeout("120s"),
    );
    cluster
}

#[test]
fn applications_find_what_instances_are_told() {
    let cluster = whole();
    for (place, folder) in [("a host", "hosts/node-2"), ("one engine", "local")] {
        let read = |extension| file(&cluster, &format!("{folder}/connections/web.{extension}"));
        insta::assert_snapshot!(format!("variables on {place}"), read("env"));
        insta::assert_snapshot!(format!("connections on {place}"), read("yml"));
    }
}

#[test]
fn instances_of_one_host_have_ports_of_their_own() {
    let members = lowered(&whole()).members;
    let places: Vec<_> = members
        .iter()
        .map(|member| {
            let port = member.port("http").expect("it has one").get();
            (member.name.as_str(), member.host.as_str(), port)
        })
        .collect();
    assert_eq!(
        places,
        [
            ("web-1", "node-1", 18100),
            ("web-2", "node-1", 18101),
            ("web-3", "node-2", 18100),
            ("web-4", "node-2", 18101),
            ("web-5", "node-3", 18100),
            ("web-6", "node-3", 18101),
        ]
    );
}

#[test]
fn one_more_host_renames_nobody() {
    let on = |hosts: usize| {
        let mut cluster = cluster_of_six();
        let hosts = SIX.into_iter().take(hosts);
        cluster.add(Service::new("web", APP).on(hosts).replicas(2));
        lowered(&cluster).members
    };
    let (three, four) = (on(3), on(4));
    assert_eq!(four.len(), 8);
    assert!(
        three
            .iter()
            .zip(&four)
            .all(|(a, b)| a.name == b.name && a.host == b.host)
    );
}

#[test]
fn flows_follow_from_values() {
    let plan = plan(&whole(), "hosts");
    let reached: Vec<(&str, &str)> = plan
        .flows
        .iter()
        .filter(|Flow { from, .. }| from.as_str() == "web")
        .map(|flow| (flow.to.as_str(), flow.port.as_ref()))
        .collect();
    assert_eq!(
        reached,
        [
            ("haproxy", "read"),
            ("haproxy", "write"),
            ("nats", "client"),
            ("redis", "client"),
        ]
    );
}

#[test]
fn readiness_and_liveness_are_kept_apart() {
    let workload = lowered(&whole());
    let asked = |probe: Option<crate::plan::Probe>| probe.expect("it is asked").asks;
    assert_eq!(asked(workload.ready), Ask::Http("/readyz".into()));
    assert_eq!(asked(workload.live), Ask::Http("/livez".into()));

    let other = web()
        .port("http", 18100)
        .port("grpc", 18200)
        .readiness(Check::tcp().at("grpc"));
    let workload = lowered(&of(other));
    let ready = workload.ready.expect("it is asked");
    assert_eq!((ready.port.as_ref(), ready.asks), ("grpc", Ask::Tcp));
    assert_eq!((workload.live, workload.health), (None, None));
}

#[test]
fn a_stop_waits_as_long_as_a_request_may_take() {
    let stop = lowered(&whole()).stop;
    assert_eq!(stop.needed, Duration::secs(120));
    assert_eq!(stop.grace, Duration::secs(125));
    assert_eq!(codes(&of(web().stop_grace("60s"))), ["error L0604"]);
    assert!(codes(&of(web().drain("60s").timeout("60s"))).is_empty());
    assert_eq!(codes(&of(web().drain("59s"))), ["warning L1216"]);
}

#[test]
fn one_instance_survives_nothing() {
    let claims = |service: Service| {
        let mut cluster = cluster().survives(Loss::of(1).hosts());
        cluster.add(service);
        codes(&cluster)
    };
    assert!(claims(web()).is_empty());
    assert_eq!(claims(web().singleton()), ["error L0204"]);
    let workload = lowered(&of(web().singleton()));
    assert_eq!(workload.members.len(), 1);
    assert_eq!(workload.members[0].host.as_str(), "node-1");
}

/// Who is called at night is told whether somebody else serves.
#[test]
fn nobody_is_said_to_serve_beside_the_only_instance() {
    let said = |service: Service| {
        let cluster = of(service.port("http", 18100).metrics("/metrics"));
        file(&cluster, "README.md")
    };
    for others in [
        "The other instances serve meanwhile",
        "Go on with the next one.",
    ] {
        assert!(said(web()).contains(others), "{others}");
        assert!(!said(web().singleton()).contains(others), "{others}");
    }
    assert!(said(web().singleton()).contains("and nothing serves meanwhile"));
    let told = |instances| {
        let rules = observe::rules(&checked("web"), instances);
        rules.alerts[0].action.contains("The other instances")
    };
    assert_eq!((told(1), told(2)), (false, true));
}

#[test]
fn an_image_of_root_is_run_as_somebody_else() {
    assert_eq!(lowered(&of(web())).user, None);
    let user = lowered(&of(web().user(1000))).user;
    assert_eq!(user.as_deref(), Some("1000:1000"));
}

#[test]
fn two_services_share_no_port_of_a_host() {
    let mut both = of(web()
        .replicas(2)
        .port("http", 18100)
        .env("PORT", Own::port("http")));
    both.add(
        Service::new("other", APP)
            .on([NODES[2]])
            .port("http", 18101),
    );
    assert_eq!(codes(&both), ["error L0301"]);
}

#[test]
fn pools_fill_what_a_server_takes_and_no_more() {
    let open = |connections: u32| {
        let mut cluster = cluster();
        let pg = postgres(&mut cluster);
        cluster.add(
            web()
                .env("PG_DSN", pg.primary().dsn("web"))
                .pool(pg.primary(), connections),
        );
        codes(&cluster)
    };
    // 200 of PostgreSQL, 18 of which are for others.
    assert!(open(60).is_empty());
    assert_eq!(open(61), ["error L1217"]);
}

#[test]
fn pools_of_a_cluster_leave_room_for_its_members_and_operators() {
    let open = |connections: u32| {
        let mut cluster = cluster();
        let redis = cluster.add(RedisCluster::new("redis").on(NODES));
        cluster.add(web().on([NODES[0]]).pool(redis.addresses(), connections));
        codes(&cluster)
    };
    // 10,000 without 32 for others and two for each of five other members.
    assert!(open(9_958).is_empty());
    assert_eq!(open(9_959), ["error L1217"]);
}

#[test]
fn a_literal_secret_is_seen_and_a_setting_is_not() {
    let set = |name: &'static str, value: &str| codes(&of(web().env(name, value)));
    for (name, value) in [
        ("REDIS_URL", "redis://:hunter2@cache:6379/0"),
        ("NATS_URL", "nats://a:4222,nats://app:hunter2@b:4222"),
        ("API_KEY", "sk-123456"),
    ] {
        assert_eq!(set(name, value), ["error L1213"], "{name}={value}");
    }
    for (name, value) in [
        ("REDIS_URL", "redis://cache:6379/0"),
        ("NATS_URL", "nats://a:4222,nats://b:4222"),
        ("MAX_TOKEN", "4096"),
        ("USE_TOKEN", "true"),
        ("TLS_KEY", "/run/tls/key.pem"),
        ("CALLBACK", "https://example.com/a:b@c"),
        ("PASSWORD_HINT", "the usual"),
    ] {
        assert!(set(name, value).is_empty(), "{name}={value}");
    }
}

#[test]
fn what_a_type_refuses_is_a_finding() {
    let refused = |service: Service| codes(&of(service));
    assert_eq!(refused(web().env("pg_dsn", "x")), ["error L0102"]);
    assert_eq!(refused(web().port("HTTP", 80)), ["error L0102"]);
    assert_eq!(refused(web().port("http", 0)), ["error L0102"]);
    assert_eq!(refused(web().secret("A", "Not A Name")), ["error L0102"]);
    let check = |path: &str| web().port("http", 18100).readiness(Check::http(path));
    assert_eq!(refused(check("readyz")), ["error L0102"]);
    assert_eq!(refused(check("/a b")), ["error L0102"]);
    let series = |lines| {
        web()
            .port("http", 18100)
            .metrics("/metrics")
            .series("web 1", lines)
    };
    assert!(refused(series("a_total\tcounter\tcode\nb\tgauge\t")).is_empty());
    assert_eq!(refused(series("a_total counter")), ["error L0102"]);
    assert_eq!(refused(series("a_total\tnumber\t")), ["error L0102"]);
}

#[test]
fn its_own_secrets_belong_to_it() {
    let plan = plan(&whole(), "local");
    let own = plan
        .secrets
        .iter()
        .find(|secret| secret.owner.as_str() == "web");
    assert_eq!(
        own.map(|secret| secret.name.as_str()),
        Some("web-session-secret")
    );
}

#[test]
fn the_alert_about_a_missing_job_is_called_after_it() {
    let rules = observe::rules(&checked("new-api"), 3);
    let names: Vec<&str> = rules
        .alerts
        .iter()
        .map(|alert| alert.name.as_ref())
        .collect();
    assert_eq!(names, ["ServiceInstanceDown", "NewApiJobAbsent"]);
}

#[test]
fn the_book_asks_an_instance_what_the_engine_asks_it() {
    for (target, address) in [("hosts", "10.0.1.11"), ("local", "web-1")] {
        let plan = plan(&whole(), target);
        let [check, ..] = plan.operations[&checked("web")].as_slice() else {
            panic!("it has procedures");
        };
        let url = format!("http://{address}:18100/readyz");
        let words = ["wget", "-q", "-T", "4", "-O", "/dev/null", &url].map(str::to_owned);
        let asked = Act::Run(words.to_vec());
        assert_eq!(check.steps[0].acts, [(checked("web-1"), asked)]);
    }
}
