//! Where requests of users end when the edge of a description is left to K3S, and an edge that is not.

use lurus_spec::compile;
use lurus_spec::component::EndpointRef;
use lurus_spec::file_tree::TreePath;
use lurus_spec::plan::{Destination, Plan};
use lurus_spec::prelude::*;

use crate::{NODES, whole};

/// Two services that answer HTTP.
fn served() -> (Cluster, EndpointRef, EndpointRef) {
    let mut cluster = whole();
    let service = |name: &'static str, port: u16| {
        Service::new(name, ImageRef::new("gateway"))
            .on(NODES)
            .user(10001)
            .port("http", port)
            .readiness(Check::http("/readyz"))
            .probe_with(ProbeTool::Wget)
    };
    let api = cluster.add(service("api", 3000)).http();
    let chat = cluster.add(service("chat", 9000)).http();
    (cluster, api, chat)
}

fn edge(name: &'static str) -> Nginx {
    Nginx::new(name)
        .on([NODES[0], NODES[1]])
        .certificate(Certificate::new("lurus-cn").covers("*.lurus.cn"))
}

/// A generated file, by its path below the folder of the target.
fn file(cluster: &Cluster, path: &str) -> String {
    let compiled = compile(cluster).unwrap_or_else(|report| panic!("{report:#?}"));
    let path = TreePath::new(&format!("whole/k3s/{path}")).expect("a path");
    let file = compiled.tree.get(&path);
    file.unwrap_or_else(|| panic!("no file {path}"))
        .text
        .clone()
}

/// The whole of an edge: an Ingress for each name, and what the controller is told on its servers.
#[test]
fn names_become_ingresses() {
    let (mut cluster, api, chat) = served();
    cluster.add(
        edge("nginx")
            .serves(VirtualHost::new("api.lurus.cn").route("/", api.clone()))
            .serves(
                VirtualHost::new("ai.lurus.cn")
                    .route("/", api)
                    .with(Route::new("/v1/", chat).streaming().timeout("20m")),
            )
            .hsts("180d"),
    );
    insta::assert_snapshot!("ingresses", file(&cluster, "edge.yaml"));
    let settings = |name: &str| {
        let path = format!("bootstrap/node-3/var/lib/rancher/k3s/server/manifests/{name}");
        file(&cluster, &path)
    };
    insta::assert_snapshot!("settings", settings("traefik-config.yaml"));
    insta::assert_snapshot!("handling", settings("traefik-edge.yaml"));
}

#[test]
fn an_edge_that_is_kept_is_not_done_twice() {
    let (mut cluster, api, _) = served();
    let nginx = cluster.add(edge("nginx").serves(VirtualHost::new("api.lurus.cn").route("/", api)));
    cluster.keep(&nginx, "k3s");
    let compiled = compile(&cluster).expect("no finding");
    assert!(compiled.plans["k3s"].edges.is_empty());
    let config = file(&cluster, "bootstrap/node-1/etc/rancher/k3s/config.yaml");
    assert!(config.contains("- traefik\n"), "{config}");
}

/// The routes of the only name, as `path component`.
#[track_caller]
fn routes(cluster: &Cluster) -> Vec<String> {
    let compiled = compile(cluster).unwrap_or_else(|report| panic!("{report:#?}"));
    let plan: &Plan = &compiled.plans["k3s"];
    let routes = plan.edges.iter().flat_map(|edge| &edge.names[0].routes);
    routes
        .map(|route| match &route.to {
            Destination::Group { group, .. } => format!("{} {group}", route.path),
            Destination::Outside(_) | Destination::Nobody(_) => panic!("{route:?}"),
        })
        .collect()
}

/// Who only hands requests on is stepped over, and each request ends where it would end behind it.
#[test]
fn the_edge_leads_to_what_stands_behind_a_balancer() {
    let (mut cluster, api, chat) = served();
    let caddy = cluster.add(
        Caddy::new("caddy")
            .on(NODES)
            .with(Route::new("/", api.clone()))
            .with(Route::new("/v1/", chat.clone()))
            .with(Route::new("/v1/models", api.clone())),
    );
    cluster.add(
        edge("nginx").serves(
            VirtualHost::new("ai.lurus.cn")
                .route("/v1/chat/", caddy.http())
                .route("/v1/m", chat)
                .route("/", caddy.http()),
        ),
    );
    assert_eq!(
        routes(&cluster),
        ["/v1/chat/ chat", "/v1/m chat", "/ api", "/v1/ chat"]
    );
}

#[test]
fn requests_that_nobody_would_answer_are_refused() {
    let (mut cluster, api, chat) = served();
    let caddy = cluster.add(
        Caddy::new("caddy")
            .on(NODES)
            .with(Route::new("/v1/chat", chat)),
    );
    cluster.add(
        edge("nginx").serves(
            VirtualHost::new("ai.lurus.cn")
                .route("/v1/", caddy.http())
                .route("/", api),
        ),
    );
    let report =
        compile(&cluster).expect_err("who asks for `/v1/models` would be answered by `api`");
    let codes: Vec<_> = report.iter().filter_map(|finding| finding.code).collect();
    let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    assert_eq!(codes, ["L0931"]);
}

/// Where no shorter route would take them, they are answered with 404 as they would be behind the balancer.
#[test]
fn requests_that_a_balancer_refuses_need_no_route() {
    let (mut cluster, _, chat) = served();
    let caddy = cluster.add(
        Caddy::new("caddy")
            .on(NODES)
            .with(Route::new("/v1/chat", chat)),
    );
    cluster.add(edge("nginx").serves(VirtualHost::new("ai.lurus.cn").route("/", caddy.http())));
    assert_eq!(routes(&cluster), ["/v1/chat chat"]);
}
