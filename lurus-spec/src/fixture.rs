//! A small site for tests: three hosts in three zones, two networks, and an image of every built-in product.

use crate::check::View;
use crate::compile::{compile, lower};
use crate::component::{
    Component, Declaration, Endpoint, EndpointRef, Group, Lowering, Reach, Site, place,
};
use crate::file_tree::TreePath;
use crate::literal::{DiskKind, Duration, Literal, Port, Size};
use crate::model::{
    Ability, Cluster, Host, HostRef, ImagePin, Inventory, Meta, Network, NetworkRef, Setting,
};
use crate::plan::{Ask, Plan, Probe, Resources, Workload};
use crate::target::{TARGETS, Target};

/// The three hosts.
pub(crate) const NODES: [HostRef; 3] = [
    HostRef::new("node-1"),
    HostRef::new("node-2"),
    HostRef::new("node-3"),
];

/// The three hosts and three more, in the same zones and in that order.
pub(crate) const SIX: [HostRef; 6] = [
    NODES[0],
    NODES[1],
    NODES[2],
    HostRef::new("node-4"),
    HostRef::new("node-5"),
    HostRef::new("node-6"),
];

/// The network on which components listen that name none.
pub(crate) const DATA: NetworkRef = NetworkRef::new("data");

/// Another network of the same hosts.
pub(crate) const APP: NetworkRef = NetworkRef::new("app");

/// A cluster without components.
#[track_caller]
pub(crate) fn cluster() -> Cluster {
    on_one_engine(Cluster::new("test", inventory()).network(DATA))
        .trusts(APP)
        .trusts(DATA)
}

/// A cluster without components, on six hosts.
#[track_caller]
pub(crate) fn cluster_of_six() -> Cluster {
    on_one_engine(Cluster::new("test", six()).network(DATA))
        .trusts(APP)
        .trusts(DATA)
}

/// A cluster that does without several hosts where there is one.
#[track_caller]
pub(crate) fn on_one_engine(mut cluster: Cluster) -> Cluster {
    cluster.omit(Ability::Hosts, "local");
    cluster
}

/// A cluster that is written for pods too, and does there without what they cannot have.
#[track_caller]
pub(crate) fn in_pods(cluster: Cluster) -> Cluster {
    let mut cluster = cluster.target("k3s");
    cluster.omit(Ability::Networks, "k3s");
    cluster.omit(Ability::Placement, "k3s");
    cluster
}

/// The inventory of [`cluster`].
pub(crate) fn inventory() -> Inventory {
    with_images(IMAGES)
}

/// The inventory of [`cluster_of_six`].
pub(crate) fn six() -> Inventory {
    site(&SIX, IMAGES)
}

/// The inventory of [`cluster`] with these images.
pub(crate) fn with_images(images: &[(&str, &str)]) -> Inventory {
    site(&NODES, images)
}

const IMAGES: &[(&str, &str)] = &[
    ("alertmanager", "prom/alertmanager:v0.26.0"),
    ("app", "example/app:1.0.0"),
    ("caddy", "caddy:2.7.6-alpine"),
    ("citus", "ghcr.io/lurus/citus:3.2.0-citus12.1"),
    ("citus-base", "citusdata/citus:12.1"),
    (
        "clickhouse",
        "clickhouse/clickhouse-server:23.8.16.16-alpine",
    ),
    ("consul", "hashicorp/consul:1.17.3"),
    ("etcd", "quay.io/coreos/etcd:v3.5.9"),
    ("grafana", "grafana/grafana:10.2.8"),
    ("haproxy", "haproxy:2.8.10-alpine"),
    ("k3s", "rancher/k3s:v1.35.5-k3s1"),
    ("nats", "nats:2.10.18-alpine"),
    ("nats-exporter", "natsio/prometheus-nats-exporter:0.15.0"),
    ("nginx", "nginx:1.26.2-alpine"),
    ("nginx-exporter", "nginx/nginx-prometheus-exporter:1.1.0"),
    ("node-exporter", "prom/node-exporter:v1.7.0"),
    ("patroni", "ghcr.io/lurus/patroni:3.2.0-pg16"),
    ("pgbouncer", "edoburu/pgbouncer:v1.21.0-p2"),
    (
        "pgbouncer-exporter",
        "quay.io/prometheuscommunity/pgbouncer-exporter:v0.7.0",
    ),
    ("postgres", "postgres:16.9-bookworm"),
    (
        "postgres-exporter",
        "quay.io/prometheuscommunity/postgres-exporter:v0.15.0",
    ),
    ("prometheus", "prom/prometheus:v2.48.1"),
    ("redis", "redis:7.2.5-alpine"),
    ("redis-exporter", "oliver006/redis_exporter:v1.55.0-alpine"),
    ("web", "example/web:1.0"),
];

