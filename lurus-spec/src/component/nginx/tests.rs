//! Tests of Nginx.

use crate::component::caddy::Caddy;
use crate::component::nginx::lower::{Configuration, Host, Location, Upstream};
use crate::component::nginx::{Nginx, Route, RoutePath, VirtualHost};
use crate::fixture::{APP, NODES, Web, WebRef, cluster, codes, file, plan};
use crate::model::{Certificate, Cluster, Described as _};
use crate::plan::{Flow, checked};
use crate::template::check_against;

#[test]
fn the_template_reads_what_it_is_given() {
    let example = Configuration {
        bind: "10.0.0.11".into(),
        addresses: vec!["10.0.0.11".into(), "10.0.0.100".into()],
        http_port: "80".into(),
        https_port: "443".into(),
        redirect_port: ":8443".into(),
        status_port: "8081".into(),
        connections: 8192,
        drain: "600s".into(),
        max_body: "64m".into(),
        tries: 2,
        hsts: "31536000".into(),
        scrapers: vec!["10.0.0.0/24".into()],
        upstreams: vec![Upstream {
            name: "api.http".into(),
            servers: vec!["10.0.0.11:3000".into()],
        }],
        hosts: vec![Host {
            name: "api.lurus.cn".into(),
            certificate: "/etc/tls/lurus-cn/tls.crt".into(),
            key: "/etc/tls/lurus-cn/tls.key".into(),
            routes: vec![Location {
                path: "/".into(),
                upstream: "api.http".into(),
                timeout: "600s".into(),
                streaming: true,
            }],
        }],
    };
    let mistakes = check_against(include_str!("nginx.conf.hbs"), &example);
    assert!(mistakes.is_empty(), "{mistakes:?}");
}

fn certificate() -> Certificate {
    Certificate::new("lurus-cn").covers("*.lurus.cn")
}

fn nginx() -> Nginx {
    Nginx::new("nginx").on(NODES).network(APP)
}

/// Two services, two of the second on each host, and an edge that a test describes.
fn edge(nginx: impl FnOnce(&WebRef, &WebRef) -> Nginx) -> Cluster {
    let mut cluster = cluster();
    let api = cluster.add(Web::new("api").on([NODES[0], NODES[2]]).port(3000));
    let gateway = cluster.add(
        Web::new("gateway")
            .on(NODES)
            .port(18100)
            .each(2)
            .takes("300s"),
    );
    cluster.add(nginx(&api, &gateway));
    cluster
}

fn whole(api: &WebRef, gateway: &WebRef) -> Nginx {
    nginx()
        .certificate(certificate())
        .hsts("8760h")
        .serves(VirtualHost::new("api.lurus.cn").route("/", api.http()))
        .serves(
            VirtualHost::new("ai.lurus.cn").route("/", api.http()).with(
                Route::new("/v1/", gateway.http())
                    .streaming()
                    .timeout("20m"),
            ),
        )
}

#[test]
fn the_file_of_each_target() {
    let cluster = edge(whole);
    let name = "nginx-1/nginx/nginx.conf";
    insta::assert_snapshot!("local", file(&cluster, &format!("local/config/{name}")));
    insta::assert_snapshot!(
        "hosts",
        file(&cluster, &format!("hosts/node-1/config/{name}"))
    );
}

#[test]
fn servers_are_exactly_the_placed_members() {
    let cluster = edge(whole);
    let text = file(&cluster, "hosts/node-1/config/nginx-1/nginx/nginx.conf");
    let servers: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("server 10"))
        .collect();
    let expected = [11, 13].map(|host| format!(".0.1.{host}:3000 max_fails=3 fail_timeout=10s;"));
    let gateways = [
        (11, 18100),
        (12, 18100),
        (13, 18100),
        (11, 18101),
        (12, 18101),
        (13, 18101),
    ]
    .map(|(host, port)| format!(".0.1.{host}:{port} max_fails=3 fail_timeout=10s;"));
    assert_eq!(
        servers,
        expected.into_iter().chain(gateways).collect::<Vec<_>>()
    );
}

