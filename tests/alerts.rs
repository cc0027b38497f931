//! Every alert of every built-in component is proven both ways, and what it says can be filled in.
//!
//! `promtool test rules` runs the proofs; this looks that they are there.

use std::collections::BTreeSet;

use lurus::inventory::{images, minimal, recommended};
use lurus_spec::check::check;
use lurus_spec::component::BUILT_IN;
use lurus_spec::component::observe::Alert;
use lurus_spec::prelude::*;

/// What no cluster of this repository shows, on the hosts of the minimal one.
fn others() -> Cluster {
    use minimal::hosts::{NODE_1, NODE_2, NODE_3};
    let nodes = [NODE_1, NODE_2, NODE_3];
    let mut cluster = Cluster::new("others", minimal::inventory())
        .network(minimal::networks::DATA)
        .development();
    cluster.add(Redis::new("cache").on([NODE_1]));
    cluster.add(Streaming::new("pg").on(nodes).database("orders"));
    let web = cluster.add(
        Service::new("web", images::GATEWAY)
            .on(nodes)
            .port("http", 9080),
    );
    cluster.add(
        Caddy::new("caddy")
            .on(nodes)
            .with(Route::new("/", web.http())),
    );
    cluster.add(Prometheus::new("prometheus").on(nodes));
    cluster
}

/// PostgreSQL over worker groups, which has the ports of the one in [`others`].
fn sharded() -> Cluster {
    use minimal::hosts::{NODE_1, NODE_2, NODE_3};
    let nodes = [NODE_1, NODE_2, NODE_3];
    let mut cluster = Cluster::new("sharded", minimal::inventory())
        .network(minimal::networks::DATA)
        .development();
    let etcd = cluster.add(Etcd::new("etcd").on(nodes));
    cluster.add(Citus::new("pg").on(nodes).etcd(&etcd).database("orders"));
    cluster.add(Prometheus::new("prometheus").on(nodes));
    cluster
}

fn clusters() -> Vec<Cluster> {
    let mut clusters = lurus::clusters();
    clusters.extend([others(), sharded()]);
    clusters
}

/// Every alert, with the component that declares it.
fn alerts() -> Vec<(String, Alert)> {
    let mut alerts = Vec::new();
    for cluster in clusters() {
        let checked = check(&cluster).unwrap_or_else(|report| panic!("{report:#?}"));
        for (component, declaration) in &checked.declarations {
            let groups = declaration.rule_groups.iter();
            let of_component = groups.flat_map(|group| &group.alerts);
            alerts.extend(of_component.map(|alert| {
                (
                    format!("{}: {component}", cluster.name.value),
                    alert.clone(),
                )
            }));
        }
    }
    alerts
}

#[test]
fn every_alert_has_a_case_that_fires_it_and_one_that_does_not() {
    let alerts = alerts();
    assert!(alerts.len() > 150, "only {} alerts", alerts.len());
    for (of, alert) in alerts {
        let fires = alert.proofs.iter().any(|proof| !proof.fires.is_empty());
        let silent = alert.proofs.iter().any(|proof| proof.fires.is_empty());
        assert!(fires, "{of}: {} is never shown to fire", alert.name);
        assert!(silent, "{of}: {} is never shown to be silent", alert.name);
    }
}

/// A value says little without its unit and changes the text of a message that is sent again; a label that the series
/// lacks leaves a hole.
#[test]
fn what_an_alert_says_is_filled_with_labels_that_it_has() {
    for (of, alert) in alerts() {
        for text in [&alert.summary, &alert.action] {
            assert!(!text.is_empty(), "{of}: {} says nothing", alert.name);
            // This stands only where the label is known.
            let certain = text.replace("{{ with $labels.host }} on {{ . }}{{ end }}", "");
            for hole in certain.split("{{").skip(1) {
                let (hole, _) = hole.split_once("}}").expect("a hole ends");
                let label = hole.trim().strip_prefix("$labels.");
                let label = label.unwrap_or_else(|| panic!("{of}: {} has {hole}", alert.name));
                for fired in alert.proofs.iter().flat_map(|proof| &proof.fires) {
                    assert!(
                        fired.iter().any(|(name, _)| *name == label),
                        "{of}: {} speaks of {label}, and fires without it",
                        alert.name
                    );
                }
            }
        }
    }
}

#[test]
fn every_built_in_component_is_among_them() {
    let shown: BTreeSet<&str> = clusters()
        .iter()
        .flat_map(|cluster| &cluster.components)
        .map(|component| component.kind())
        .collect();
    for built_in in BUILT_IN {
        let kind = built_in.manual.kind;
        // It has objects of its provider only, which are watched there.
        let elsewhere = kind == "managed-postgres";
        assert_eq!(shown.contains(kind), !elsewhere, "{kind}");
    }
}

/// How many there should be is counted where members are declared: no threshold is written down a second time.
#[test]
fn thresholds_follow_how_many_there_are() {
    use recommended::hosts::ALL;
    let thresholds = |members: usize, shards: u32| -> Vec<String> {
        let hosts = || ALL.into_iter().take(members);
        let mut cluster = Cluster::new("counted", recommended::inventory())
            .network(recommended::networks::DATA)
            .trusts(recommended::networks::DATA);
        cluster.add(Etcd::new("etcd").on(hosts()));
        cluster.add(Nats::new("nats").on(hosts()));
        cluster.add(
            RedisCluster::new("redis")
                .on(ALL)
                .shards(shards)
                .replicas(1),
        );
        let alertmanager = cluster.add(Alertmanager::new("alertmanager").on(hosts()));
        cluster.add(
            Prometheus::new("prometheus")
                .on(hosts())
                .alertmanager(&alertmanager),
        );
        let checked = check(&cluster).unwrap_or_else(|report| panic!("{report:#?}"));
        let groups = checked.declarations.values().flat_map(|of| &of.rule_groups);
        let alerts: Vec<&Alert> = groups.flat_map(|group| &group.alerts).collect();
        let counting = [
            "EtcdQuorumLost",
            "EtcdQuorumAtRisk",
            "NATSClusterSizeChanged",
            "RedisClusterNodesMissing",
            "AlertmanagerClusterSplit",
        ];
        let threshold = |name: &str| {
            let alert = alerts.iter().find(|alert| alert.name == name);
            let expression = &alert
                .unwrap_or_else(|| panic!("no alert {name}"))
                .expression;
            // `… < 2`
            let (rest, number) = expression.rsplit_once(' ').expect("a comparison");
            let (_, comparison) = rest.rsplit_once(' ').expect("a comparison");
            format!("{comparison} {number}")
        };
        counting.into_iter().map(threshold).collect()
    };
    // A majority is lost, and only just there; every other server; every member; every Alertmanager.
    assert_eq!(thresholds(3, 3), ["< 2", "== 2", "< 2", "< 6", "< 3"]);
    assert_eq!(thresholds(5, 4), ["< 3", "== 3", "< 4", "< 8", "< 5"]);
}
