//! Instances with their configuration, and the exporters beside them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::component::pgbouncer::pools::{Pools, Server};
use crate::component::pgbouncer::{LOOKUP_ROLE, METRICS, PgBouncer, READ_SUFFIX, SQL, STATS_USER};
use crate::component::{Endpoint, EndpointRef, Lowering, Reached, Transport};
use crate::literal::{Duration, EnvName, Size};
use crate::plan::{
    Body, ConfigDir, ConfigFile, Contract, Cost, Health, HostDir, HostPath, Resources, Stop,
    Symbol, Text, Workload, checked,
};
use crate::template;
use crate::words::Words;
use crate::yaml::Node;

/// What `pgbouncer.ini.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Configuration {
    pub(super) databases: Vec<Database>,
    pub(super) bind: String,
    pub(super) port: String,
    /// The file with the users that it knows by itself.
    pub(super) users: &'static str,
    pub(super) lookup_role: Option<&'static str>,
    pub(super) stats_user: Option<&'static str>,
    pub(super) max_clients: u32,
    pub(super) reserve: u32,
    pub(super) max_prepared_statements: u32,
    pub(super) idle_timeout: u64,
    pub(super) wait_timeout: u64,
    /// Milliseconds after which a server that takes nothing is given up, where nothing in between does that.
    pub(super) unanswered: Option<u64>,
    pub(super) server_tls: &'static str,
    /// The file with the authorities that sign the server's certificate.
    pub(super) authorities: Option<String>,
}

/// A database as clients call it.
#[derive(Debug, Serialize)]
pub(super) struct Database {
    pub(super) name: String,
    pub(super) host: String,
    pub(super) port: String,
    /// Its name on the server.
    pub(super) dbname: String,
    pub(super) pool_size: u32,
    pub(super) most_connections: u32,
}

/// What `start.sh.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Start {
    pub(super) users: Vec<User>,
    pub(super) file: &'static str,
}

/// A user that PgBouncer knows by itself.
#[derive(Debug, Serialize)]
pub(super) struct User {
    pub(super) name: String,
    /// The variable with the password.
    pub(super) variable: &'static str,
}

/// Longer than a packet is sent again on a busy network, shorter than a new primary is elected: half of it.
const UNANSWERED: Duration = Duration::secs(15);

const MOUNT: &str = "/etc/pgbouncer";
const USERS: &str = "/tmp/userlist.txt";

/// The authorities that the image trusts.
const TRUSTED: &str = "/etc/ssl/certs/ca-certificates.crt";

pub(super) fn lower(pgbouncer: &PgBouncer, lowering: &Lowering<'_>) -> Vec<Workload> {
    let mut workloads = vec![instances(pgbouncer, lowering)];
    if lowering.site.monitored {
        workloads.push(exporters(pgbouncer, lowering));
    }
    workloads
}

