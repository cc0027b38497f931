//! Servers and the task that creates streams.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::component::nats::{CLIENT, Discard, MONITOR, Nats, ROUTE, Retention, Stream};
use crate::component::observe::{EXPORTED, exporter_resources};
use crate::component::{Lowering, TASK_MEMORY};
use crate::literal::{Duration, EnvName, Size};
use crate::plan::{self, checked};
use crate::plan::{
    Body, ConfigDir, ConfigFile, Contract, Cost, Health, Kind, Probe, Resources, Stop, Symbol,
    Text, Volume, Workload,
};
use crate::template;
use crate::words::Words;
use crate::yaml::{Node, map, seq};

/// What `nats.conf.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Configuration {
    server_name: String,
    address: String,
    bind: String,
    client_port: String,
    route_port: String,
    monitor_port: String,
    host: String,
    cluster: String,
    connections: u32,
    store: String,
    max_memory_store: u64,
    max_file_store: u64,
    lame_duck: String,
    lame_duck_grace: String,
    /// Variables that hold the quoted route URLs, one per server.
    routes: Vec<String>,
}

#[cfg(test)]
impl Configuration {
    /// What the template is checked against.
    pub(super) fn example() -> Self {
        let routes = vec!["NATS_ROUTE_1".to_owned()];
        configuration(&Nats::new("nats"), "test-nats".to_owned(), routes)
    }
}

/// Seconds within which JetStream of a server that reaches enough others is heard by its leader: else it begins again.
pub(super) const PATIENCE: u32 = 60;

/// What `start.sh.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Start {
    address: String,
    monitor_port: String,
    /// Seconds between the starts of two servers.
    apart: u32,
    /// Seconds that this server waits, as an expression of the shell.
    delay: String,
    patience: u32,
    /// Seconds that one look at the server takes: `sleep 5`, and the time of `ask.sh`.
    round: u32,
    server_name: String,
    /// How many other servers make a majority with this one.
    others: usize,
}

impl Start {
    /// Starts one of so many servers.
    pub(super) fn of(servers: usize) -> Self {
        const APART: u32 = 2;
        Self {
            address: Symbol::OwnAddress.token(),
            monitor_port: Symbol::OwnPort(MONITOR.into()).token(),
            apart: APART,
            delay: format!("$((({} - 1) * {APART}))", Symbol::OwnIndex),
            patience: PATIENCE,
            round: 7,
            server_name: Symbol::OwnName.token(),
            others: servers / 2,
        }
    }
}

/// What `streams.sh.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Task {
    pub(super) streams: Vec<TaskStream>,
}

/// What `ask.sh.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Ask {
    address: String,
    client_port: String,
}

impl Ask {
    /// Asks the server beside it.
    pub(super) fn here() -> Self {
        Self {
            address: Symbol::OwnAddress.token(),
            client_port: Symbol::OwnPort(CLIENT.into()).token(),
        }
    }
}

/// The script by which operators ask a server.
pub(super) const ASK: &str = "/etc/nats/ask.sh";

/// One stream of the task.
#[derive(Debug, Serialize)]
pub(super) struct TaskStream {
    pub(super) name: String,
    /// The stream as the server's API takes it.
    pub(super) config: String,
}

/// How long a server in lame duck mode waits before it begins to close clients.
const LAME_DUCK_GRACE: Duration = Duration::secs(10);

/// Clients of one server (the server's `max_connections`).
pub(super) const CONNECTIONS: u32 = 10_000;

/// User and group of the servers. The image knows none.
const USER: &str = "1000:1000";

/// Where a server keeps streams. A fresh volume has the owner and the mode of the folder that it covers: any other
/// folder of the image is root's, and this one is for all users.
const STORE: &str = "/var/tmp";

pub(super) fn lower(nats: &Nats, lowering: &Lowering<'_>) -> Vec<Workload> {
    let mut workloads = vec![servers(nats, lowering)];
    if !nats.streams.is_empty() {
        workloads.push(streams(nats, lowering));
    }
    if lowering.site.monitored {
        workloads.push(exporter(nats, lowering));
    }
    workloads
}

