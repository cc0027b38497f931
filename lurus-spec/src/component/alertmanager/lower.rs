//! Members with one configuration. What is secret in it stands in files, which are written when a member starts.

use std::collections::BTreeMap;

use crate::component::Lowering;
use crate::component::alertmanager::receiver::{Address, Channel, Receiver};
use crate::component::alertmanager::{Alertmanager, CLUSTER, NOBODY, WEB};
use crate::component::observe::Severity;
use crate::literal::{Duration, EnvName, Size};
use crate::plan::{
    Ask, Body, ConfigDir, ConfigFile, Cost, Health, Probe, Resources, Stop, Symbol, Text, Volume,
    Workload, checked,
};
use crate::words::Words;
use crate::yaml::{Node, map, seq};

/// Where secrets are, in memory: the one folder of the image that every user may write to.
const SECRETS: &str = "/tmp";

pub(super) fn lower(alertmanager: &Alertmanager, lowering: &Lowering<'_>) -> Vec<Workload> {
    let meta = &alertmanager.meta;
    let name = &meta.name.value;
    let secrets: Vec<&Receiver> = alertmanager
        .receivers
        .iter()
        .map(|receiver| &receiver.value)
        .filter(|receiver| receiver.secret_purpose().is_some())
        .collect();
    let flags = flags(alertmanager, lowering);
    let (program, command) = match &secrets[..] {
        [] => (None, flags),
        _ => (
            Some("/bin/sh"),
            vec!["-c".to_owned(), start(&secrets, &flags)],
        ),
    };
    let env = secrets.iter().map(|receiver| {
        let secret = Symbol::Secret(meta.secret(&receiver.secret_suffix()));
        let value = match &receiver.channel {
            Channel::Webhook { url, .. } => format!("{url}{secret}"),
            Channel::Mail { .. } => secret.token(),
        };
        (variable(receiver), value.into())
    });
    vec![Workload {
        program,
        command: command.into_iter().map(Text::from).collect(),
        env: env.collect::<BTreeMap<EnvName, Text>>(),
        scratch: if secrets.is_empty() {
            Vec::new()
        } else {
            vec![checked(SECRETS)]
        },
        config: vec![ConfigDir {
            mount: checked("/etc/alertmanager"),
            files: vec![ConfigFile::new(
                "alertmanager.yml",
                Body::yaml(configuration(alertmanager)),
                Cost::Reload("kill -HUP 1".to_owned()),
            )],
        }],
        volumes: vec![Volume {
            name: "data",
            mount: checked("/alertmanager"),
            size: Size::mib(256),
        }],
        health: Some(Health::http(WEB, "/-/healthy", Duration::secs(30))),
        live: Some(Probe {
            port: WEB.into(),
            asks: Ask::Http("/-/healthy".to_owned()),
        }),
        stop: Stop {
            signal: None,
            grace: Duration::secs(20),
            // It tells its peers that it leaves.
            needed: Duration::secs(10),
        },
        // Members tell each other their address as a number.
        stable_address: true,
        published: vec![WEB.into()],
        unprivileged: Some((65_534, 65_534)),
        ..lowering.workload(
            meta,
            name,
            Words::new(
                "Alertmanager, which tells people of alerts",
                "Alertmanager，将告警通知给值班人员",
            ),
            Resources::memory(
                alertmanager.member_memory(),
                meta.blame(meta.memory.as_ref()),
            ),
        )
    }]
}

fn flags(alertmanager: &Alertmanager, lowering: &Lowering<'_>) -> Vec<String> {
    let own =
        |address: Symbol, port: &'static str| format!("{address}:{}", Symbol::OwnPort(port.into()));
    let retention = alertmanager.retention_or_default().value;
    let peers = lowering
        .peers(&alertmanager.meta.name.value, CLUSTER)
        .into_iter()
        .map(|peer| format!("--cluster.peer={peer}"));
    [
        "--config.file=/etc/alertmanager/alertmanager.yml".to_owned(),
        "--storage.path=/alertmanager".to_owned(),
        // It knows no unit above the hour.
        format!("--data.retention={}s", retention.as_secs()),
        format!("--web.listen-address={}", own(Symbol::OwnBind, WEB)),
        format!("--web.external-url=http://{}", own(Symbol::OwnAddress, WEB)),
        format!("--cluster.listen-address={}", own(Symbol::OwnBind, CLUSTER)),
        format!(
            "--cluster.advertise-address={}",
            own(Symbol::OwnIp, CLUSTER)
        ),
    ]
    .into_iter()
    .chain(peers)
    .collect()
}

