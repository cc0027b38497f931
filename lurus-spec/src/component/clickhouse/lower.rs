//! The server, and the task that creates the table.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::component::Lowering;
use crate::component::clickhouse::{
    CLIENT_MEMORY, ClickHouse, DATABASE, HTTP, METRICS, NATIVE, READER, WRITER,
};
use crate::literal::{Duration, EnvName, Size};
use crate::plan::checked;
use crate::plan::{
    Ask, Body, ConfigDir, ConfigFile, Contract, Cost, Health, Kind, Probe, Resources, Stop, Symbol,
    Text, Volume, Workload,
};
use crate::template;
use crate::words::Words;
use crate::yaml::{Node, map};

/// What `config.xml.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Configuration {
    bind: String,
    http_port: String,
    native_port: String,
    metrics_port: String,
    path: String,
    /// In bytes, as all sizes here.
    server_memory: u64,
    mark_cache: u64,
}

/// What `users.xml.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Users {
    query_memory: u64,
    spill: u64,
    users: Vec<User>,
}

/// One user.
#[derive(Debug, Serialize)]
struct User {
    name: &'static str,
    /// The variable with the digest of its password.
    variable: &'static str,
    profile: &'static str,
    networks: Vec<String>,
    /// The only database that it sees.
    database: Option<&'static str>,
}

/// What `schema.sh.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Schema {
    pub(super) address: String,
    pub(super) database: &'static str,
    pub(super) days: u64,
}

#[cfg(test)]
impl Configuration {
    /// What the template is checked against.
    pub(super) fn example() -> Self {
        configuration(&ClickHouse::new("logs"))
    }
}

#[cfg(test)]
impl Users {
    /// What the template is checked against.
    pub(super) fn example() -> Self {
        users(&ClickHouse::new("logs"), &["10.0.1.0/24".to_owned()])
    }
}

/// User and group of the server: those of the image.
const USER: &str = "101:101";

/// Where the volume is mounted. A fresh one has the owner and the mode of the folder that it covers, and this one is for
/// all users. The server refuses to use a folder that is not its own, so it makes one inside.
const VOLUME: &str = "/var/tmp";

pub(super) fn lower(clickhouse: &ClickHouse, lowering: &Lowering<'_>) -> Vec<Workload> {
    vec![server(clickhouse, lowering), schema(clickhouse, lowering)]
}

/// What programs outside are told of it: where it is asked over HTTP, as whom, and where a line and its time go.
pub(super) fn contracts(clickhouse: &ClickHouse, lowering: &Lowering<'_>) -> Vec<Contract> {
    let meta = &clickhouse.meta;
    let contract = lowering.contract(meta, "clickhouse", &meta.name.value, &HTTP.into());
    let user = |name, suffix| {
        let password = Symbol::Secret(meta.secret(suffix));
        map([
            ("user", Node::str(name)),
            ("password_env", Node::str(password.token())),
        ])
    };
    vec![Contract {
        entry: contract
            .entry
            .with("writer", user(WRITER, "writer-password"))
            .with("reader", user(READER, "reader-password"))
            .with("table", format!("{DATABASE}.events"))
            .with("time", "time")
            .with("text", "message"),
        ..contract
    }]
}

