//! Tests of Prometheus.

use crate::component::alertmanager::Alertmanager;
use crate::component::node_exporter::NodeExporter;
use crate::component::prometheus::Prometheus;
use crate::fixture::{NODES, cluster, codes, file, started};
use crate::model::{Cluster, RuleFile};

/// Two servers that collect from each other, Alertmanager and every host, and one that takes their aggregates.
fn watched(prometheus: impl FnOnce(Prometheus) -> Prometheus) -> Cluster {
    let mut cluster = cluster();
    let alertmanager = cluster.add(Alertmanager::new("alertmanager").on([NODES[0], NODES[1]]));
    let collecting = Prometheus::new("prometheus")
        .on([NODES[0], NODES[1]])
        .alertmanager(&alertmanager);
    let collecting = cluster.add(prometheus(collecting));
    cluster.add(
        Prometheus::new("overview")
            .on([NODES[2]])
            .alertmanager(&alertmanager)
            .federating(&collecting),
    );
    cluster.add(NodeExporter::new("hosts").on(NODES));
    cluster
}

#[test]
fn jobs_are_what_components_declare() {
    let cluster = watched(|prometheus| prometheus.scrape_interval("30s"));
    insta::assert_snapshot!(
        "collecting",
        file(
            &cluster,
            "hosts/node-2/config/prometheus-2/prometheus/prometheus.yml"
        )
    );
    insta::assert_snapshot!(
        "federating",
        file(
            &cluster,
            "hosts/node-3/config/overview-1/prometheus/prometheus.yml"
        )
    );
}

#[test]
fn servers_differ_in_their_names_only() {
    let cluster = watched(|prometheus| prometheus);
    let of = |member: u32, file_name: &str| {
        file(
            &cluster,
            &format!("hosts/node-{member}/config/prometheus-{member}/{file_name}"),
        )
    };
    let named = of(1, "prometheus/prometheus.yml")
        .replace("replica: prometheus-1", "replica: prometheus-2");
    assert_eq!(named, of(2, "prometheus/prometheus.yml"));
    for rules in ["hosts.yml", "prometheus.yml", "promtool.tests.yml"] {
        let rules = format!("prometheus-rules/{rules}");
        assert_eq!(of(1, &rules), of(2, &rules));
    }
}

#[test]
fn series_fill_four_fifths_of_the_disk_at_most() {
    let cluster = watched(|prometheus| prometheus.disk("5GiB").retention("36h"));
    let started_as = started(&cluster, "node-1");
    assert!(
        started_as.contains("--storage.tsdb.retention.size=4294967296B"),
        "{started_as}"
    );
    assert!(
        started_as.contains("--storage.tsdb.retention.time=36h"),
        "{started_as}"
    );
    assert!(!started_as.contains("lifecycle"), "{started_as}");
}

#[test]
fn alerts_link_to_the_runbook_where_there_is_one() {
    let rules = |cluster: &Cluster| {
        file(
            cluster,
            "hosts/node-1/config/prometheus-1/prometheus-rules/hosts.yml",
        )
    };
    let with = watched(|prometheus| prometheus.runbooks("https://wiki.example.com/runbook"));
    assert!(
        rules(&with).contains("runbook_url: \"https://wiki.example.com/runbook#hostdiskfull\"")
    );
    assert!(!rules(&watched(|prometheus| prometheus)).contains("runbook_url"));
    assert_eq!(
        codes(&watched(|prometheus| prometheus.runbooks("wiki"))),
        ["error L0102"]
    );
}

#[test]
fn what_alerts_say_of_series_arrives_as_it_was_written() {
    let cluster = watched(|prometheus| prometheus);
    let rules = file(
        &cluster,
        "hosts/node-1/config/prometheus-1/prometheus-rules/hosts.yml",
    );
    assert!(rules.contains("{{ $labels.mountpoint }}"), "{rules}");
    let tests = file(
        &cluster,
        "hosts/node-1/config/prometheus-1/prometheus-rules/promtool.tests.yml",
    );
    assert!(!tests.contains("$labels"), "{tests}");
    assert!(
        tests.contains("less than a tenth of / on h is free"),
        "{tests}"
    );
    // Where members are not tied to hosts, the sentence is whole as well.
    for sentence in ["at its disk on h: a full", "at its disk: a full"] {
        assert!(tests.contains(sentence), "{tests}");
    }
}

#[test]
fn a_server_that_sends_alerts_nowhere_is_not_asked_whether_they_arrive() {
    let mut cluster = cluster();
    let alertmanager = cluster.add(Alertmanager::new("alertmanager").on(NODES));
    let collecting = cluster.add(
        Prometheus::new("prometheus")
            .on([NODES[0]])
            .alertmanager(&alertmanager),
    );
    cluster.add(
        Prometheus::new("overview")
            .on([NODES[1]])
            .federating(&collecting),
    );
    let rules = |of: &str| {
        file(
            &cluster,
            &format!("hosts/node-1/config/prometheus-1/prometheus-rules/{of}.yml"),
        )
    };
    assert!(rules("prometheus").contains("PrometheusNoAlertmanager"));
    assert!(!rules("overview").contains("PrometheusNoAlertmanager"));
    assert!(rules("overview").contains("PrometheusConfigReloadFailed"));
}

#[test]
fn files_of_the_team_are_evaluated_with_those_of_components() {
    let text =
        "groups:\n- name: team\n  rules:\n  - record: job:up:min\n    expr: min by (job) (up)\n";
    let team = RuleFile::new("spec/rules/team.yml", text);
    let cluster = watched(|prometheus| prometheus.rule_files([team]));
    let of = |name: &str| {
        file(
            &cluster,
            &format!("hosts/node-2/config/prometheus-2/{name}"),
        )
    };
    assert!(of("prometheus-rules/own.team.yml").contains("record: \"job:up:min\""));
    assert!(of("prometheus/prometheus.yml").contains("- /etc/prometheus-rules/own.team.yml\n"));
    assert!(of("prometheus-rules/promtool.tests.yml").contains("- own.team.yml\n"));
}

/// Nobody goes on in the place of the one that takes aggregates.
#[test]
fn the_book_speaks_of_other_servers_where_there_are_some() {
    let book = file(&watched(|prometheus| prometheus), "README.md");
    let failure = |of: &str| {
        let from = format!("<a id=\"failure-{of}\"></a>");
        let (_, rest) = book.split_once(&from).unwrap();
        rest.split("<a id=").next().unwrap().to_owned()
    };
    assert!(failure("prometheus").contains("the other servers still have theirs"));
    assert!(failure("overview").contains("nobody else has it"));
    assert!(!failure("overview").contains("other servers"));
}

#[test]
fn what_prints_nothing_is_said_to() {
    let book = file(&watched(|prometheus| prometheus), "README.md");
    assert!(book.contains("It prints nothing."));
    assert!(!book.contains("```text\n\n```"));
}
