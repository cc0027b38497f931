//! Servers and the task that creates streams.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::component::nats::{CLIENT, Discard, MONITOR, Nats, ROUTE, Retention, Stream};
use crate::component::{Lowering, TASK_MEMORY};
use crate::literal::{Duration, EnvName, Size};
use crate::model::Settings as _;
use crate::plan::checked;
use crate::plan::{
    Body, ConfigDir, ConfigFile, Contract, Cost, Health, Kind, Resources, Stop, Symbol, Text,
    Volume, Workload,
};
use crate::template;
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
    max_memory_store: u64,
    max_file_store: u64,
    lame_duck: String,
    lame_duck_grace: String,
    /// Variables that hold the quoted route URLs, one per server.
    routes: Vec<String>,
}

/// What `streams.sh.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Task {
    /// `address port` of every server.
    servers: Vec<String>,
    streams: Vec<TaskStream>,
}

/// One stream of the task.
#[derive(Debug, Serialize)]
pub(super) struct TaskStream {
    name: String,
    config: String,
}

/// How long a server in lame duck mode waits before it begins to close clients.
const LAME_DUCK_GRACE: Duration = Duration::secs(10);

/// User and group of the servers: neither is in the image, and a fresh volume is theirs all the same.
const USER: &str = "1000:1000";

pub(super) fn lower(nats: &Nats, lowering: &Lowering<'_>) -> Vec<Workload> {
    vec![servers(nats, lowering), streams(nats, lowering)]
}

fn servers(nats: &Nats, lowering: &Lowering<'_>) -> Workload {
    let name = &nats.meta.name.value;
    let members = lowering.members(name).to_vec();
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
    ]);
    let mut routes = Vec::new();
    for (index, peer) in (1..).zip(lowering.peers(name, ROUTE)) {
        let variable = format!("NATS_ROUTE_{index}");
        let url = format!("nats://route:{}@{peer}", Symbol::Secret(route.clone()));
        env.insert(checked(&variable), quoted(&url));
        routes.push(variable);
    }
    let configuration = Configuration {
        server_name: Symbol::OwnName.token(),
        address: Symbol::OwnAddress.token(),
        bind: Symbol::OwnBind.token(),
        client_port: Symbol::OwnPort(CLIENT.into()).token(),
        route_port: Symbol::OwnPort(ROUTE.into()).token(),
        monitor_port: Symbol::OwnPort(MONITOR.into()).token(),
        host: Symbol::OwnHost.token(),
        cluster: format!("{}-{name}", lowering.site.cluster),
        max_memory_store: nats.memory_store().bytes(),
        max_file_store: nats.file_store().bytes(),
        lame_duck: format!("{}s", nats.lame_duck_time().as_secs()),
        lame_duck_grace: format!("{}s", LAME_DUCK_GRACE.as_secs()),
        routes,
    };
    let needed = Duration::millis(nats.lame_duck_time().as_millis() + LAME_DUCK_GRACE.as_millis());
    Workload {
        name: name.clone(),
        component: name.clone(),
        stack: nats.meta.stack(),
        summary: "NATS server with JetStream".to_owned(),
        kind: Kind::Service,
        image: lowering.image(&nats.meta),
        build: None,
        user: Some(USER.to_owned()),
        command: ["nats-server", "--config", "/etc/nats/nats.conf"]
            .map(Text::from)
            .to_vec(),
        env,
        config: vec![ConfigDir {
            mount: checked("/etc/nats"),
            files: vec![ConfigFile {
                name: "nats.conf",
                body: Body::Lines(
                    template::render("nats.conf", include_str!("nats.conf.hbs"), &configuration)
                        .into(),
                ),
                cost: Cost::Restart,
            }],
        }],
        volumes: vec![Volume {
            name: "data",
            mount: checked("/data"),
            size: nats.file_store(),
        }],
        health: Some(Health {
            command: vec![
                "wget".into(),
                "-q".into(),
                "-O".into(),
                "/dev/null".into(),
                format!(
                    "http://{}:{}/healthz?js-server-only=true",
                    Symbol::OwnAddress,
                    Symbol::OwnPort(MONITOR.into())
                )
                .into(),
            ],
            interval: Duration::secs(5),
            timeout: Duration::secs(3),
            retries: 3,
            start_period: Duration::secs(60),
        }),
        stop: Stop {
            // Lame duck: clients are sent to other servers before this one stops.
            signal: Some("SIGUSR2"),
            grace: Duration::millis(needed.as_millis() + 20_000),
            needed,
        },
        resources: Resources {
            memory: members_memory(nats),
            origin: nats
                .meta
                .memory
                .as_ref()
                .map_or(&nats.meta.name.origin, |set| &set.origin)
                .clone(),
            shared_memory: None,
            open_files: 65_536,
        },
        members,
        init: false,
        read_only: true,
        scratch: vec![checked("/tmp")],
        stable_address: false,
        published: vec![CLIENT.into()],
    }
}

