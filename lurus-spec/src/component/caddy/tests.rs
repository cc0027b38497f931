//! Tests of Caddy.

use crate::component::caddy::lower::{Configuration, Handler};
use crate::component::caddy::{Caddy, CaddyRef};
use crate::component::nginx::{Nginx, Route, VirtualHost};
use crate::fixture::{APP, NODES, Web, WebRef, cluster, codes, file, plan};
use crate::model::{Certificate, Cluster};
use crate::plan::{Flow, checked};
use crate::template::check_against;

#[test]
fn the_template_reads_what_it_is_given() {
    let example = Configuration {
        admin: "/tmp/admin.sock",
        bind: "10.0.0.11".into(),
        http_port: "8080".into(),
        metrics_port: "9180".into(),
        healthy: "/healthz",
        drain: "600s".into(),
        max_body: 64 << 20,
        asked_every: 2,
        answers_within: 10,
        connects_within: 1,
        left_out: 30,
        edge: "10.0.0.11/32".into(),
        routes: vec![Handler {
            path: "/v1/".into(),
            servers: "10.0.0.11:18100 10.0.0.11:18101".into(),
            health: "/readyz".into(),
            timeout: "600s".into(),
            streaming: true,
        }],
    };
    let mistakes = check_against(include_str!("Caddyfile.hbs"), &example);
    assert!(mistakes.is_empty(), "{mistakes:?}");
}

/// Two services, of which the gateway has two instances on each host, and an edge that sends everything to Caddy.
fn whole(caddy: impl FnOnce(&WebRef, &WebRef) -> Caddy) -> (Cluster, CaddyRef) {
    let mut cluster = cluster();
    let api = cluster.add(Web::new("api").on([NODES[0], NODES[2]]).port(3000));
    let gateway = cluster.add(Web::new("gateway").on(NODES).port(18100).each(2));
    let caddy = cluster.add(caddy(&api, &gateway));
    cluster.add(
        Nginx::new("nginx")
            .on(NODES)
            .network(APP)
            .certificate(Certificate::new("lurus-cn").covers("*.lurus.cn"))
            .serves(
                VirtualHost::new("ai.lurus.cn")
                    .route("/", caddy.http())
                    .with(Route::new("/v1/", caddy.http()).streaming().timeout("20m")),
            ),
    );
    (cluster, caddy)
}

fn caddy(api: &WebRef, gateway: &WebRef) -> Caddy {
    Caddy::new("caddy")
        .on(NODES)
        .network(APP)
        .with(Route::new("/", api.http()))
        .with(
            Route::new("/v1/", gateway.http())
                .streaming()
                .timeout("20m"),
        )
}

#[test]
fn the_file_of_each_target() {
    let (cluster, _) = whole(caddy);
    let name = "caddy-1/caddy/Caddyfile";
    insta::assert_snapshot!("local", file(&cluster, &format!("local/config/{name}")));
    insta::assert_snapshot!(
        "hosts",
        file(&cluster, &format!("hosts/node-1/config/{name}"))
    );
}

#[test]
fn it_prefers_the_instances_of_its_own_host() {
    let (cluster, _) = whole(caddy);
    for (host, number) in [("node-1", 1), ("node-2", 2), ("node-3", 3)] {
        let text = file(
            &cluster,
            &format!("hosts/{host}/config/caddy-{number}/caddy/Caddyfile"),
        );
        let own = format!("10.0.1.1{number}");
        let beside = format!("reverse_proxy {own}:18100 {own}:18101 {{");
        assert!(text.contains(&beside), "{text}");
        // Beside the second Caddy there is no instance of this service.
        assert!(text.contains("reverse_proxy 10.0.1.11:3000 10.0.1.13:3000 {"));
    }
}

#[test]
fn the_longest_path_comes_first() {
    let (cluster, _) = whole(caddy);
    let text = file(&cluster, "hosts/node-1/config/caddy-1/caddy/Caddyfile");
    let at = |handler: &str| text.find(handler).unwrap();
    assert!(at("handle /v1/* {") < at("handle /* {"));
}

#[test]
fn the_edge_leads_to_it_and_it_to_the_services() {
    let (cluster, _) = whole(caddy);
    assert_eq!(codes(&cluster), Vec::<String>::new());
    let plan = plan(&cluster, "hosts");
    for (from, to) in [("nginx", "caddy"), ("caddy", "gateway"), ("caddy", "api")] {
        let flow = Flow::new(&checked(from), &checked(to), &"http".into());
        assert!(plan.flows.contains(&flow), "{from} to {to}");
    }
    assert!(!plan.flows.contains(&Flow::new(
        &checked("nginx"),
        &checked("gateway"),
        &"http".into()
    )));
}

#[test]
fn only_streams_are_never_kept_back() {
    let flushed = |streaming: bool| {
        let (cluster, _) = whole(|api, _| {
            let route = Route::new("/", api.http());
            Caddy::new("caddy")
                .on(NODES)
                .network(APP)
                .with(match streaming {
                    true => route.streaming(),
                    false => route,
                })
        });
        file(&cluster, "hosts/node-1/config/caddy-1/caddy/Caddyfile").contains("flush_interval")
    };
    assert!(flushed(true));
    assert!(!flushed(false));
}

#[test]
fn a_program_with_a_capability_is_run_as_a_copy() {
    let (cluster, _) = whole(caddy);
    let plan = plan(&cluster, "hosts");
    let workload = plan.workload(&checked("caddy")).unwrap();
    assert_eq!(workload.scratch_programs, [checked("/tmp")]);
    let script = file(&cluster, "hosts/node-1/config/caddy-1/caddy/start.sh");
    assert!(script.contains("exec /tmp/caddy-copy run"), "{script}");
}
