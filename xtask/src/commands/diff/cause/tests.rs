use lurus_spec::compile;
use lurus_spec::component::nats::Nats;
use lurus_spec::component::patroni::Patroni;
use lurus_spec::component::{etcd::Etcd, haproxy::HaProxy};
use lurus_spec::literal::{HostName, Size};
use lurus_spec::model::{
    Ability, Cluster, Host, HostRef, ImagePin, Inventory, Network, NetworkRef,
};
use lurus_spec::{cidr, image, ip, name};

use super::*;

const HOSTS: [HostRef; 3] = [
    HostRef::new("node-1"),
    HostRef::new("node-2"),
    HostRef::new("node-3"),
];

/// What the tests vary.
#[derive(Clone, Copy)]
struct Said {
    nats_memory: &'static str,
    etcd_image: &'static str,
    databases: &'static [&'static str],
    cores: u32,
}

const BEFORE: Said = Said {
    nats_memory: "512MiB",
    etcd_image: "quay.io/coreos/etcd:v3.5.9",
    databases: &["app"],
    cores: 8,
};

fn compiled(said: Said) -> Compiled {
    let hosts = (11..).zip(HOSTS).map(|(last, host)| {
        let name: HostName = host.host_name();
        Host::new(name, said.cores, Size::gib(32), Size::gib(500))
            .at(name!("data"), lurus_spec::literal::Ip::new(10, 0, 1, last))
    });
    let network = Network::new(name!("data"), cidr!("10.0.1.0/24"), ip!("10.0.1.1"));
    let images = vec![
        ImagePin::new(name!("etcd"), said.etcd_image.parse().unwrap()),
        ImagePin::new(name!("haproxy"), image!("haproxy:2.8.3")),
        ImagePin::new(name!("k3s"), image!("rancher/k3s:v1.35.5-k3s1")),
        ImagePin::new(name!("nats"), image!("nats:2.10.7-alpine")),
        ImagePin::new(
            name!("patroni"),
            image!("registry.example.com/patroni:3.2.0"),
        ),
        ImagePin::new(name!("postgres"), image!("postgres:16.1-bookworm")),
    ];
    let inventory = Inventory::new(vec![network], hosts.collect(), images);
    let mut cluster = Cluster::new("shop", inventory)
        .network(NetworkRef::new("data"))
        .target("k3s");
    cluster.omit(Ability::Hosts, "local");
    cluster.omit(Ability::Networks, "k3s");
    cluster.add(Nats::new("nats").on(HOSTS).memory(said.nats_memory));
    let etcd = cluster.add(Etcd::new("etcd").on(HOSTS));
    let pg = Patroni::new("pg").on(HOSTS).etcd(&etcd);
    let databases = said.databases.iter();
    let pg = cluster.add(databases.fold(pg, |pg, database| pg.database(*database)));
    cluster.add(HaProxy::new("haproxy").on(HOSTS).postgres(&pg));
    compile(&cluster).unwrap_or_else(|report| panic!("{report:?}"))
}

/// The causes of everything that differs from [`BEFORE`], a line for each change, with the files below.
fn check(after: Said, expected: &[&str]) {
    let (before, after) = (compiled(BEFORE), compiled(after));
    let project = |text: Option<&str>| Project::read(text.unwrap_or_default()).unwrap_or_default();
    let mut files = Vec::new();
    for (path, file) in after.tree.iter() {
        let old = before.tree.get(path);
        if old.is_some_and(|old| old.text == file.text) {
            continue;
        }
        let is_compose = path.as_str().contains("docker-compose");
        let compose = |text: Option<&str>| project(text.filter(|_| is_compose));
        let diff = FileDiff {
            path: path.clone(),
            kind: crate::sync::Kind::Changed,
            unified: String::new(),
            before: old.map(|old| old.text.clone()),
            after: Some(file.text.clone()),
            impact: Some(file.impact.clone()),
        };
        let old = compose(old.map(|old| old.text.as_str()));
        let owners = owners(&after, &diff, &old, &compose(Some(&file.text)));
        let objects = Objects::of(&diff);
        let path = path.as_str().strip_prefix("shop/").unwrap();
        files.push(Owned {
            path,
            owners,
            objects,
        });
    }
    let old = Record::parse(&before.record.to_string());
    let mut lines = Vec::new();
    for cause in causes(&after, &old, &files) {
        // Places are those of this file, and move with it.
        let changes = cause.changes.iter();
        let changes = changes.map(|change| match change.split_once(" (xtask/") {
            Some((what, rest)) => format!("{what}{}", rest.split_once(')').unwrap().1),
            None => change.clone(),
        });
        lines.push(match cause.everything {
            true => format!("everything: {}", cause.files),
            false => format!(
                "{}: {}",
                changes.collect::<Vec<_>>().join(", "),
                cause.files
            ),
        });
    }
    assert_eq!(lines, expected);
}