/// Something that answers HTTP on each of its hosts, and may collect metrics.
#[derive(Component, Clone, Debug)]
#[component(kind = "web")]
pub(crate) struct Web {
    meta: Meta,
    /// Its port.
    #[option(default_value = "8080", cost = "recreate")]
    port: Option<Setting<Port>>,
    /// The longest that an answer takes.
    #[option(default = "unknown", cost = "nothing")]
    takes: Option<Setting<Duration>>,
    /// Members on each host, on ports that follow each other.
    #[option(default_value = "1", cost = "recreate", plain)]
    each: Option<Setting<u32>>,
    /// Whether it collects metrics.
    #[option(default_value = "false", cost = "nothing", plain)]
    collecting: Option<Setting<bool>>,
}

impl WebRef {
    /// What it answers on.
    pub(crate) fn http(&self) -> EndpointRef {
        EndpointRef::new(self, "http")
    }
}

impl Component for Web {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let (first, origin) = self.port_or_default().into_parts();
        let mut members = Vec::new();
        for copy in 0..self.each_or_default().value {
            let port = first
                .offset(u16::try_from(copy).expect("a few"))
                .expect("a small port");
            let ports = [("http".into(), port, origin.clone())];
            members.extend(place(meta, site, Size::mib(64), &ports));
        }
        for (index, member) in (1..).zip(&mut members) {
            member.index = index;
            member.name = meta.name.value.indexed(index).expect("a short name");
        }
        let group = Group {
            ready: Some(Probe {
                port: "http".into(),
                asks: Ask::Http("/readyz".to_owned()),
            }),
            ..Group::new(meta.name.value.clone(), members)
        };
        Declaration {
            image: Some("web"),
            endpoints: vec![Endpoint {
                patience: self.takes.clone(),
                ..Endpoint::new("http", "http", group.name.clone(), "http", Reach::Any)
            }],
            groups: vec![group],
            ..Declaration::default()
        }
    }

    fn collects(&self) -> bool {
        self.collecting_or_default().value
    }

    fn lower(&self, lowering: &Lowering<'_>) -> Vec<Workload> {
        let meta = &self.meta;
        let resources = Resources::memory(Size::mib(64), meta.name.origin.clone());
        vec![lowering.workload(meta, &meta.name.value, "a web server", resources)]
    }
}

fn site(hosts: &[HostRef], images: &[(&str, &str)]) -> Inventory {
    let networks = ["app", "data"].iter().zip(0..).map(|(name, third)| {
        Network::new(
            text(name),
            text(&format!("10.0.{third}.0/24")),
            text(&format!("10.0.{third}.1")),
        )
    });
    let hosts = hosts
        .iter()
        .zip(["a", "b", "c"].iter().cycle())
        .zip(11..)
        .map(|((host, zone), last)| {
            Host::new(text(host.name()), 4, text("16GiB"), text("100GiB"))
                .disk_kind(DiskKind::Ssd)
                .at(text("app"), text(&format!("10.0.0.{last}")))
                .at(text("data"), text(&format!("10.0.1.{last}")))
                .zone(text(zone))
        });
    let images = images
        .iter()
        .map(|(name, image)| ImagePin::new(text(name), text(image)));
    Inventory::new(networks.collect(), hosts.collect(), images.collect())
}

/// `error L0602` of every finding of a cluster, in order, from the first step that refuses it.
pub(crate) fn codes(cluster: &Cluster) -> Vec<String> {
    let report = match compile(cluster) {
        Ok(compiled) => compiled.warnings,
        Err(report) => report,
    };
    report
        .iter()
        .map(|finding| {
            let code = finding.code.map(|code| code.to_string());
            let severity = format!("{:?}", finding.severity).to_lowercase();
            format!("{severity} {}", code.unwrap_or_default())
        })
        .collect()
}

/// The plan of a cluster that passes every check, for the target of this name.
pub(crate) fn plan(cluster: &Cluster, on: &str) -> Plan {
    let target = target(on);
    let checked = View::new(cluster).on(target).check();
    lower(&checked.expect("a cluster without errors"), target)
}

/// The target of this name.
pub(crate) fn target(name: &str) -> &'static dyn Target {
    let mut all = TARGETS.iter().copied();
    all.find(|known| known.name() == name)
        .expect("a target of this name")
}

/// A generated file of a cluster without findings, by its path below the folder of the cluster.
pub(crate) fn file(cluster: &Cluster, path: &str) -> String {
    let compiled = compile(cluster).expect("a cluster without errors");
    let path = TreePath::new(&format!("{}/{path}", compiled.name)).expect("a path");
    let file = compiled.tree.get(&path);
    file.unwrap_or_else(|| panic!("no file {path}"))
        .text
        .clone()
}

/// How everything on one host of a cluster without findings is started.
pub(crate) fn started(cluster: &Cluster, host: &str) -> String {
    file(cluster, &format!("hosts/{host}/docker-compose.yml"))
}

fn text<T: Literal>(text: &str) -> T {
    crate::plan::checked(text)
}