fn instances(pgbouncer: &PgBouncer, lowering: &Lowering<'_>) -> Workload {
    let meta = &pgbouncer.meta;
    let name = &meta.name.value;
    let primary = behind(pgbouncer).0;
    let server = server(pgbouncer, lowering, &primary);
    let pools = pgbouncer.pools(server);
    let users = users(pgbouncer, lowering, &primary);
    let probed = users
        .first()
        .map(|(user, ..)| user.clone())
        .unwrap_or_default();
    let databases = databases(pgbouncer, lowering, &pools);
    let first = databases.first().map(|database| database.name.clone());
    let transport = lowering
        .endpoint(&primary)
        .map_or(&Transport::Plain, |endpoint| &endpoint.transport);
    let configuration = Configuration {
        databases,
        bind: Symbol::OwnBind.token(),
        port: Symbol::OwnPort(SQL.into()).token(),
        users: USERS,
        lookup_role: pgbouncer.looks_up().then_some(LOOKUP_ROLE),
        stats_user: lowering.site.monitored.then_some(STATS_USER),
        max_clients: pgbouncer.most_clients(),
        reserve: pools.write.reserve,
        max_prepared_statements: pgbouncer.max_prepared_statements_or_default().value,
        idle_timeout: pgbouncer.idle_time().as_secs(),
        wait_timeout: pgbouncer.wait_time().as_secs(),
        unanswered: lowering
            .entry(&primary)
            .is_none()
            .then(|| UNANSWERED.as_millis()),
        server_tls: match transport {
            Transport::Plain => "disable",
            Transport::Encrypted => "require",
            Transport::Verified { .. } => "verify-full",
        },
        authorities: match transport {
            Transport::Plain | Transport::Encrypted => None,
            Transport::Verified { authorities } => Some(
                authorities
                    .as_ref()
                    .map_or_else(|| TRUSTED.to_owned(), ToString::to_string),
            ),
        },
    };
    let start = Start {
        users: users
            .iter()
            .map(|(user, variable, _)| User {
                name: user.clone(),
                variable,
            })
            .collect(),
        file: USERS,
    };
    let file = |name: &'static str, body: String, cost| {
        ConfigFile::new(name, Body::Lines(body.into()), cost)
    };
    let own = users
        .into_iter()
        .map(|(_, variable, secret)| (checked(variable), secret));
    let env: BTreeMap<EnvName, Text> = own
        // The image's own start writes to this file when it is not there, and the place that it would choose is
        // read-only.
        .chain([(checked("AUTH_FILE"), USERS.into())])
        .collect();
    Workload {
        command: ["sh".to_owned(), format!("{MOUNT}/start.sh")]
            .map(Text::from)
            .to_vec(),
        env,
        config: vec![ConfigDir {
            mount: checked(MOUNT),
            files: vec![
                file(
                    "pgbouncer.ini",
                    template::render(
                        "pgbouncer.ini",
                        include_str!("pgbouncer.ini.hbs"),
                        &configuration,
                    ),
                    Cost::Reload("kill -HUP 1".to_owned()),
                ),
                file(
                    "start.sh",
                    template::render("start.sh", include_str!("start.sh.hbs"), &start),
                    Cost::Restart,
                ),
            ],
        }],
        host_paths: match transport {
            Transport::Verified {
                authorities: Some(authorities),
            } => authorities
                .parent()
                .map(|folder| HostPath {
                    path: HostDir::At(folder.clone()),
                    mount: folder,
                })
                .into_iter()
                .collect(),
            Transport::Plain | Transport::Encrypted | Transport::Verified { .. } => Vec::new(),
        },
        health: Some(Health::command(
            [
                "pg_isready".to_owned(),
                "--quiet".to_owned(),
                "--timeout=4".to_owned(),
                format!("--host={}", Symbol::OwnAddress),
                format!("--port={}", Symbol::OwnPort(SQL.into())),
                // A user that it knows by itself, so that the question needs no server.
                format!("--username={probed}"),
                format!("--dbname={}", first.unwrap_or_default()),
            ],
            Duration::secs(10),
        )),
        stop: Stop {
            // Ends when the running transactions have; the image's own signal waits for clients to leave, or for nobody.
            signal: Some("SIGINT"),
            grace: Duration::secs(30),
            needed: Duration::secs(10),
        },
        scratch: vec![checked("/tmp")],
        published: vec![SQL.into()],
        unprivileged: Some((70, 70)),
        ..lowering.workload(
            meta,
            name,
            Words::new(
                "PgBouncer, pools of connections to PostgreSQL",
                "PgBouncer，PostgreSQL 连接池",
            ),
            Resources {
                // A client or a server for each, and what the process has open for itself. In whole thousands, so that a pool
                // that grows by some connections makes no container anew.
                open_files: pgbouncer
                    .most_clients()
                    .saturating_add(pools.writes())
                    .saturating_add(pools.reads())
                    .saturating_add(128)
                    .checked_next_multiple_of(1024)
                    .unwrap_or(u32::MAX),
                ..Resources::memory(
                    pgbouncer.instance_memory(),
                    meta.blame(meta.memory.as_ref()),
                )
            },
        )
    }
}

fn exporters(pgbouncer: &PgBouncer, lowering: &Lowering<'_>) -> Workload {
    let meta = &pgbouncer.meta;
    let beside = Symbol::Beside(meta.name.value.clone(), SQL.into());
    Workload {
        command: [
            format!(
                "--pgBouncer.connectionString=postgres://{STATS_USER}@{beside}/pgbouncer?sslmode=disable"
            ),
            format!(
                "--web.listen-address={}:{}",
                Symbol::OwnBind,
                Symbol::OwnPort(METRICS.into())
            ),
        ]
        .map(Text::from)
        .to_vec(),
        // Its driver takes the password from here, where no list of processes shows it.
        env: BTreeMap::from([(
            checked("PGPASSWORD"),
            Symbol::Secret(meta.secret("stats-password")).into(),
        )]),
        unprivileged: Some((65_534, 65_534)),
        ..lowering.workload(
            meta,
            &pgbouncer.exporter(),
            Words::new("metrics of PgBouncer", "PgBouncer 的监控指标"),
            Resources::memory(Size::mib(64), meta.name.origin.clone()),
        )
    }
}