fn servers(nats: &Nats, lowering: &Lowering<'_>) -> Workload {
    let name = &nats.meta.name.value;
    let route = nats.meta.secret("route-password");
    let mut env = BTreeMap::from([
        (
            checked::<EnvName>("NATS_APP_PASSWORD"),
            quoted(&Symbol::Secret(nats.meta.secret("app-password")).token()),
        ),
        (
            checked("NATS_SYS_PASSWORD"),
            quoted(&Symbol::Secret(nats.meta.secret("sys-password")).token()),
        ),
        (
            checked("NATS_ROUTE_PASSWORD"),
            quoted(&Symbol::Secret(route.clone()).token()),
        ),
        (
            // The runtime collects garbage more eagerly before the limit is reached that kills the server.
            checked("GOMEMLIMIT"),
            format!("{}B", nats.memory_limit().0.bytes() / 10 * 9).into(),
        ),
    ]);
    let mut routes = Vec::new();
    for (index, peer) in (1..).zip(lowering.peers(name, ROUTE)) {
        let variable = format!("NATS_ROUTE_{index}");
        let url = format!("nats://route:{}@{peer}", Symbol::Secret(route.clone()));
        env.insert(checked(&variable), quoted(&url));
        routes.push(variable);
    }
    let cluster = format!("{}-{name}", lowering.site.cluster);
    let servers = routes.len();
    let configuration = configuration(nats, cluster, routes);
    let (memory, memory_origin) = nats.memory_limit();
    let needed = Duration::millis(nats.lame_duck_time().as_millis() + LAME_DUCK_GRACE.as_millis());
    Workload {
        user: Some(USER.to_owned()),
        command: ["sh", "/etc/nats/start.sh"].map(Text::from).to_vec(),
        env,
        config: vec![ConfigDir {
            mount: checked("/etc/nats"),
            files: vec![
                ConfigFile::new(
                    "nats.conf",
                    Body::Lines(
                        template::render(
                            "nats.conf",
                            include_str!("nats.conf.hbs"),
                            &configuration,
                        )
                        .into(),
                    ),
                    Cost::Restart,
                ),
                ConfigFile::new(
                    "start.sh",
                    Body::Lines(
                        template::render(
                            "start.sh",
                            include_str!("start.sh.hbs"),
                            &Start::of(servers),
                        )
                        .into(),
                    ),
                    Cost::Restart,
                ),
                ConfigFile::new(
                    "ask.sh",
                    Body::Lines(
                        template::render("ask.sh", include_str!("ask.sh.hbs"), &Ask::here()).into(),
                    ),
                    // Read anew each time an operator runs it.
                    Cost::Nothing,
                ),
            ],
        }],
        volumes: vec![Volume {
            name: "data",
            mount: checked(STORE),
            // The server counts messages; indices and files that are being rewritten come on top.
            size: Size::of_bytes(nats.file_store().bytes() / 4).saturating_add(nats.file_store()),
        }],
        health: Some(Health {
            command: vec![
                "wget".into(),
                "-q".into(),
                "-O".into(),
                "/dev/null".into(),
                "-T".into(),
                "3".into(),
                format!(
                    "http://{}:{}/healthz?js-server-only=true",
                    Symbol::OwnAddress,
                    Symbol::OwnPort(MONITOR.into())
                )
                .into(),
            ],
            interval: Duration::secs(5),
            timeout: Duration::secs(5),
            retries: 3,
            start_period: Duration::secs(60),
        }),
        // Asked so, a server that waits for the others is not stuck.
        live: Some(Probe {
            port: MONITOR.into(),
            asks: plan::Ask::Http("/healthz?js-enabled-only=true".to_owned()),
        }),
        stop: Stop {
            // Lame duck: clients are sent to other servers before this one stops.
            signal: Some("SIGUSR2"),
            grace: Duration::millis(needed.as_millis() + 20_000),
            needed,
        },
        scratch: vec![checked("/tmp")],
        published: vec![CLIENT.into()],
        ..lowering.workload(
            &nats.meta,
            name,
            Words::new(
                "NATS server with JetStream",
                "启用 JetStream 的 NATS 服务器",
            ),
            Resources {
                // Besides clients, a server opens files of its streams.
                open_files: CONNECTIONS + 6_384,
                ..Resources::memory(memory, memory_origin.clone())
            },
        )
    }
}

/// It asks the server beside it. Its image has nothing but the program, so nothing asks the exporter from inside.
fn exporter(nats: &Nats, lowering: &Lowering<'_>) -> Workload {
    let server = Symbol::Beside(nats.meta.name.value.clone(), MONITOR.into());
    Workload {
        command: [
            "-varz".to_owned(),
            "-routez".to_owned(),
            "-healthz".to_owned(),
            "-jsz=all".to_owned(),
            format!("-addr={}", Symbol::OwnBind),
            format!("-port={}", Symbol::OwnPort(EXPORTED.into())),
            format!("http://{server}"),
        ]
        .map(Text::from)
        .to_vec(),
        // The image knows no user.
        user: Some(USER.to_owned()),
        ..lowering.workload(
            &nats.meta,
            &nats.exporter(),
            Words::new("metrics of NATS", "NATS 指标"),
            exporter_resources(&nats.meta),
        )
    }
}

fn configuration(nats: &Nats, cluster: String, routes: Vec<String>) -> Configuration {
    Configuration {
        server_name: Symbol::OwnName.token(),
        address: Symbol::OwnAddress.token(),
        bind: Symbol::OwnBind.token(),
        client_port: Symbol::OwnPort(CLIENT.into()).token(),
        route_port: Symbol::OwnPort(ROUTE.into()).token(),
        monitor_port: Symbol::OwnPort(MONITOR.into()).token(),
        host: Symbol::OwnHost.token(),
        cluster,
        connections: CONNECTIONS,
        store: STORE.to_owned(),
        max_memory_store: nats.memory_store().bytes(),
        max_file_store: nats.file_store().bytes(),
        lame_duck: time(nats.lame_duck_time()),
        lame_duck_grace: time(LAME_DUCK_GRACE),
        routes,
    }
}

