//! Tests of Patroni.

use crate::check::Check;
use crate::component::etcd::Etcd;
use crate::component::haproxy::HaProxy;
use crate::component::patroni::Patroni;
use crate::component::patroni::check::RULES;
use crate::component::patroni::lower::{FILE, Recipe, VERSION};
use crate::component::postgres::Postgres as _;
use crate::component::{EndpointRef, Lowering};
use crate::fixture::{APP, NODES, cluster, codes, file, on_one_engine, plan, with_images};
use crate::model::{Cluster, Described as _};
use crate::plan::{Body, Plan};
use crate::report::Report;
use crate::template::check_against;
use crate::yaml::{Node, map, seq};

#[test]
fn the_template_reads_what_it_is_given() {
    let recipe = Recipe {
        server: "PostgreSQL",
        base: "postgres:16.9-bookworm".into(),
        version: VERSION,
    };
    let mistakes = check_against(include_str!("Dockerfile.hbs"), &recipe);
    assert!(mistakes.is_empty(), "{mistakes:?}");
}

/// A whole database: what a test makes of Patroni, with an etcd and a balancer around it.
fn database(patroni: impl FnOnce(Patroni) -> Patroni) -> Cluster {
    around(cluster(), Etcd::new("etcd").on(NODES), patroni)
}

fn around(mut cluster: Cluster, etcd: Etcd, patroni: impl FnOnce(Patroni) -> Patroni) -> Cluster {
    let etcd = cluster.add(etcd);
    let plain = Patroni::new("pg").on(NODES).etcd(&etcd);
    let pg = cluster.add(patroni(
        plain
            .role("lurus")
            .database("lurus_billing")
            .database("lurus_provider"),
    ));
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    cluster
}

#[test]
fn members_are_spread() {
    let [one, two, three] = NODES;
    assert!(codes(&database(|pg| pg.on([one, two]))).is_empty());
    assert_eq!(codes(&database(|pg| pg.on([one]))), ["error L0205"]);
    // Their ports collide as well.
    let together = codes(&database(|pg| pg.on([one, two, one])));
    assert!(together.contains(&"error L0205".to_owned()), "{together:?}");
    assert_eq!(
        codes(&database(|pg| pg.on([one, two]).synchronous_strict(true))),
        ["error L0205"]
    );
    assert!(
        codes(&database(|pg| {
            pg.on([one, two, three]).synchronous_strict(true)
        }))
        .is_empty()
    );
    let development = around(cluster().development(), Etcd::new("etcd").on([one]), |pg| {
        pg.on([one])
    });
    assert!(codes(&development).is_empty());
}

#[test]
fn members_elect_in_a_store() {
    let mut cluster = cluster();
    cluster.add(Patroni::new("pg").on(NODES));
    assert_eq!(codes(&cluster), ["error L0408"]);
}

#[test]
fn the_lock_outlasts_its_renewal() {
    let with = |ttl: &str, wait: &str, retry: &str| {
        codes(&database(|pg| {
            pg.ttl(ttl).loop_wait(wait).retry_timeout(retry)
        }))
    };
    assert!(with("30s", "10s", "10s").is_empty());
    assert!(with("20s", "5s", "5s").is_empty());
    assert_eq!(with("29s", "10s", "10s"), ["error L0601"]);
    assert_eq!(with("19s", "5s", "5s"), ["error L0601"]);
    assert_eq!(with("30s", "0s", "5s"), ["error L0601"]);
    assert_eq!(with("30s", "5s", "2s"), ["error L0601"]);
    assert_eq!(with("30s", "500ms", "5s"), ["error L0601"]);
    assert_eq!(codes(&database(|pg| pg.ttl("20s"))), ["error L0601"]);
}

#[test]
fn patroni_is_more_patient_than_an_election() {
    let with = |election: &str| {
        let etcd = Etcd::new("etcd").on(NODES).election_timeout(election);
        codes(&around(cluster(), etcd, |pg| pg))
    };
    assert!(with("9s").is_empty());
    assert_eq!(with("10s"), ["error L0603"]);
}

