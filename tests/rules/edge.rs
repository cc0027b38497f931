//! A cluster with a service that answers HTTP, and an edge that is described in a case.

use super::site::{NODES, empty};
use super::sketch::Sketch;
use lurus_spec::component::{EndpointRef, Reach};
use lurus_spec::literal::Duration;
use lurus_spec::model::Setting;
use lurus_spec::prelude::*;
use lurus_spec::report::Origin;

/// What clusters that are compiled for all targets do without.
pub(crate) const DONE_WITHOUT: [(Ability, &str); 3] = [
    (Ability::Hosts, "local"),
    (Ability::Networks, "k3s"),
    (Ability::Placement, "k3s"),
];

/// A cluster with the service `api`, whose answers take up to five minutes, and the service `db`, which speaks no HTTP.
#[track_caller]
pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(
        Sketch::new("api")
            .on(NODES)
            .port("http", 3000)
            .endpoint("http", Reach::Any)
            .declaring(|declaration| {
                let endpoint = &mut declaration.endpoints[0];
                endpoint.protocol = "http";
                endpoint.patience = Some(Setting::new(Duration::secs(300), Origin::caller()));
            }),
    );
    cluster.add(
        Sketch::new("db")
            .on(NODES)
            .port("sql", 5432)
            .endpoint("sql", Reach::Any),
    );
    cluster
}

/// A service that answers HTTP and can be lowered.
#[track_caller]
pub(crate) fn service(name: &'static str, port: u16) -> Service {
    Service::new(name, ImageRef::new("app"))
        .on(NODES)
        .user(10001)
        .port("http", port)
        .readiness(Check::http("/readyz"))
        .probe_with(ProbeTool::Wget)
}

/// What answers HTTP.
pub(crate) fn api() -> EndpointRef {
    super::sketch::endpoint_of("api", "http")
}

/// What does not.
pub(crate) fn db() -> EndpointRef {
    super::sketch::endpoint_of("db", "sql")
}

/// A certificate for every name below `lurus.cn`.
#[track_caller]
pub(crate) fn certificate() -> Certificate {
    Certificate::new("lurus-cn").covers("*.lurus.cn")
}

/// A cluster with a complete edge, and the reference to it.
#[track_caller]
pub(crate) fn whole() -> (Cluster, NginxRef) {
    let mut cluster = cluster();
    let nginx = cluster.add(
        Nginx::new("nginx")
            .on(NODES)
            .certificate(certificate())
            .serves(VirtualHost::new("api.lurus.cn").route("/", api())),
    );
    (cluster, nginx)
}