fn streams(nats: &Nats, lowering: &Lowering<'_>) -> Workload {
    let name = nats.task();
    let servers: Vec<String> = lowering
        .peers(&nats.meta.name.value, CLIENT)
        .iter()
        .map(ToString::to_string)
        .collect();
    let task = Task {
        streams: nats
            .streams
            .iter()
            .map(|stream| task_stream(&stream.value))
            .collect(),
    };
    Workload {
        kind: Kind::Task {
            after: vec![nats.meta.name.value.clone()],
        },
        user: Some(USER.to_owned()),
        command: ["sh", "/etc/nats/streams.sh"].map(Text::from).to_vec(),
        env: BTreeMap::from([
            (checked("NATS_SERVERS"), servers.join(" ").into()),
            (checked("NATS_USER"), "app".into()),
            (
                checked("NATS_PASSWORD"),
                Symbol::Secret(nats.meta.secret("app-password")).into(),
            ),
        ]),
        config: vec![ConfigDir {
            mount: checked("/etc/nats"),
            files: vec![ConfigFile::new(
                "streams.sh",
                Body::Lines(
                    template::render("streams.sh", include_str!("streams.sh.hbs"), &task).into(),
                ),
                Cost::Restart,
            )],
        }],
        stop: Stop {
            signal: None,
            grace: Duration::secs(10),
            needed: Duration::secs(1),
        },
        init: true,
        scratch: vec![checked("/tmp")],
        ..lowering.workload(
            &nats.meta,
            &name,
            Words::new(
                "creates the streams of NATS, and may be run again",
                "创建 NATS 的流（stream），可重复运行",
            ),
            Resources::memory(TASK_MEMORY, nats.meta.name.origin.clone()),
        )
    }
}

/// The value of a variable that a configuration file of NATS refers to. It is parsed as if it stood in the file:
/// without the quotes, a password of digits is a number and the server stops.
fn quoted(value: &str) -> Text {
    format!("\"{value}\"").into()
}

/// A time as the configuration file takes it.
fn time(duration: Duration) -> String {
    if duration.as_millis().is_multiple_of(1000) {
        format!("{}s", duration.as_secs())
    } else {
        format!("{}ms", duration.as_millis())
    }
}

fn task_stream(stream: &Stream) -> TaskStream {
    let nanoseconds = |duration: Duration| {
        Node::Int(
            i64::try_from(duration.as_millis())
                .unwrap_or(i64::MAX)
                .saturating_mul(1_000_000),
        )
    };
    let config = map([
        ("name", Node::str(stream.name.as_str())),
        (
            "subjects",
            seq(stream.listens_to().iter().map(ToString::to_string)),
        ),
        (
            "retention",
            Node::str(match stream.retention {
                Retention::Limits => "limits",
                Retention::Interest => "interest",
                Retention::WorkQueue => "workqueue",
            }),
        ),
        ("storage", Node::str("file")),
        ("num_replicas", Node::Int(i64::from(stream.replicas))),
        (
            "discard",
            Node::str(match stream.discard {
                Discard::Old => "old",
                Discard::New => "new",
            }),
        ),
        (
            "max_bytes",
            Node::Int(i64::try_from(stream.max_bytes.bytes()).unwrap_or(i64::MAX)),
        ),
        ("max_age", stream.max_age.map_or(Node::Int(0), nanoseconds)),
        ("max_consumers", Node::Int(-1)),
        ("max_msgs", Node::Int(-1)),
        ("max_msgs_per_subject", Node::Int(-1)),
        ("max_msg_size", Node::Int(-1)),
        ("duplicate_window", nanoseconds(stream.duplicate_window)),
        ("allow_direct", Node::Bool(true)),
    ]);
    TaskStream {
        name: stream.name.to_string(),
        config: config.to_json().trim_end().to_owned(),
    }
}

/// One contract, of a stream that keeps what was consumed; none when no stream does.
pub(super) fn contracts(nats: &Nats, lowering: &Lowering<'_>) -> Vec<Contract> {
    let name = &nats.meta.name.value;
    let members = lowering.members(name).iter().map(|member| {
        map([
            ("service", Node::str(member.name.as_str())),
            (
                "address",
                Node::str(Symbol::Outside(member.name.clone(), CLIENT.into()).token()),
            ),
        ])
    });
    let kept = nats
        .streams
        .iter()
        .map(|stream| &stream.value)
        .filter(|stream| stream.retention == Retention::Limits)
        .max_by_key(|stream| stream.replicas);
    kept.map(|stream| Contract {
        component: name.clone(),
        protocol: "jetstream",
        entry: map([
            ("component", Node::str(name.as_str())),
            ("members", seq(members)),
            ("user", Node::str("app")),
            (
                "password_env",
                Node::str(Symbol::Secret(nats.meta.secret("app-password")).token()),
            ),
            ("stream", Node::str(stream.name.as_str())),
            ("subject", Node::str(stream.probe())),
            ("replicas", Node::Int(i64::from(stream.replicas))),
        ]),
    })
    .into_iter()
    .collect()
}
