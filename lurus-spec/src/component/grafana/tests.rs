//! Tests of Grafana.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::component::grafana::Grafana;
use crate::component::nats::Nats;
use crate::component::prometheus::Prometheus;
use crate::fixture::{NODES, cluster, codes, file, plan};
use crate::model::Cluster;

/// NATS and two servers of Prometheus, with Grafana on another host.
fn watched(grafana: impl FnOnce(Grafana) -> Grafana) -> Cluster {
    let mut cluster = cluster().development();
    cluster.add(Nats::new("nats").on(NODES));
    let prometheus = cluster.add(Prometheus::new("prometheus").on([NODES[0], NODES[1]]));
    let shown = Grafana::new("grafana")
        .on([NODES[2]])
        .datasource(&prometheus);
    cluster.add(grafana(shown));
    cluster
}

fn asking(uid: &str) -> String {
    format!(
        r#"{{"panels": [{{"datasource": {{"type": "prometheus", "uid": "{uid}"}}, "w": 0.5}}]}}"#
    )
}

#[test]
fn every_server_is_a_datasource_and_the_first_is_asked() {
    let sources = file(
        &watched(|grafana| grafana),
        "hosts/node-3/config/grafana-1/datasources/lurus.yml",
    );
    insta::assert_snapshot!("datasources", sources);
}

#[test]
fn a_dashboard_has_the_structure_that_grafana_documents() {
    let text = file(
        &watched(|grafana| grafana),
        "local/config/grafana-1/grafana-dashboards/grafana.json",
    );
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(dashboard["schemaVersion"], 38);
    assert_eq!(dashboard["uid"], "grafana");
    assert_eq!(
        dashboard["templating"]["list"][0]["current"]["value"],
        "prometheus"
    );
    let panels = dashboard["panels"].as_array().unwrap();
    let mut covered = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_i64().unwrap()));
        assert!(matches!(
            panel["type"].as_str(),
            Some("timeseries" | "stat")
        ));
        assert_eq!(panel["datasource"]["uid"], "${datasource}");
        let at = |key: &str| panel["gridPos"][key].as_i64().unwrap();
        assert!(at("x") + at("w") <= 24);
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(covered.insert((x, y)), "panels overlap at {x}, {y}");
            }
        }
        for target in panel["targets"].as_array().unwrap() {
            assert!(!target["expr"].as_str().unwrap().is_empty());
            assert!(target["refId"].is_string());
        }
    }
    insta::assert_snapshot!("a dashboard", text);
}

#[test]
fn every_component_with_panels_has_a_dashboard() {
    let compiled = crate::compile(&watched(|grafana| grafana)).unwrap();
    let folder = "test/local/config/grafana-1/grafana-dashboards/";
    let files: BTreeSet<String> = compiled
        .tree
        .iter()
        .filter_map(|(path, _)| Some(path.as_str().strip_prefix(folder)?.to_owned()))
        .collect();
    for component in ["grafana.json", "prometheus.json"] {
        assert!(files.contains(component), "{files:?}");
    }
}

#[test]
fn a_dashboard_of_ones_own_arrives_as_it_was_drawn() {
    let drawn = asking("prometheus");
    let cluster = watched(|grafana| grafana.dashboard("orders", &drawn));
    let path = "hosts/node-3/config/grafana-1/grafana-dashboards/own.orders.json";
    assert_eq!(file(&cluster, path), drawn);
}

#[test]
fn a_dashboard_asks_a_datasource_that_there_is() {
    let found = |json: &str| codes(&watched(|grafana| grafana.dashboard("orders", json)));
    let variable = r#"{"templating": {"list": [{"name": "ds", "type": "datasource"}]},
        "panels": [{"datasource": {"uid": "${ds}"}}, {"datasource": null}]}"#;
    for good in [
        asking("prometheus"),
        asking("-- Mixed --"),
        variable.to_owned(),
    ] {
        assert_eq!(found(&good), [""; 0], "{good}");
    }
    let inputs = r#"{"panels": [{"datasource": "${DS_PROMETHEUS}"}]}"#;
    let nested = r#"{"panels": [{"panels": [{"targets": [{"datasource": {"uid": "P1"}}]}]}]}"#;
    for bad in [&asking("overview"), inputs, nested, "[]", "{"] {
        assert_eq!(found(bad), ["error L1122"], "{bad}");
    }
}

#[test]
fn a_dashboard_asks_for_series_that_there_are() {
    let found = |expression: &str| {
        let expression = Value::from(expression);
        let json = format!(
            r#"{{"panels": [{{"type": "row", "panels": [{{"title": "Load", "targets": [{{"expr": {expression}}}]}}]}}]}}"#
        );
        codes(&watched(|grafana| grafana.dashboard("orders", &json)))
    };
    for good in [
        "up{job=\"prometheus\"}",
        "rate(prometheus_tsdb_head_samples_appended_total{job=\"$job\"}[$__rate_interval])",
        "$anything goes",
    ] {
        assert_eq!(found(good), [""; 0], "{good}");
    }
    assert_eq!(found("sum(up"), ["error L1101"]);
    assert_eq!(found("orders_total"), ["error L1102"]);
    assert_eq!(found("up{job=\"orders\"}"), ["error L1102"]);
    assert_eq!(found("up{route=\"$route\"}"), ["error L1103"]);
}

#[test]
fn series_come_from_a_server_that_collects_them() {
    let mut nothing = cluster();
    nothing.add(Grafana::new("grafana").on([NODES[0]]));
    assert_eq!(codes(&nothing), ["error L1121"]);
    let mut aggregates = cluster().development();
    let prometheus = aggregates.add(Prometheus::new("prometheus").on([NODES[0]]));
    let overview = aggregates.add(
        Prometheus::new("overview")
            .on([NODES[1]])
            .federating(&prometheus),
    );
    aggregates.add(Grafana::new("grafana").on([NODES[2]]).datasource(&overview));
    assert_eq!(codes(&aggregates), ["error L1121"]);
}

#[test]
fn nobody_is_let_in_by_a_default() {
    let plan = plan(&watched(|grafana| grafana), "hosts");
    let grafana = plan.workload(&"grafana".parse().unwrap()).unwrap();
    let value = |name: &str| {
        let text = &grafana.env[&name.parse().unwrap()];
        text.resolve(|symbol| format!("<{symbol:?}>"))
    };
    for (name, secret) in [
        ("GF_SECURITY_ADMIN_PASSWORD", "grafana-admin-password"),
        ("GF_SECURITY_SECRET_KEY", "grafana-secret-key"),
    ] {
        let value = value(name);
        assert!(
            value.starts_with("<Secret(") && value.contains(secret),
            "{value}"
        );
    }
    assert_eq!(value("GF_AUTH_ANONYMOUS_ENABLED"), "false");
    assert_eq!(value("GF_USERS_ALLOW_SIGN_UP"), "false");
}