fn members_memory(nats: &Nats) -> Size {
    nats.meta
        .memory
        .as_ref()
        .map_or_else(|| nats.default_memory(), |set| set.value)
}

fn streams(nats: &Nats, lowering: &Lowering<'_>) -> Workload {
    let name = nats.task();
    let servers = lowering.peers(&nats.meta.name.value, CLIENT);
    let task = Task {
        servers: servers
            .iter()
            .map(|peer| format!("{} {}", peer.address, peer.port))
            .collect(),
        streams: nats
            .streams
            .iter()
            .map(|stream| task_stream(&stream.value))
            .collect(),
    };
    Workload {
        component: nats.meta.name.value.clone(),
        stack: nats.meta.stack(),
        summary: "creates the streams of NATS, and may be run again".to_owned(),
        kind: Kind::Task {
            after: vec![nats.meta.name.value.clone()],
        },
        members: lowering.members(&name).to_vec(),
        image: lowering.image(&nats.meta),
        build: None,
        user: Some(USER.to_owned()),
        command: ["sh", "/etc/nats/streams.sh"].map(Text::from).to_vec(),
        env: BTreeMap::from([(
            checked("NATS_APP_PASSWORD"),
            Symbol::Secret(nats.meta.secret("app-password")).into(),
        )]),
        config: vec![ConfigDir {
            mount: checked("/etc/nats"),
            files: vec![ConfigFile {
                name: "streams.sh",
                body: Body::Lines(
                    template::render("streams.sh", include_str!("streams.sh.hbs"), &task).into(),
                ),
                cost: Cost::Restart,
            }],
        }],
        volumes: Vec::new(),
        health: None,
        stop: Stop {
            signal: None,
            grace: Duration::secs(10),
            needed: Duration::secs(1),
        },
        resources: Resources {
            memory: TASK_MEMORY,
            origin: nats.meta.name.origin.clone(),
            shared_memory: None,
            open_files: 1024,
        },
        init: true,
        read_only: true,
        scratch: vec![checked("/tmp")],
        stable_address: false,
        published: Vec::new(),
        name,
    }
}

/// The value of a variable that a configuration file of NATS refers to. It is parsed as if it stood in the file:
/// without the quotes, a password of digits is a number and the server stops.
fn quoted(value: &str) -> Text {
    format!("\"{value}\"").into()
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
        ("subjects", seq(stream.listens_to())),
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
        ("duplicate_window", nanoseconds(stream.duplicate_window)),
    ]);
    TaskStream {
        name: stream.name.to_string(),
        config: config.to_json().trim_end().to_owned(),
    }
}

pub(super) fn contracts(nats: &Nats, lowering: &Lowering<'_>) -> Vec<Contract> {
    let name = &nats.meta.name.value;
    let servers = lowering.members(name).iter().map(|member| {
        map([
            ("service", Node::str(member.name.as_str())),
            (
                "address",
                Node::str(Symbol::Outside(member.name.clone(), CLIENT.into()).token()),
            ),
        ])
    });
    let streams = nats.streams.iter().map(|stream| {
        map([
            ("name", Node::str(stream.value.name.as_str())),
            ("subjects", seq(stream.value.listens_to())),
            ("replicas", Node::Int(i64::from(stream.value.replicas))),
        ])
    });
    vec![Contract {
        component: name.clone(),
        protocol: "jetstream",
        entry: map([
            ("component", Node::str(nats.kind())),
            ("servers", seq(servers)),
            ("user", Node::str("app")),
            (
                "password_env",
                Node::str(Symbol::Secret(nats.meta.secret("app-password")).token()),
            ),
            ("streams", seq(streams)),
        ]),
    }]
}