#[test]
fn the_image_is_built_of_known_versions() {
    let with = |patroni: &'static str, postgres: Option<&'static str>| {
        let mut images = vec![
            ("etcd", "quay.io/coreos/etcd:v3.5.9"),
            ("haproxy", "haproxy:2.8.10-alpine"),
            ("patroni", patroni),
        ];
        images.extend(postgres.map(|image| ("postgres", image)));
        let cluster = Cluster::new("test", with_images(&images))
            .network(crate::fixture::DATA)
            .trusts(crate::fixture::DATA);
        let cluster = on_one_engine(cluster);
        codes(&around(cluster, Etcd::new("etcd").on(NODES), |pg| pg))
    };
    let ours = "ghcr.io/lurus/patroni:3.2.0-pg16";
    assert!(with(ours, Some("postgres:15.13-bookworm")).is_empty());
    assert_eq!(with(ours, Some("postgres:14.18-bookworm")), ["error L0801"]);
    assert_eq!(with(ours, Some("postgres:17.5-bookworm")), ["error L0801"]);
    assert_eq!(with(ours, None), ["error L0801"]);
    assert_eq!(
        with("ghcr.io/lurus/patroni:4.0.6-pg16", Some("postgres:16.9")),
        ["error L0801"]
    );
}

/// What the rule about the access list finds in a plan.
fn judged(plan: &Plan) -> Report {
    let mut report = Report::new();
    for rule in RULES {
        match rule.check {
            Check::Planned(check) => check(plan, &mut report),
            Check::Described(_) => {}
        }
    }
    report
}

/// The plan with another access list.
fn with_list(mut plan: Plan, change: impl Fn(Vec<String>) -> Vec<String>) -> Plan {
    let workload = plan
        .workloads
        .iter_mut()
        .find(|workload| workload.name.as_str() == "pg")
        .expect("a workload of Patroni");
    let body = &mut workload.config[0].files[0].body;
    let Body::Yaml(tree) = &*body else {
        panic!("patroni.yml is YAML");
    };
    let node = tree.node();
    let Some(Node::Seq(list)) = node.get("postgresql").and_then(|node| node.get("pg_hba")) else {
        panic!("a list of lines");
    };
    let text = |line: &Node| match line {
        Node::Str(text) => Some(text.clone()),
        Node::Null
        | Node::Bool(_)
        | Node::Int(_)
        | Node::Block(_)
        | Node::Seq(_)
        | Node::Map(_) => None,
    };
    let lines = list.iter().filter_map(text).collect();
    *body = Body::yaml(map([("postgresql", map([("pg_hba", seq(change(lines)))]))]));
    plan
}

#[test]
fn the_access_list_is_read_back() {
    let cluster = database(|pg| pg);
    for target in ["local", "hosts"] {
        let plan = plan(&cluster, target);
        assert!(judged(&plan).is_empty(), "{:?}", judged(&plan));
        // Every line but the first is needed by someone, where each has an address of its own.
        let count = |word: &'static str| {
            let without = with_list(plan.clone(), |lines| {
                lines
                    .into_iter()
                    .filter(|line| !line.contains(word))
                    .collect()
            });
            judged(&without).errors()
        };
        assert_eq!(count("host all postgres"), 1);
        // The member's own host, and each of three members.
        assert_eq!(count(" replicator "), 4);
        assert_eq!(count(" rewind "), 3);
        for line in [
            "host all all 0.0.0.0/0 scram-sha-256",
            "host all all all scram-sha-256",
            "host all lurus 10.0.1.11/32 trust",
            "nonsense",
        ] {
            let with = with_list(plan.clone(), |mut lines| {
                lines.push(line.to_owned());
                lines
            });
            assert_eq!(judged(&with).errors(), 1, "{line}");
        }
    }
    let closed = with_list(plan(&cluster, "hosts"), |lines| {
        lines
            .into_iter()
            .filter(|line| !line.contains("10.0.1.12/32"))
            .collect()
    });
    // Replicator, rewind and HAProxy of the second host.
    assert_eq!(judged(&closed).errors(), 3);
}

