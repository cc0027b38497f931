//! Instances, with their datasource and all dashboards.

use std::collections::BTreeMap;

use crate::check::Declarations;
use crate::component::grafana::{Grafana, WEB, dashboard};
use crate::component::{Lowering, Site};
use crate::literal::{Duration, EnvName, Size};
use crate::plan::{
    Body, ConfigDir, ConfigFile, Cost, Health, Resources, Stop, Symbol, Text, Volume, Workload,
    checked,
};
use crate::words::Words;
use crate::yaml::{Node, map, seq};

/// User and group of the image.
const USER: &str = "472:0";

/// Where dashboards are read from, every half minute.
const DASHBOARDS: &str = "/etc/grafana-dashboards";

pub(super) fn lower(grafana: &Grafana, lowering: &Lowering<'_>) -> Vec<Workload> {
    let meta = &grafana.meta;
    let own = format!("{}:{}", Symbol::OwnAddress, Symbol::OwnPort(WEB.into()));
    vec![Workload {
        user: Some(USER.to_owned()),
        env: environment(grafana),
        config: vec![
            ConfigDir {
                mount: checked("/etc/grafana/provisioning/datasources"),
                files: vec![ConfigFile::new(
                    "lurus.yml",
                    Body::yaml(datasources(grafana, lowering)),
                    Cost::Restart,
                )],
            },
            ConfigDir {
                mount: checked("/etc/grafana/provisioning/dashboards"),
                files: vec![ConfigFile::new(
                    "lurus.yml",
                    Body::yaml(folder(lowering)),
                    Cost::Restart,
                )],
            },
            ConfigDir {
                mount: checked(DASHBOARDS),
                files: lowering
                    .files(grafana)
                    .into_iter()
                    .map(|(name, body)| ConfigFile::new(name, body, Cost::Nothing))
                    .collect(),
            },
        ],
        volumes: vec![Volume {
            name: "data",
            mount: checked("/var/lib/grafana"),
            size: Size::gib(1),
        }],
        health: Some(Health::command(
            [
                "wget".to_owned(),
                "-q".to_owned(),
                "-T".to_owned(),
                "3".to_owned(),
                "-O".to_owned(),
                "/dev/null".to_owned(),
                format!("http://{own}/api/health"),
            ],
            // The first start makes the tables of its database.
            Duration::secs(120),
        )),
        stop: Stop {
            signal: None,
            grace: Duration::secs(30),
            needed: Duration::secs(10),
        },
        scratch: vec![checked("/tmp")],
        published: vec![WEB.into()],
        ..lowering.workload(
            meta,
            &meta.name.value,
            Words::new(
                "Grafana, with a dashboard for each component",
                "Grafana，每个组件一个仪表盘",
            ),
            Resources::memory(grafana.instance_memory(), meta.blame(meta.memory.as_ref())),
        )
    }]
}

fn environment(grafana: &Grafana) -> BTreeMap<EnvName, Text> {
    let meta = &grafana.meta;
    let secret = |suffix| Symbol::Secret(meta.secret(suffix)).token();
    [
        ("GF_SECURITY_ADMIN_USER", "admin".to_owned()),
        ("GF_SECURITY_ADMIN_PASSWORD", secret("admin-password")),
        // Its default is known to everyone.
        ("GF_SECURITY_SECRET_KEY", secret("secret-key")),
        ("GF_SECURITY_DISABLE_GRAVATAR", "true".to_owned()),
        ("GF_AUTH_ANONYMOUS_ENABLED", "false".to_owned()),
        ("GF_USERS_ALLOW_SIGN_UP", "false".to_owned()),
        ("GF_SERVER_HTTP_ADDR", Symbol::OwnBind.token()),
        ("GF_SERVER_HTTP_PORT", Symbol::OwnPort(WEB.into()).token()),
        ("GF_METRICS_ENABLED", "true".to_owned()),
        ("GF_LOG_MODE", "console".to_owned()),
        // It tells nobody about this cluster, and asks nobody for updates.
        ("GF_ANALYTICS_REPORTING_ENABLED", "false".to_owned()),
        ("GF_ANALYTICS_CHECK_FOR_UPDATES", "false".to_owned()),
        ("GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES", "false".to_owned()),
        // Alerts have one place.
        ("GF_UNIFIED_ALERTING_ENABLED", "false".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (checked(name), value.into()))
    .collect()
}

/// The servers of the Prometheus: the one beside each instance where there is one, else each as a datasource, of which
/// the first is asked until a reader chooses another.
fn datasources(grafana: &Grafana, lowering: &Lowering<'_>) -> Node {
    let addresses = grafana.datasource.iter().flat_map(|prometheus| {
        let name = prometheus.value.name();
        let addresses = lowering.addresses(&grafana.meta.name.value, &prometheus.value.queries());
        (1..).zip(addresses).map(move |(index, address)| {
            let uid = match index {
                1 => name.to_string(),
                _ => format!("{name}-{index}"),
            };
            (uid, address, index == 1)
        })
    });
    let sources = addresses.map(|(uid, address, first)| {
        map([("name", uid.clone()), ("uid", uid)])
            .with("type", "prometheus")
            .with("access", "proxy")
            .with("orgId", Node::Int(1))
            .with("url", format!("http://{address}"))
            .with("isDefault", first)
            .with("editable", false)
            .with("jsonData", map([("httpMethod", "POST")]))
    });
    map([("apiVersion", Node::Int(1)), ("datasources", seq(sources))])
}

fn folder(lowering: &Lowering<'_>) -> Node {
    let provider = map([
        ("name", "lurus"),
        ("folder", lowering.site.cluster.as_str()),
        ("type", "file"),
    ])
    .with("orgId", Node::Int(1))
    .with("disableDeletion", false)
    .with("allowUiUpdates", false)
    .with("updateIntervalSeconds", Node::Int(30))
    .with("options", map([("path", DASHBOARDS)]));
    map([("apiVersion", Node::Int(1)), ("providers", seq([provider]))])
}

/// The files of all dashboards: those of components under the component's name, with a number from the second one on,
/// and those of the author as `own.<name>`.
pub(super) fn dashboards(
    grafana: &Grafana,
    site: &Site<'_>,
    declarations: &Declarations,
) -> BTreeMap<String, Body> {
    let own = &declarations[&grafana.meta.name.value];
    let source = grafana
        .datasource
        .as_ref()
        .map_or_else(String::new, |set| set.value.name().to_string());
    let tag = site.cluster.as_str();
    let mut files = BTreeMap::new();
    for (component, stated) in declarations {
        for (index, described) in (1..).zip(&stated.dashboards) {
            let name = match index {
                1 => component.to_string(),
                _ => format!("{component}.{index}"),
            };
            let file = format!("{name}.json");
            let make = || Body::json(dashboard::model(&name, tag, described, &source));
            let body = own.made(&file, &[stated], make);
            files.insert(file, body);
        }
    }
    files.extend(grafana.dashboards.iter().map(|own| {
        let body = Body::Verbatim(own.value.text.clone());
        (format!("own.{}.json", own.value.name), body)
    }));
    files
}
