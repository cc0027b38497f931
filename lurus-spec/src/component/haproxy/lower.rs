//! Instances with one configuration file.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::component::haproxy::{HaProxy, READ, STATS, WRITE};
use crate::component::{Endpoint, Lowering};
use crate::literal::Duration;
use crate::plan::{
    Body, ConfigDir, ConfigFile, Cost, Health, Resources, Stop, Symbol, Text, Workload, checked,
};
use crate::template;
use crate::words::Words;

/// What `haproxy.cfg.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Configuration {
    pub(super) bind: String,
    pub(super) write_port: String,
    pub(super) read_port: String,
    pub(super) stats_port: String,
    pub(super) max_connections: u32,
    pub(super) session_timeout: String,
    pub(super) reload_grace: String,
    pub(super) write_connections: u32,
    pub(super) read_connections: u32,
    /// Whether members are addressed by names, which may not resolve yet.
    pub(super) by_name: bool,
    /// Members that can be the primary.
    pub(super) primaries: Vec<Server>,
    /// Members that can be replicas.
    pub(super) replicas: Vec<Server>,
    /// Whether members tell their role; otherwise they are asked only whether they let clients in.
    pub(super) asked: bool,
}

/// One database member.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Server {
    pub(super) name: String,
    /// `address:port` of the database.
    pub(super) address: String,
    /// The port that tells the member's role.
    pub(super) role_port: Option<u16>,
}

/// How long the sessions of an old process go on after a reload.
const RELOAD_GRACE: Duration = Duration::secs(30);

pub(super) fn lower(haproxy: &HaProxy, lowering: &Lowering<'_>) -> Vec<Workload> {
    let meta = &haproxy.meta;
    let name = &meta.name.value;
    let config = template::render(
        "haproxy.cfg",
        include_str!("haproxy.cfg.hbs"),
        &configuration(haproxy, lowering),
    );
    vec![Workload {
        // The image's own user, which is not root.
        // A master process, so that a reload keeps open sessions.
        command: ["haproxy", "-W", "-db", "-f", "/etc/haproxy/haproxy.cfg"]
            .map(Text::from)
            .to_vec(),
        env: BTreeMap::from([(
            checked("HAPROXY_STATS_PASSWORD"),
            Symbol::Secret(meta.secret("stats-password")).into(),
        )]),
        config: vec![ConfigDir {
            mount: checked("/etc/haproxy"),
            files: vec![ConfigFile::new(
                "haproxy.cfg",
                Body::Lines(config.into()),
                Cost::Reload("kill -USR2 1".to_owned()),
            )],
        }],
        health: Some(Health::http(STATS, "/healthz", Duration::secs(10))),
        stop: Stop {
            // The image's own signal waits for sessions to end, which those of a connection pool never do.
            signal: Some("SIGTERM"),
            grace: Duration::secs(15),
            needed: Duration::secs(1),
        },
        scratch: vec![checked("/tmp")],
        published: vec![WRITE.into(), READ.into(), STATS.into()],
        unprivileged: Some((99, 99)),
        ..lowering.workload(
            meta,
            name,
            Words::new(
                "HAProxy, the way to the primary and to the replicas of PostgreSQL",
                "HAProxy，通往 PostgreSQL 主库与从库的入口",
            ),
            Resources {
                // A client and a server for each session, and what the process has open for itself.
                open_files: haproxy
                    .most_connections()
                    .saturating_mul(2)
                    .saturating_add(512),
                ..Resources::memory(haproxy.instance_memory(), meta.blame(meta.memory.as_ref()))
            },
        )
    }]
}

fn configuration(haproxy: &HaProxy, lowering: &Lowering<'_>) -> Configuration {
    let postgres = haproxy
        .postgres
        .as_ref()
        .map(|set| &set.value)
        .expect("a checked HAProxy stands in front of something");
    let declared = |reference| {
        lowering
            .endpoint(&reference)
            .expect("a checked need names an endpoint that exists")
    };
    let (primary, databases) = (declared(postgres.primary()), declared(postgres.members()));
    let roles = postgres.roles().map(declared);
    let peers = |endpoint: &Endpoint| {
        endpoint
            .group()
            .map_or_else(Vec::new, |(group, port)| lowering.peers(group, port))
    };
    let shares = haproxy.shares(databases.connections.unwrap_or(u32::MAX));
    let port = |port: &'static str| Symbol::OwnPort(port.into()).token();
    let role_ports = roles.map(peers);
    let servers = peers(databases)
        .into_iter()
        .enumerate()
        .map(|(at, member)| {
            let holder = primary.holder().map(|holder| holder == &member.name);
            let server = Server {
                name: member.name.to_string(),
                address: member.to_string(),
                role_port: role_ports
                    .as_ref()
                    .and_then(|ports| Some(ports.get(at)?.port)),
            };
            (server, holder)
        });
    let servers: Vec<(Server, Option<bool>)> = servers.collect();
    let serving = |role: bool| -> Vec<Server> {
        servers
            .iter()
            // Where members settle their roles, each may have either.
            .filter(|(_, holder)| holder.is_none_or(|holder| holder == role))
            .map(|(server, _)| server.clone())
            .collect()
    };
    Configuration {
        bind: Symbol::OwnBind.token(),
        write_port: port(WRITE),
        read_port: port(READ),
        stats_port: port(STATS),
        max_connections: haproxy.most_connections(),
        session_timeout: format!("{}s", haproxy.silence().as_secs()),
        reload_grace: format!("{}s", RELOAD_GRACE.as_secs()),
        write_connections: shares.write,
        read_connections: shares.read,
        by_name: lowering.resolver().is_some(),
        primaries: serving(true),
        replicas: serving(false),
        asked: postgres.roles().is_some(),
    }
}