#[test]
fn clients_of_another_network_are_let_in_by_the_address_that_they_come_from() {
    let mut cluster = cluster();
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(Patroni::new("pg").on(NODES).etcd(&etcd).database("lurus"));
    cluster.add(HaProxy::new("haproxy").on(NODES).network(APP).postgres(&pg));
    let list = file(&cluster, "hosts/node-1/config/pg-1/patroni/patroni.yml");
    assert!(list.contains("host lurus app 10.0.1.12/32"), "{list}");
    let list = file(&cluster, "local/config/pg-1/patroni/patroni.yml");
    assert!(list.contains("host lurus app 10.0.1.0/24"), "{list}");
}

#[test]
fn the_file_of_each_target() {
    let cluster = database(|pg| {
        pg.memory("4GiB")
            .ttl("20s")
            .loop_wait("5s")
            .retry_timeout("5s")
    });
    let name = "pg-1/patroni";
    insta::assert_snapshot!(
        "local",
        file(&cluster, &format!("local/config/{name}/patroni.yml"))
    );
    insta::assert_snapshot!(
        "hosts",
        file(&cluster, &format!("hosts/node-1/config/{name}/patroni.yml"))
    );
    insta::assert_snapshot!(
        "script",
        file(&cluster, &format!("local/config/{name}/post_bootstrap.sh"))
    );
}

#[test]
fn each_key_costs_what_the_program_needs() {
    let plan = plan(&database(|pg| pg.max_connections(250)), "hosts");
    let workload = plan.workloads.iter().find(|it| it.name.as_str() == "pg");
    let workload = workload.expect("a workload of Patroni");
    let file = workload.config[0].files.iter().find(|it| it.name == FILE);
    let Body::Yaml(tree) = &file.expect("its own file").body else {
        panic!("patroni.yml is YAML");
    };
    for priced in &workload.key_costs {
        let found = priced.key.split('.').try_fold(tree.node(), Node::get);
        // Only Citus has this one.
        assert!(found.is_some() || priced.key == "citus", "{}", priced.key);
    }
    let cost = |key: &str| {
        let mut costs = workload.key_costs.iter();
        let priced = costs.find(|priced| priced.key == key);
        priced.map_or_else(|| "reload".to_owned(), |priced| priced.cost.to_string())
    };
    let costs = [
        "bootstrap.dcs.postgresql.parameters.max_connections",
        "bootstrap.dcs.postgresql.parameters.wal_level",
        "bootstrap.dcs.postgresql.parameters.wal_keep_size",
        "bootstrap.dcs.synchronous_mode",
        "bootstrap.dcs.ttl",
        "bootstrap",
        "etcd3",
        "postgresql.parameters.shared_buffers",
        "postgresql.parameters.work_mem",
        "postgresql.pg_hba",
        "scope",
    ]
    .map(|key| format!("{key}\n    {}", cost(key)));
    insta::assert_snapshot!("costs", costs.join("\n"));
}

#[test]
fn a_connection_string_leads_to_what_stands_in_front() {
    let cluster = database(|pg| pg);
    let checked = crate::check::check(&cluster).unwrap();
    let pg = Patroni::new("pg").reference();
    let string = |target, consumer: &str| {
        let lowering = Lowering::new(checked.site, target, &checked.declarations);
        pg.primary()
            .dsn("lurus_provider")
            .resolve(&consumer.parse().unwrap(), &lowering)
            .resolve(|symbol| format!("<{symbol:?}>"))
    };
    // From a host that carries HAProxy: the one beside.
    assert_eq!(
        string(&crate::target::local::Local, "etcd"),
        "postgresql://lurus:<Secret(SecretName(\"pg-app-password\"))>@<Beside(Name(\"haproxy\"), \"write\")>/lurus_provider?sslmode=disable"
    );
    let value = pg.replica().dsn("lurus_provider");
    let endpoints: Vec<_> = value.endpoints().collect();
    assert_eq!(endpoints[0], &EndpointRef::new(&pg, "replica"));
    assert!(value.refused().is_empty());
    assert_eq!(pg.primary().dsn("x'; drop").refused().len(), 1);
}
