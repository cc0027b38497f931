//! Servers, with what they scrape, what they evaluate, and where they send alerts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::component::Lowering;
use crate::component::prometheus::{Prometheus, WEB, jobs, rules};
use crate::literal::Duration;
use crate::plan::{
    Ask, Body, ConfigDir, ConfigFile, Cost, Health, Probe, Resources, Stop, Symbol, Text, Volume,
    Workload, checked,
};
use crate::words::Words;
use crate::yaml::{Node, map, seq};

const CONFIG: &str = "/etc/prometheus";
const RULES: &str = "/etc/prometheus-rules";

/// A server writes what it has in memory to its log before it ends.
const NEEDED_TO_STOP: Duration = Duration::secs(30);

pub(super) fn lower(prometheus: &Prometheus, lowering: &Lowering<'_>) -> Vec<Workload> {
    let meta = &prometheus.meta;
    let own = format!("{}:{}", Symbol::OwnAddress, Symbol::OwnPort(WEB.into()));
    let flags = [
        format!("--config.file={CONFIG}/prometheus.yml"),
        "--storage.tsdb.path=/prometheus".to_owned(),
        format!("--storage.tsdb.retention.time={}", prometheus.kept()),
        // Blocks are deleted after a new one was written, and the log is not counted.
        format!(
            "--storage.tsdb.retention.size={}B",
            prometheus.volume().bytes() / 5 * 4
        ),
        format!(
            "--web.listen-address={}:{}",
            Symbol::OwnBind,
            Symbol::OwnPort(WEB.into())
        ),
        // What links in alerts begin with.
        format!("--web.external-url=http://{own}"),
    ];
    let file = |name: Cow<'static, str>, body| {
        ConfigFile::new(name, body, Cost::Reload("kill -HUP 1".to_owned()))
    };
    let mut rule_files = lowering.files(prometheus);
    let tests = rule_files.remove(rules::TESTS);
    let tests = tests.map(|body| ConfigFile::for_tools(rules::TESTS, body));
    let names: Vec<String> = rule_files
        .keys()
        .map(|name| format!("{RULES}/{name}"))
        .collect();
    let files = rule_files
        .into_iter()
        .map(|(name, rules)| file(name.into(), rules));
    vec![Workload {
        command: flags.map(Text::from).to_vec(),
        env: BTreeMap::from([(
            // The runtime collects garbage more eagerly before the limit is reached that kills the server.
            checked("GOMEMLIMIT"),
            format!("{}B", prometheus.server_memory().bytes() / 10 * 9).into(),
        )]),
        config: vec![
            ConfigDir {
                mount: checked(CONFIG),
                files: vec![file(
                    "prometheus.yml".into(),
                    Body::yaml(configuration(prometheus, lowering, &names)),
                )],
            },
            ConfigDir {
                mount: checked(RULES),
                files: files.chain(tests).collect(),
            },
        ],
        volumes: vec![Volume {
            name: "data",
            mount: checked("/prometheus"),
            size: prometheus.volume(),
        }],
        health: Some(Health::http(
            WEB,
            "/-/healthy",
            // The log of the last hours is read before anything is answered.
            Duration::secs(120),
        )),
        live: Some(Probe {
            port: WEB.into(),
            asks: Ask::Http("/-/healthy".to_owned()),
        }),
        stop: Stop {
            signal: None,
            grace: Duration::secs(60),
            needed: NEEDED_TO_STOP,
        },
        published: vec![WEB.into()],
        unprivileged: Some((65_534, 65_534)),
        ..lowering.workload(
            meta,
            &meta.name.value,
            match prometheus.federating {
                None => Words::new(
                    "Prometheus, which collects all metrics and evaluates all alerts",
                    "Prometheus，采集全部指标并计算全部告警",
                ),
                Some(_) => Words::new(
                    "Prometheus, which keeps the aggregates of another one",
                    "Prometheus，保存另一套 Prometheus 的聚合指标",
                ),
            },
            Resources {
                open_files: 16_384,
                ..Resources::memory(prometheus.server_memory(), meta.blame(meta.memory.as_ref()))
            },
        )
    }]
}

fn configuration(prometheus: &Prometheus, lowering: &Lowering<'_>, rule_files: &[String]) -> Node {
    let alerting = prometheus.alertmanager.as_ref().map(|alertmanager| {
        let addresses = lowering
            .entry(&alertmanager.value.members())
            .map(|(group, port)| lowering.peers(group, port))
            .unwrap_or_default();
        let targets = seq(addresses.iter().map(ToString::to_string));
        map([
            // Both servers of a pair send the same alert: without the server's name it is one.
            (
                "alert_relabel_configs",
                seq([map([("regex", "replica"), ("action", "labeldrop")])]),
            ),
            (
                "alertmanagers",
                seq([map([(
                    "static_configs",
                    seq([map([("targets", targets)])]),
                )])]),
            ),
        ])
    });
    let jobs = match &prometheus.federating {
        None => jobs::all(lowering),
        Some(source) => vec![jobs::federation(&source.value, lowering)],
    };
    map([
        (
            "global",
            map([
                ("scrape_interval", prometheus.interval().to_string()),
                ("scrape_timeout", prometheus.timeout().to_string()),
                ("evaluation_interval", prometheus.interval().to_string()),
            ])
            .with(
                "external_labels",
                map([
                    ("cluster", lowering.site.cluster.to_string()),
                    ("replica", Symbol::OwnName.token()),
                ]),
            ),
        ),
        ("rule_files", seq(rule_files.iter().cloned())),
    ])
    .with_some("alerting", alerting)
    .with("scrape_configs", seq(jobs))
}
