//! Members with one set of files: what a member is to be, its start finds out.

use serde::Serialize;

use crate::component::postgres::{Postgres as _, SQL, observe};
use crate::component::streaming::Streaming;
use crate::component::{Endpoint, Lowering};
use crate::literal::{Duration, Size};
use crate::model::Described as _;
use crate::plan::{
    Body, ConfigDir, ConfigFile, Cost, Health, Resources, Stop, Symbol, Text, Volume, Workload,
    checked,
};
use crate::template;
use crate::words::Words;

/// What `postgresql.conf.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Configuration {
    pub(super) bind: String,
    pub(super) port: String,
    pub(super) max_connections: u32,
    pub(super) shared_buffers: String,
    /// Members that may copy at a time.
    pub(super) senders: usize,
}

/// What `pg_hba.conf.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct AccessList {
    pub(super) lines: Vec<String>,
}

/// What `start.sh.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Start {
    /// The member that the description makes the primary.
    pub(super) primary: String,
    /// Its address and port.
    pub(super) host: String,
    pub(super) port: u16,
}

const MOUNT: &str = "/etc/postgresql";

pub(super) fn lower(streaming: &Streaming, lowering: &Lowering<'_>) -> Vec<Workload> {
    let meta = &streaming.meta;
    let name = &meta.name.value;
    let contents = streaming.contents();
    let own_port = Symbol::OwnPort(SQL.into());
    let postgres = streaming.reference().postgres();
    let holder = lowering
        .endpoint(&postgres.primary())
        .and_then(Endpoint::holder);
    let primary = lowering
        .peers(name, SQL)
        .into_iter()
        .find(|peer| Some(&peer.name) == holder)
        .expect("a checked component has a primary");
    let mut lines = Vec::new();
    for source in lowering.peer_sources(name, SQL) {
        lines.push(format!(
            "host replication replicator {source} scram-sha-256"
        ));
    }
    for source in lowering.client_sources(name, SQL) {
        // A balancer asks as this user for the database of the same name, which is not there: that it is asked for a
        // password says that clients are let in.
        lines.push(format!("host monitor monitor {source} scram-sha-256"));
    }
    lines.extend(contents.access(name, lowering));
    let configuration = Configuration {
        bind: Symbol::OwnBind.token(),
        port: own_port.token(),
        max_connections: streaming.most_connections(),
        shared_buffers: format!("{}MB", streaming.cache().bytes() / Size::mib(1).bytes()),
        senders: meta.hosts().len().saturating_add(2).max(10),
    };
    let start = Start {
        primary: primary.name.to_string(),
        host: primary.address.clone(),
        port: primary.port,
    };
    let file = |name: &'static str, text: String, cost| {
        ConfigFile::new(name, Body::Lines(text.into()), cost)
    };
    let reload = || Cost::Reload("kill -HUP 1".to_owned());
    let mut env = contents.env(name, lowering);
    env.insert(
        checked("REPLICATION_PASSWORD"),
        Symbol::Secret(meta.secret("replication-password")).into(),
    );
    let exporter = lowering
        .site
        .monitored
        .then(|| observe::exporter(meta, name, &streaming.exporter(), lowering));
    let members = Workload {
        user: Some("postgres".to_owned()),
        command: ["sh", "/etc/postgresql/start.sh", &Symbol::OwnName.token()]
            .map(Text::from)
            .to_vec(),
        env,
        config: vec![ConfigDir {
            mount: checked(MOUNT),
            files: vec![
                file(
                    "pg_hba.conf",
                    template::render(
                        "pg_hba.conf",
                        include_str!("pg_hba.conf.hbs"),
                        &AccessList { lines },
                    ),
                    reload(),
                ),
                file(
                    "post_bootstrap.sh",
                    contents.script(lowering),
                    Cost::Reload("sh /etc/postgresql/post_bootstrap.sh".to_owned()),
                ),
                file(
                    "postgresql.conf",
                    template::render(
                        "postgresql.conf",
                        include_str!("postgresql.conf.hbs"),
                        &configuration,
                    ),
                    Cost::Procedure(Words::new(
                        "restart the standbys first and the primary last when a limit rises, the primary first when it falls",
                        "调大限制时先重启备库、最后主库；调小时先重启主库",
                    )),
                ),
                file(
                    "start.sh",
                    template::render("start.sh", include_str!("start.sh.hbs"), &start),
                    Cost::Procedure(Words::new(
                        "promote the new primary first, then make the old one anew",
                        "先提升新主库，再重建旧主库",
                    )),
                ),
            ],
        }],
        volumes: vec![Volume {
            // What a scheme left behind is never found by another one, which would take it for its own.
            name: "streaming-data",
            mount: checked("/var/lib/postgresql/data"),
            size: Size::gib(20),
        }],
        health: Some(Health::command(
            [
                "pg_isready".to_owned(),
                "--quiet".to_owned(),
                "--timeout=4".to_owned(),
                format!("--host={}", Symbol::OwnAddress),
                format!("--port={own_port}"),
            ],
            Duration::secs(120),
        )),
        stop: Stop {
            // A fast shutdown: the image's own signal waits for clients to leave.
            signal: Some("SIGINT"),
            grace: Duration::secs(120),
            needed: Duration::secs(60),
        },
        init: false,
        scratch: vec![checked("/tmp"), checked("/var/run/postgresql")],
        unprivileged: Some((999, 999)),
        ..lowering.workload(
            meta,
            name,
            Words::new(
                "PostgreSQL, a primary and its standbys",
                "PostgreSQL 主库与备库",
            ),
            Resources {
                shared_memory: Some(Size::gib(1)),
                open_files: 16_384,
                ..Resources::memory(streaming.member_memory(), meta.blame(meta.memory.as_ref()))
            },
        )
    };
    [members].into_iter().chain(exporter).collect()
}
