//! What is written for applications says the same as what their containers are given: another program reads both.

use std::collections::BTreeMap;
use std::process::Command;

use lurus_spec::file_tree::TreePath;
use lurus_spec::model::{Host, HostRef, ImagePin, ImageRef, Inventory, Network, NetworkRef};
use lurus_spec::prelude::*;
use lurus_spec::{Compiled, cidr, compile, host_name, image, ip, name, size};
use serde_json::Value as Json;

const DATA: NetworkRef = NetworkRef::new("data");

const NODES: [HostRef; 3] = [
    HostRef::new("node-1"),
    HostRef::new("node-2"),
    HostRef::new("node-3"),
];
const APP: ImageRef = ImageRef::new("app");

/// Texts that a shell or a reader of variables might take for more than they are.
const TEXTS: [&str; 9] = [
    "plain",
    "",
    "two words",
    "it's",
    "a\"b\\c",
    "$HOME ${HOME} $(id) `id`",
    "a#b #c",
    "*?~[x]!",
    "中文",
];

fn compiled() -> Compiled {
    let host = |name, ip| Host::new(name, 4, size!("16GiB"), size!("100GiB")).at(name!("data"), ip);
    let inventory = Inventory::new(
        vec![Network::new(
            name!("data"),
            cidr!("10.0.1.0/24"),
            ip!("10.0.1.1"),
        )],
        vec![
            host(host_name!("node-1"), ip!("10.0.1.11")),
            host(host_name!("node-2"), ip!("10.0.1.12")),
            host(host_name!("node-3"), ip!("10.0.1.13")),
        ],
        vec![
            ImagePin::new(name!("app"), image!("example/app:1.0.0")),
            ImagePin::new(name!("etcd"), image!("quay.io/coreos/etcd:v3.5.9")),
            ImagePin::new(name!("haproxy"), image!("haproxy:2.8.10-alpine")),
            ImagePin::new(name!("nats"), image!("nats:2.10.18-alpine")),
            ImagePin::new(name!("pgbouncer"), image!("edoburu/pgbouncer:1.21.0-p2")),
            ImagePin::new(name!("patroni"), image!("ghcr.io/lurus/patroni:3.2.0-pg16")),
            ImagePin::new(name!("postgres"), image!("postgres:16.9-bookworm")),
            ImagePin::new(name!("redis"), image!("redis:7.2.5-alpine")),
        ],
    );
    let mut cluster = Cluster::new("apps", inventory).network(DATA).trusts(DATA);
    cluster.omit(Ability::Hosts, "local");
    cluster.secret("mail-token");
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(Patroni::new("pg").on(NODES).etcd(&etcd).database("billing"));
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    let pool = cluster.add(PgBouncer::new("pgbouncer").on(NODES).postgres(&pg));
    let redis = cluster.add(RedisCluster::new("redis").on(NODES));
    let nats = cluster.add(Nats::new("nats").on(NODES));
    let billing = cluster.add(
        TEXTS.iter().enumerate().fold(
            Service::new("billing", APP)
                .on(NODES)
                .replicas(2)
                .port("http", port!(18110))
                .env("PORT", Own::port("http"))
                .env("NODE_TYPE", Own::first_else("master", "slave"))
                .env("HOST", Own::Host)
                .env("PG_DSN", pool.primary().dsn("billing"))
                .env("PG_MIGRATION_DSN", pg.primary().dsn("billing"))
                .env("REDIS_ADDRS", redis.addresses())
                .env("REDIS_PASSWORD", redis.password())
                .env("NATS_URL", nats.url())
                .env("MAIL_TOKEN", secret!("mail-token"))
                .secret("SESSION_SECRET", "session-secret"),
            |service, (number, text)| service.env(format!("TEXT_{number}"), *text),
        ),
    );
    cluster.add(
        Service::new("sync", APP)
            .on(NODES)
            .singleton()
            .env("BILLING_URL", billing.url()),
    );
    compile(&cluster).unwrap_or_else(|report| panic!("{report:#?}"))
}

fn read<'a>(compiled: &'a Compiled, path: &str) -> &'a str {
    let path = TreePath::new(path).expect("a path");
    match compiled.tree.get(&path) {
        Some(file) => &file.text,
        None => panic!("there is no {path}"),
    }
}

/// The value of a secret, in this test.
fn secret(name: &str) -> String {
    format!("s-{}", name.to_lowercase())
}

/// Secrets of a text filled in, as compose fills `${NAME:?…}` and applications `${NAME}`.
fn filled(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, tail) = after.split_once('}').expect("it is closed");
        out.push_str(before);
        out.push_str(&secret(name.split(':').next().unwrap_or(name)));
        rest = tail;
    }
    out + rest
}

/// What a container of this name is given.
fn environment(compose: &str, member: &str) -> BTreeMap<String, String> {
    let file: Json = serde_yaml::from_str(compose).expect("it is YAML");
    let variables = file["services"][member]["environment"].as_object();
    variables
        .expect("it has variables")
        .iter()
        .map(|(name, value)| {
            let text = value.as_str().expect("a text");
            // `$$` is a dollar; what is left are references.
            let parts: Vec<String> = text.split("$$").map(filled).collect();
            (name.clone(), parts.join("$"))
        })
        .collect()
}

