//! The walls of the compiler, as a search through its sources: products and places know nothing of each other, and
//! the compiler knows nothing of the world.

use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// Words that name a product.
const PRODUCTS: &[&str] = &[
    "caddy",
    "citus",
    "clickhouse",
    "consul",
    "etcd",
    "grafana",
    "haproxy",
    "jetstream",
    "keepalived",
    "nats",
    "nginx",
    "patroni",
    "pgbouncer",
    "postgres",
    "postgresql",
    "prometheus",
    "redis",
];

/// Words that name a place to run.
const PLACES: &[&str] = &["compose", "docker", "k3s", "k8s", "kubernetes", "kustomize"];

/// Settings of a place that are called after a product that it has inside.
const SETTINGS_OF_PLACES: &[&str] = &["etcd-snapshot-schedule-cron", "etcd-snapshot-retention"];

/// Words that name the world.
const WORLD: &[&str] = &[
    "std::env",
    "std::fs",
    "std::process",
    "std::time",
    "HashMap",
    "HashSet",
    "TcpStream",
    "UdpSocket",
];

#[test]
fn no_target_names_a_product() {
    let found = search("lurus-spec/src/target", |text| {
        let settings = SETTINGS_OF_PLACES.iter();
        let text = settings.fold(text.to_owned(), |text, setting| text.replace(setting, ""));
        words(&text, PRODUCTS)
    });
    assert!(
        found.is_empty(),
        "a target names a product:\n{}",
        found.join("\n")
    );
}

#[test]
fn no_component_and_no_plan_names_a_place() {
    for folder in ["lurus-spec/src/component", "lurus-spec/src/plan"] {
        let found = search(folder, |text| words(text, PLACES));
        assert!(
            found.is_empty(),
            "{folder} names a place to run:\n{}",
            found.join("\n")
        );
    }
}

#[test]
fn the_compiler_names_nothing_of_the_world() {
    for folder in [
        "lurus-spec/src",
        "lurus-spec/literal/src",
        "lurus-spec/report/src",
        "lurus-spec/inventory/src",
    ] {
        let found = search(folder, |text| {
            WORLD
                .iter()
                .filter(|word| text.contains(**word))
                .map(ToString::to_string)
                .collect()
        });
        assert!(
            found.is_empty(),
            "{folder} names the world:\n{}",
            found.join("\n")
        );
    }
}

#[test]
fn every_code_is_explained_once() {
    let rules = lurus_spec::check::all_rules();
    let codes: Vec<&str> = rules.iter().map(|rule| rule.code).collect();
    assert!(
        codes.windows(2).all(|pair| pair[0] < pair[1]),
        "a code has two rules: {codes:?}"
    );
    let unknown = search("lurus-spec/src", |line| {
        line.split('"')
            .filter(|word| {
                word.len() == 5
                    && word.starts_with('L')
                    && word[1..].bytes().all(|byte| byte.is_ascii_digit())
            })
            .filter(|word| !codes.contains(word))
            .map(str::to_owned)
            .collect()
    });
    assert!(
        unknown.is_empty(),
        "findings with a code that `explain` does not know:\n{}",
        unknown.join("\n")
    );
}

/// `redis` is found in "a Redis server", and not in "rediscover".
fn words(text: &str, names: &[&str]) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| names.contains(word))
        .map(str::to_owned)
        .collect()
}

/// Every line below a folder in which `find` finds something, as `file:line: what`.
fn search(folder: &str, find: impl Fn(&str) -> Vec<String>) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = WalkDir::new(root.join(folder))
        .into_iter()
        .map(|entry| entry.expect("the sources are readable"))
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{folder} has sources");
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a source is UTF-8");
        let shown = file
            .strip_prefix(root)
            .expect("it is below the root")
            .display()
            .to_string();
        for (number, line) in (1..).zip(text.lines()) {
            found.extend(
                find(line)
                    .into_iter()
                    .map(|what| format!("{shown}:{number}: {what}")),
            );
        }
    }
    found
}