/// What programs outside are told of it: where it lends connections, and to which PostgreSQL.
pub(super) fn contracts(pgbouncer: &PgBouncer, lowering: &Lowering<'_>) -> Vec<Contract> {
    let meta = &pgbouncer.meta;
    let (primary, _) = behind(pgbouncer);
    let contract = lowering.contract(meta, "postgres_pool", &meta.name.value, &SQL.into());
    let to = Node::str(primary.component.as_str());
    vec![Contract {
        entry: contract.entry.with("to", to),
        ..contract
    }]
}

/// The endpoints of the server for writes and for reads.
pub(super) fn behind(pgbouncer: &PgBouncer) -> (EndpointRef, EndpointRef) {
    let postgres = &pgbouncer
        .postgres
        .as_ref()
        .expect("a checked PgBouncer has a server")
        .value;
    (postgres.primary(), postgres.replica())
}

/// What the instances share of the server.
pub(super) fn server(
    pgbouncer: &PgBouncer,
    lowering: &Lowering<'_>,
    primary: &EndpointRef,
) -> Server {
    let endpoint: Option<&Endpoint> = lowering.endpoint(primary);
    let in_front = lowering
        .entry(primary)
        .map_or(0, |(group, _)| lowering.members(group).len());
    let instances = pgbouncer.meta.hosts().len().max(in_front);
    Server {
        connections: endpoint
            .and_then(|endpoint| endpoint.connections)
            .unwrap_or(u32::MAX),
        shares: u32::try_from(instances).unwrap_or(u32::MAX),
        databases: endpoint
            .and_then(|endpoint| u32::try_from(endpoint.inside.len()).ok())
            .unwrap_or_default(),
    }
}

fn databases(pgbouncer: &PgBouncer, lowering: &Lowering<'_>, pools: &Pools) -> Vec<Database> {
    let (primary, replica) = behind(pgbouncer);
    let names = lowering
        .endpoint(&primary)
        .map_or(&[][..], |endpoint| &endpoint.inside);
    let ways = [
        (primary, "", pools.write),
        (replica, READ_SUFFIX, pools.read),
    ];
    let ways: Vec<_> = ways
        .into_iter()
        .map(|(endpoint, suffix, pool)| (address(pgbouncer, lowering, &endpoint), suffix, pool))
        .collect();
    let of = |dbname: &String| {
        let dbname = dbname.clone();
        ways.iter()
            .map(move |((host, port), suffix, pool)| Database {
                name: format!("{dbname}{suffix}"),
                host: host.clone(),
                port: port.clone(),
                dbname: dbname.clone(),
                pool_size: pool.size,
                most_connections: pool.most(),
            })
    };
    names.iter().flat_map(of).collect()
}

/// Host and port of an endpoint, as a line of `[databases]` has them: of several hosts, which take turns, each has the
/// same port.
fn address(
    pgbouncer: &PgBouncer,
    lowering: &Lowering<'_>,
    endpoint: &EndpointRef,
) -> (String, String) {
    match lowering.reached(&pgbouncer.meta.name.value, endpoint) {
        None => (String::new(), String::new()),
        Some(Reached::Beside { group, port }) => (
            Symbol::BesideAddress(group.clone(), port.clone()).token(),
            Symbol::BesidePort(group.clone(), port.clone()).token(),
        ),
        Some(Reached::Members(peers)) => {
            let hosts: Vec<&str> = peers.iter().map(|peer| peer.address.as_str()).collect();
            let port = peers.first().map(|peer| peer.port.to_string());
            (hosts.join(","), port.unwrap_or_default())
        }
        Some(Reached::Role { address, port }) => (address, port.to_string()),
        Some(Reached::Outside(remote)) => (remote.host.to_string(), remote.port.to_string()),
    }
}

/// The users that PgBouncer knows by itself: name, variable and password.
fn users(
    pgbouncer: &PgBouncer,
    lowering: &Lowering<'_>,
    primary: &EndpointRef,
) -> Vec<(String, &'static str, Text)> {
    let meta = &pgbouncer.meta;
    let own = |user: &str, variable, secret| {
        let secret = Text::from(Symbol::Secret(meta.secret(secret)));
        (user.to_owned(), variable, secret)
    };
    let mut users = Vec::new();
    if pgbouncer.looks_up() {
        users.push(own(LOOKUP_ROLE, "LOOKUP_PASSWORD", "lookup-password"));
    } else if let Some(login) = lowering.login(primary) {
        let secret = Text::from(Symbol::Secret(login.password.clone()));
        users.push((login.user.clone(), "APP_PASSWORD", secret));
    }
    if lowering.site.monitored {
        users.push(own(STATS_USER, "STATS_PASSWORD", "stats-password"));
    }
    users
}