/// What a shell makes of a file of variables.
fn sourced(file: &str, names: impl Iterator<Item = String>) -> BTreeMap<String, String> {
    let path = std::env::temp_dir().join(format!("lurus-connections-{}", std::process::id()));
    std::fs::write(&path, file).expect("a temporary file");
    let secrets = [
        "PG_APP_PASSWORD",
        "REDIS_PASSWORD",
        "NATS_APP_PASSWORD",
        "MAIL_TOKEN",
        "BILLING_SESSION_SECRET",
    ];
    let read: BTreeMap<String, String> = names
        .map(|name| {
            let script = format!("set -eu; . '{}'; printf %s \"${name}\"", path.display());
            let output = Command::new("sh")
                .args(["-c", &script])
                .env_clear()
                .envs(secrets.map(|name| (name, secret(name))))
                .output()
                .expect("a shell");
            assert!(output.status.success(), "{name}: {output:?}");
            let value = String::from_utf8(output.stdout).expect("it is UTF-8");
            (name, value)
        })
        .collect();
    std::fs::remove_file(&path).expect("it is there");
    read
}

/// Every text of a tree.
fn texts(tree: &Json) -> Vec<String> {
    match tree {
        Json::Object(entries) => entries.values().flat_map(texts).collect(),
        Json::Array(items) => {
            let items: Vec<String> = items.iter().flat_map(texts).collect();
            vec![items.join(",")]
        }
        other @ (Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_)) => {
            vec![other.as_str().expect("a text").to_owned()]
        }
    }
}

/// What is another for each instance.
const OF_ONE: [&str; 2] = ["PORT", "NODE_TYPE"];

#[test]
fn files_and_containers_say_the_same() {
    let compiled = compiled();
    let places = [
        (
            "apps/hosts/node-1",
            "docker-compose.yml",
            vec!["billing-1", "billing-2"],
        ),
        (
            "apps/hosts/node-3",
            "docker-compose.yml",
            vec!["billing-5", "billing-6"],
        ),
        (
            "apps/local",
            "docker-compose.billing.yml",
            vec!["billing-1"],
        ),
    ];
    for (folder, compose, members) in places {
        let compose = read(&compiled, &format!("{folder}/{compose}"));
        let file = read(&compiled, &format!("{folder}/connections/billing.env"));
        let tree = read(&compiled, &format!("{folder}/connections/billing.yml"));
        let tree: Json = serde_yaml::from_str(tree).expect("it is YAML");
        for member in members {
            let mut given = environment(compose, member);
            let own: Vec<Option<String>> = OF_ONE.map(|name| given.remove(name)).to_vec();
            assert!(
                own.iter().all(Option::is_some),
                "{member} is told {OF_ONE:?}"
            );
            assert_eq!(sourced(file, given.keys().cloned()), given, "{member}");

            let mut expected: Vec<String> = given.into_values().collect();
            let mut found: Vec<String> = texts(&tree)
                .iter()
                // A text with a dollar of its own is no reference.
                .map(|text| {
                    if text.contains("$HOME") {
                        text.clone()
                    } else {
                        filled(text)
                    }
                })
                .collect();
            expected.sort();
            found.sort();
            assert_eq!(found, expected, "{member}");
        }
    }
}

#[test]
fn no_file_has_the_value_of_a_secret() {
    let compiled = compiled();
    let file = read(&compiled, "apps/local/connections/billing.env");
    assert!(file.contains(
        "PG_DSN=\"postgresql://app:${PG_APP_PASSWORD}@pgbouncer-1:6432/billing?sslmode=disable\"\n"
    ));
    assert!(file.contains("MAIL_TOKEN=\"${MAIL_TOKEN}\"\n"));
}

#[test]
fn a_migration_goes_past_the_pool() {
    let compiled = compiled();
    for (folder, pool, balancer) in [
        ("apps/local", "pgbouncer-1", "haproxy-1"),
        ("apps/hosts/node-2", "10.0.1.12", "10.0.1.12"),
    ] {
        let dsn = |at: &str| {
            format!("postgresql://app:${{PG_APP_PASSWORD}}@{at}/billing?sslmode=disable")
        };
        let (pool, balancer) = (format!("{pool}:6432"), format!("{balancer}:5000"));
        let file = read(&compiled, &format!("{folder}/connections/billing.env"));
        let line = format!("PG_MIGRATION_DSN=\"{}\"\n", dsn(&balancer));
        assert!(file.contains(&line), "{file}");
        let tree = read(&compiled, &format!("{folder}/connections/billing.yml"));
        let tree: Json = serde_yaml::from_str(tree).expect("it is YAML");
        let database = &tree["database"];
        assert_eq!(database["primary_dsn"], dsn(&pool).as_str());
        assert_eq!(database["migration_dsn"], dsn(&balancer).as_str());
    }
    for book in ["README.md", "README.zh.md"] {
        let book = read(&compiled, &format!("apps/{book}"));
        assert!(book.contains("`database.migration_dsn`"), "{book}");
        assert!(book.contains("pg_isready -h haproxy-1 -p 5000"), "{book}");
    }
}

#[test]
fn another_service_is_found_on_the_own_host() {
    let compiled = compiled();
    let file = read(&compiled, "apps/hosts/node-1/connections/sync.env");
    assert!(
        file.ends_with("BILLING_URL=http://10.0.1.11:18110\n"),
        "{file}"
    );
}