#[test]
fn nothing_follows_from_nothing() {
    check(BEFORE, &[]);
}

#[test]
fn one_change_is_the_cause_of_everything() {
    check(
        Said {
            nats_memory: "1GiB",
            ..BEFORE
        },
        &[
            "nats memory 512MiB → 1GiB; costs a new container: hosts: 3 files on 3 hosts; k3s: 1 StatefulSet; local: 1 file; book: 2 files",
        ],
    );
}

#[test]
fn files_follow_from_what_was_said_of_their_component() {
    check(
        Said {
            nats_memory: "1GiB",
            databases: &["app", "log"],
            ..BEFORE
        },
        &[
            "nats memory 512MiB → 1GiB; costs a new container: hosts: 3 files on 3 hosts; k3s: 1 StatefulSet; local: 1 file",
            "pg database log, not said before; costs a reload: hosts: 6 files on 3 hosts; k3s: 1 ConfigMap, 1 StatefulSet; local: 7 files",
            "everything: book: 2 files",
        ],
    );
}

#[test]
fn an_image_is_the_cause_of_who_runs_it() {
    check(
        Said {
            etcd_image: "quay.io/coreos/etcd:v3.5.10",
            nats_memory: "1GiB",
            ..BEFORE
        },
        &[
            "nats memory 512MiB → 1GiB; costs a new container: k3s: 1 StatefulSet; local: 1 file",
            "image etcd quay.io/coreos/etcd:v3.5.9 → quay.io/coreos/etcd:v3.5.10: local: 1 file",
            "everything: hosts: 3 files on 3 hosts; book: 2 files",
        ],
    );
}

#[test]
fn what_is_said_of_hosts_may_reach_every_file() {
    check(
        Said {
            cores: 4,
            nats_memory: "1GiB",
            ..BEFORE
        },
        &[
            "everything: hosts: 3 files on 3 hosts; k3s: 1 StatefulSet; local: 1 file; book: 3 files",
        ],
    );
}

#[test]
fn what_is_said_of_several_components_in_the_same_words_is_one_thing() {
    let change = |subject: Subject, before: &str, after: &str| Change {
        subject,
        option: "on".to_owned(),
        before: Some(before.to_owned()),
        after: Some(after.to_owned()),
        origin: None,
        cost: None,
        instead: None,
    };
    let of = |name: &str| Subject::Component(name.to_owned());
    let changes = [
        change(of("nats"), "a, b", "a, b, c"),
        change(of("pg"), "b", "b, d"),
        change(of("etcd"), "a", "a, c"),
        change(Subject::Host("x".to_owned()), "a", "a, c"),
    ];
    let sayings = sayings(&compiled(BEFORE), &changes);
    let lines: Vec<&str> = sayings.iter().map(|saying| saying.line.as_str()).collect();
    let expected = [
        "nats, etcd on: c added",
        "pg on: d added",
        "host x on: c added",
    ];
    assert_eq!(lines, expected);
    let names = ["etcd", "nats"].map(str::to_owned);
    assert_eq!(sayings[0].about, Some(BTreeSet::from(names)));
    assert_eq!(sayings[2].about, None);
}