fn server(clickhouse: &ClickHouse, lowering: &Lowering<'_>) -> Workload {
    let meta = &clickhouse.meta;
    let name = &meta.name.value;
    let networks: Vec<String> = lowering
        .sources(name, NATIVE)
        .iter()
        .map(ToString::to_string)
        .collect();
    let secret = |variable: &str, suffix| {
        (
            checked::<EnvName>(variable),
            Text::from(Symbol::Secret(meta.secret(suffix))),
        )
    };
    Workload {
        user: Some(USER.to_owned()),
        command: ["sh", "/etc/clickhouse/start.sh"].map(Text::from).to_vec(),
        env: BTreeMap::from([
            secret("CLICKHOUSE_ADMIN_PASSWORD", "admin-password"),
            secret("CLICKHOUSE_WRITER_PASSWORD", "writer-password"),
            secret("CLICKHOUSE_READER_PASSWORD", "reader-password"),
        ]),
        config: vec![ConfigDir {
            mount: checked("/etc/clickhouse"),
            files: vec![
                ConfigFile::new(
                    "config.xml",
                    Body::Xml(
                        template::render(
                            "config.xml",
                            include_str!("config.xml.hbs"),
                            &configuration(clickhouse),
                        )
                        .into(),
                    ),
                    Cost::Restart,
                ),
                ConfigFile::new(
                    "start.sh",
                    Body::Lines(include_str!("start.sh").into()),
                    Cost::Restart,
                ),
                ConfigFile::new(
                    "users.xml",
                    Body::Xml(
                        template::render(
                            "users.xml",
                            include_str!("users.xml.hbs"),
                            &users(clickhouse, &networks),
                        )
                        .into(),
                    ),
                    // The server looks for changes of this file by itself, every two seconds.
                    Cost::Nothing,
                ),
            ],
        }],
        volumes: vec![Volume {
            name: "data",
            mount: checked(VOLUME),
            // Parts that are being merged are there twice.
            size: clickhouse
                .disk_size()
                .saturating_add(Size::of_bytes(clickhouse.disk_size().bytes() / 4)),
        }],
        health: Some(Health::command(
            [
                "wget".to_owned(),
                "-q".to_owned(),
                "-O".to_owned(),
                "/dev/null".to_owned(),
                "-T".to_owned(),
                "3".to_owned(),
                format!(
                    "http://{}:{}/ping",
                    Symbol::OwnAddress,
                    Symbol::OwnPort(HTTP.into())
                ),
            ],
            Duration::secs(60),
        )),
        live: Some(Probe {
            port: HTTP.into(),
            asks: Ask::Http("/ping".to_owned()),
        }),
        stop: Stop {
            signal: None,
            grace: Duration::secs(60),
            // Queries that run are waited for.
            needed: Duration::secs(30),
        },
        // The image declares a volume at the former, of which each container would leave one behind.
        scratch: vec![checked("/var/lib/clickhouse"), checked("/tmp")],
        published: vec![HTTP.into()],
        ..lowering.workload(
            meta,
            name,
            Words::new("ClickHouse, the store of logs", "ClickHouse，日志存储"),
            Resources {
                // Each part of a table is several files.
                open_files: 16_384,
                ..Resources::memory(clickhouse.server_memory(), meta.blame(meta.memory.as_ref()))
            },
        )
    }
}

/// A share of the memory limit.
fn share(clickhouse: &ClickHouse, percent: u64) -> u64 {
    clickhouse.server_memory().bytes() / 100 * percent
}

fn configuration(clickhouse: &ClickHouse) -> Configuration {
    Configuration {
        bind: Symbol::OwnBind.token(),
        http_port: Symbol::OwnPort(HTTP.into()).token(),
        native_port: Symbol::OwnPort(NATIVE.into()).token(),
        metrics_port: Symbol::OwnPort(METRICS.into()).token(),
        path: format!("{VOLUME}/clickhouse"),
        server_memory: share(clickhouse, 80),
        mark_cache: share(clickhouse, 10),
    }
}

fn users(clickhouse: &ClickHouse, networks: &[String]) -> Users {
    let user = |name, variable, profile, database| User {
        name,
        variable,
        profile,
        networks: networks.to_vec(),
        database,
    };
    Users {
        query_memory: share(clickhouse, 40),
        spill: share(clickhouse, 20),
        users: vec![
            user("admin", "CLICKHOUSE_ADMIN_DIGEST", "default", None),
            user(WRITER, "CLICKHOUSE_WRITER_DIGEST", WRITER, Some(DATABASE)),
            user(READER, "CLICKHOUSE_READER_DIGEST", READER, Some(DATABASE)),
        ],
    }
}

fn schema(clickhouse: &ClickHouse, lowering: &Lowering<'_>) -> Workload {
    let meta = &clickhouse.meta;
    let server = &meta.name.value;
    let schema = Schema {
        address: Symbol::Beside(server.clone(), NATIVE.into()).token(),
        database: DATABASE,
        days: clickhouse.retention_days(),
    };
    Workload {
        kind: Kind::Task {
            after: vec![server.clone()],
        },
        user: Some(USER.to_owned()),
        command: ["sh", "/etc/clickhouse/schema.sh"].map(Text::from).to_vec(),
        env: BTreeMap::from([(
            checked("CLICKHOUSE_ADMIN_PASSWORD"),
            Symbol::Secret(meta.secret("admin-password")).into(),
        )]),
        config: vec![ConfigDir {
            mount: checked("/etc/clickhouse"),
            files: vec![ConfigFile::new(
                "schema.sh",
                Body::Lines(
                    template::render("schema.sh", include_str!("schema.sh.hbs"), &schema).into(),
                ),
                Cost::Restart,
            )],
        }],
        init: true,
        scratch: vec![checked("/var/lib/clickhouse"), checked("/tmp")],
        ..lowering.workload(
            meta,
            &clickhouse.task(),
            Words::new(
                "creates the table of logs, and may be run again",
                "创建日志表，可重复运行",
            ),
            Resources::memory(CLIENT_MEMORY, meta.name.origin.clone()),
        )
    }
}