/// The variable that holds what is secret of a receiver.
fn variable(receiver: &Receiver) -> EnvName {
    let name = receiver.name.as_str().replace('-', "_").to_uppercase();
    checked(&format!("RECEIVER_{name}"))
}

/// The file that holds what is secret of a receiver.
fn secret_file(receiver: &Receiver) -> String {
    format!("{SECRETS}/{}", receiver.name)
}

/// It takes secrets from files only, and a container has them in variables only.
fn start(secrets: &[&Receiver], flags: &[String]) -> String {
    let files: String = secrets
        .iter()
        .map(|receiver| {
            format!(
                "printf %s \"${}\" > {} || exit 1; ",
                variable(receiver),
                secret_file(receiver)
            )
        })
        .collect();
    format!(
        "umask 077; {files}exec /bin/alertmanager {}",
        flags.join(" ")
    )
}

fn configuration(alertmanager: &Alertmanager) -> Node {
    let wait = alertmanager.group_wait_or_default().value;
    let again = alertmanager.repeat_interval_or_default().value;
    let receivers = alertmanager.receivers.iter().map(|set| &set.value);
    let routes = receivers.clone().flat_map(|receiver| {
        let severe = Severity::ALL
            .into_iter()
            .rev()
            .filter(|severity| *severity >= receiver.from);
        severe.map(|severity| route(receiver, severity, wait, again))
    });
    map([
        (
            "route",
            map([
                ("receiver", Node::str(NOBODY)),
                // One message for one kind of trouble, however many instances have it.
                ("group_by", seq(["alertname", "cluster", "job"])),
                ("group_wait", Node::str(wait.to_string())),
                ("group_interval", Node::str("5m")),
                ("repeat_interval", Node::str(again.to_string())),
            ])
            .with_filled("routes", seq(routes)),
        ),
        ("inhibit_rules", seq([inhibition()])),
        (
            "receivers",
            seq([map([("name", NOBODY)])]
                .into_iter()
                .chain(receivers.map(told))),
        ),
    ])
}

/// A critical alert about an instance is reason enough to look at it: milder ones about the same wait.
fn inhibition() -> Node {
    map([
        (
            "source_matchers",
            seq([r#"severity="critical""#, r#"instance!="""#]),
        ),
        ("target_matchers", seq([r#"severity=~"warning|info""#])),
        ("equal", seq(["cluster", "job", "instance"])),
    ])
}

fn route(receiver: &Receiver, severity: Severity, wait: Duration, again: Duration) -> Node {
    let (wait, again) = match severity {
        Severity::Critical => (part(wait, 3), part(again, 4)),
        Severity::Warning | Severity::Info => (wait, again),
    };
    map([
        ("receiver", Node::str(receiver.name.as_str())),
        ("matchers", seq([format!("severity=\"{severity}\"")])),
        ("group_wait", Node::str(wait.to_string())),
        ("repeat_interval", Node::str(again.to_string())),
        // Others hear of it too.
        ("continue", Node::Bool(true)),
    ])
}

fn part(of: Duration, parts: u64) -> Duration {
    Duration::millis((of.as_millis() / parts).max(1))
}

fn told(receiver: &Receiver) -> Node {
    let (kind, how) = match &receiver.channel {
        Channel::Webhook { token: true, .. } => (
            "webhook_configs",
            map([("url_file", secret_file(receiver))]),
        ),
        Channel::Webhook { url, token: false } => ("webhook_configs", map([("url", url.as_str())])),
        Channel::Mail {
            to,
            sender,
            server,
            port,
            user,
        } => {
            let login = user.as_ref().map(Address::as_str);
            (
                "email_configs",
                map([
                    ("to", to.to_string()),
                    ("from", sender.to_string()),
                    ("smarthost", format!("{server}:{port}")),
                ])
                .with_some("auth_username", login)
                .with_some("auth_password_file", login.map(|_| secret_file(receiver))),
            )
        }
    };
    map([
        ("name", Node::str(receiver.name.as_str())),
        (kind, seq([how.with("send_resolved", Node::Bool(true))])),
    ])
}