#[test]
fn what_is_looked_up_once_keeps_its_address() {
    let plan = plan(&edge(whole), "local");
    let stable = |name: &str| plan.workload(&checked(name)).unwrap().stable_address;
    assert!(stable("api") && stable("gateway"));
    assert!(!stable("nginx"));
}

#[test]
fn only_who_collects_metrics_sees_statistics() {
    let watched = |monitored: bool| {
        let mut cluster = edge(whole);
        cluster.add(Web::new("watcher").on([NODES[0]]).collecting(monitored));
        cluster
    };
    let allowed = |cluster: &Cluster| {
        file(cluster, "hosts/node-2/config/nginx-2/nginx/nginx.conf")
            .lines()
            .filter_map(|line| line.trim().strip_prefix("allow ").map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert!(allowed(&watched(false)).is_empty());
    // Each instance has an exporter beside it.
    let hosts = ["10.0.0.11/32;", "10.0.0.12/32;", "10.0.0.13/32;"];
    assert_eq!(allowed(&watched(true)), hosts);
    let flow = Flow::new(
        &checked("nginx-exporter"),
        &checked("nginx"),
        &"status".into(),
    );
    assert!(plan(&watched(true), "hosts").flows.contains(&flow));
    assert!(!plan(&watched(false), "hosts").flows.contains(&flow));
}

#[test]
fn an_exact_name_comes_before_a_star() {
    let cluster = edge(|api, _| {
        let host = |name: &str| VirtualHost::new(name).route("/", api.http());
        nginx()
            .certificate(certificate())
            .certificate(Certificate::new("api").covers("api.lurus.cn"))
            .serves(host("api.lurus.cn"))
            .serves(host("ai.lurus.cn"))
    });
    let text = file(&cluster, "local/config/nginx-1/nginx/nginx.conf");
    let used: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("ssl_certificate "))
        .collect();
    assert_eq!(
        used,
        ["/etc/tls/api/tls.crt;", "/etc/tls/lurus-cn/tls.crt;"]
    );
}

#[test]
fn a_route_has_to_lead_to_something_that_is_placed() {
    let mut nowhere = cluster();
    let api = Web::new("api").reference();
    nowhere.add(
        nginx()
            .certificate(certificate())
            .serves(VirtualHost::new("api.lurus.cn").route("/", api.http())),
    );
    assert_eq!(codes(&nowhere), ["error L0401"]);
    let mut unplaced = cluster();
    let api = unplaced.add(Web::new("api"));
    unplaced.add(
        nginx()
            .certificate(certificate())
            .serves(VirtualHost::new("api.lurus.cn").route("/", api.http())),
    );
    assert_eq!(codes(&unplaced), ["error L0203"]);
}

#[test]
fn names_are_covered_by_one_label() {
    let served = |name: &str| {
        codes(&edge(|api, _| {
            nginx()
                .certificate(certificate())
                .serves(VirtualHost::new(name).route("/", api.http()))
        }))
    };
    assert!(served("api.lurus.cn").is_empty());
    let refused = ["error L1233", "warning L1233"];
    assert_eq!(served("lurus.cn"), refused);
    assert_eq!(served("v1.api.lurus.cn"), refused);
}

#[test]
fn the_edge_waits_as_long_as_the_service() {
    let waits = |timeout: &str| {
        codes(&edge(|_, gateway| {
            nginx()
                .timeout(timeout)
                .certificate(certificate())
                .serves(VirtualHost::new("ai.lurus.cn").route("/", gateway.http()))
        }))
    };
    assert!(waits("300s").is_empty());
    assert_eq!(waits("299s"), ["error L1232"]);
    let by_route = edge(|_, gateway| {
        nginx().timeout("60s").certificate(certificate()).serves(
            VirtualHost::new("ai.lurus.cn").with(Route::new("/", gateway.http()).timeout("5m")),
        )
    });
    assert!(codes(&by_route).is_empty());
}

#[test]
fn the_edge_waits_as_long_as_what_it_is_handed_on_to() {
    let waits = |edge: &str, by_route: &str| {
        let mut cluster = cluster();
        let web = |name, takes: &str| Web::new(name).on(NODES).takes(takes);
        let api = cluster.add(web("api", "5s"));
        let gateway = cluster.add(web("gateway", "300s").port(18100));
        let caddy = cluster.add(
            Caddy::new("caddy")
                .on(NODES)
                .network(APP)
                .timeout("60s")
                .with(Route::new("/", api.http()))
                .with(Route::new("/v1/", gateway.http()).timeout("300s")),
        );
        cluster.add(
            nginx().timeout(edge).certificate(certificate()).serves(
                VirtualHost::new("ai.lurus.cn")
                    .route("/", caddy.http())
                    .with(Route::new("/v1/chat/", caddy.http()).timeout(by_route)),
            ),
        );
        codes(&cluster)
    };
    assert!(waits("300s", "300s").is_empty());
    // Requests below /v1/ take the longer route of Caddy by either route of the edge.
    assert_eq!(waits("299s", "300s"), ["error L1232"]);
    assert_eq!(waits("300s", "299s"), ["error L1232"]);
    let split = |edge: &str| {
        let mut cluster = cluster();
        let gateway = cluster.add(Web::new("gateway").on(NODES).takes("300s").port(18100));
        let caddy = cluster.add(
            Caddy::new("caddy")
                .on(NODES)
                .network(APP)
                .timeout("300s")
                .with(Route::new("/", gateway.http()).timeout("300s"))
                .with(Route::new("/v1/", gateway.http()).timeout("10m")),
        );
        cluster.add(
            nginx().timeout(edge).certificate(certificate()).serves(
                VirtualHost::new("ai.lurus.cn")
                    .route("/", caddy.http())
                    .with(Route::new("/v1/", caddy.http()).timeout("10m")),
            ),
        );
        codes(&cluster)
    };
    // What has a route of its own here comes by no other.
    assert!(split("300s").is_empty());
    assert_eq!(split("299s"), ["error L1232"]);
}

#[test]
fn a_contract_names_who_answers() {
    let mut cluster = cluster();
    let gateway = cluster.add(Web::new("gateway").on(NODES).port(18100));
    let caddy = cluster.add(
        Caddy::new("caddy")
            .on(NODES)
            .network(APP)
            .with(Route::new("/v1/", gateway.http())),
    );
    cluster.add(
        nginx().certificate(certificate()).serves(
            VirtualHost::new("ai.lurus.cn")
                .with(Route::new("/v1/", caddy.http()).streaming())
                // Caddy answers these itself, with 404.
                .with(Route::new("/v2/", caddy.http()).streaming()),
        ),
    );
    let clients = file(&cluster, "local/clients.json");
    assert_eq!(clients.matches("\"to\":").count(), 1, "{clients}");
    assert!(clients.contains("\"to\": \"gateway\""), "{clients}");
}

#[test]
fn a_path_is_a_bare_word() {
    for path in ["/", "/v1/", "/v1", "/a.b/_c~d-e", "/.well-known/x"] {
        assert!(path.parse::<RoutePath>().is_ok(), "{path}");
    }
    let long = format!("/{}", "a".repeat(255));
    for path in [
        "", "v1", "/a b", "/v1;", "/v1{", "/v1}", "/$x", "/%2e", "/*", "/a//b", "/..", "/../x",
        "/./x", "/a\n", "/\"", "/'", "/\\", "/é", "~ /x", "= /", "^~ /x", "/x#", &long,
    ] {
        assert!(path.parse::<RoutePath>().is_err(), "{path:?}");
    }
}

#[test]
fn what_is_refused_is_reported_where_it_was_said() {
    let hostile = edge(|api, _| {
        nginx()
            .certificate(
                Certificate::new("Bad Name")
                    .covers("*.lurus.cn")
                    .covers("*"),
            )
            .serves(VirtualHost::new("a.lurus.cn; return 200").route("/", api.http()))
            .serves(
                VirtualHost::new("b.lurus.cn")
                    .route("/{", api.http())
                    .with(Route::new("/x", api.http()).timeout("soon")),
            )
    });
    let report = crate::check::check(&hostile).unwrap_err();
    let refused = report
        .iter()
        .filter(|finding| finding.code.is_some_and(|code| code.as_str() == "L0102"));
    assert_eq!(refused.count(), 5);
}
