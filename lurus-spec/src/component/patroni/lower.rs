//! Members, their configuration, and the recipe of their image.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::component::Lowering;
use crate::component::Site;
use crate::component::patroni::{FOLLOWS, LEADS, Patroni, Servers, cost};
use crate::component::postgres::observe as postgres;
use crate::component::postgres::{Contents, Postgres as _, Promises, REST, SQL};
use crate::literal::{Cidr, Duration, EnvName, Image, Name, Size};
use crate::model::Described as _;
use crate::plan::{
    Ask, Body, Build, ConfigDir, ConfigFile, Contract, Cost, Election, Health, Probe, Resources,
    Stop, Symbol, Text, Volume, Workload, checked,
};
use crate::template;
use crate::words::Words;
use crate::yaml::{Node, map, seq};

/// What `Dockerfile.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Recipe {
    /// What is in the base.
    pub(super) server: &'static str,
    pub(super) base: String,
    /// The version of Patroni that is installed.
    pub(super) version: &'static str,
}

/// The version of Patroni that the recipe installs, and for which the configuration is written.
pub(super) const VERSION: &str = "3.2.0";

/// How long a primary whose database died may take to start it again, before another member takes over.
pub(in crate::component) const PRIMARY_START: Duration = Duration::secs(60);

/// Where the configuration is mounted.
const MOUNT: &str = "/etc/patroni";
/// The name of Patroni's own file there, and its path.
pub(super) const FILE: &str = "patroni.yml";
pub(super) const PATH: &str = "/etc/patroni/patroni.yml";

pub(super) fn lower(patroni: &Patroni, lowering: &Lowering<'_>) -> Vec<Workload> {
    let (meta, name) = (&patroni.meta, &patroni.meta.name.value);
    let summary = Words::new("PostgreSQL under Patroni", "由 Patroni 管理的 PostgreSQL");
    let members = members(&patroni.servers(), summary, lowering);
    let exporter = lowering
        .site
        .monitored
        .then(|| postgres::exporter(meta, name, &patroni.exporter(), lowering));
    [members].into_iter().chain(exporter).collect()
}

/// One group of members, which is for this.
pub(in crate::component) fn members(
    servers: &Servers<'_>,
    summary: Words,
    lowering: &Lowering<'_>,
) -> Workload {
    let Servers { patroni, group, .. } = *servers;
    let meta = &patroni.meta;
    let contents = match servers.share {
        // The database is made by Patroni itself, after the script.
        Some(_) => Contents {
            databases: &[],
            ..patroni.contents()
        },
        None => patroni.contents(),
    };
    let bootstrap = bootstrap(servers);
    let platform = platform(servers, lowering);
    let section = platform.as_ref().map(|(section, _)| *section);
    let key_costs = cost::of_keys(servers, lowering.site.cluster, &bootstrap, section);
    let configuration = configuration(servers, bootstrap, platform, lowering);
    let file = |name: &'static str, body, reload: &str| {
        ConfigFile::new(name, body, Cost::Reload(reload.to_owned()))
    };
    Workload {
        build: build(servers, &lowering.site),
        user: Some("postgres".to_owned()),
        command: vec!["patroni".into(), PATH.into()],
        env: env(servers, &contents, lowering),
        config: vec![ConfigDir {
            mount: checked(MOUNT),
            files: vec![
                file(FILE, Body::yaml(configuration), "kill -HUP 1"),
                file(
                    "post_bootstrap.sh",
                    Body::Lines(contents.script(lowering).into()),
                    "sh /etc/patroni/post_bootstrap.sh",
                ),
            ],
        }],
        key_costs,
        // Exactly here: the image declares a volume at this path, so that a mount above it would be hidden by an
        // anonymous one. The data lies in a directory below, because Patroni renames it when a bootstrap fails.
        volumes: vec![Volume {
            // What a scheme left behind is never found by another one, which would take it for its own.
            name: match servers.share {
                Some(_) => "citus-data",
                None => "data",
            },
            mount: checked("/var/lib/postgresql/data"),
            size: Size::gib(20),
        }],
        // Whether the member lives; its role is for what stands in front to ask.
        health: Some(Health {
            command: [
                "curl".to_owned(),
                "-fsS".to_owned(),
                "-o".to_owned(),
                "/dev/null".to_owned(),
                "--max-time".to_owned(),
                "4".to_owned(),
                format!(
                    "http://{}:{}/liveness",
                    Symbol::OwnAddress,
                    Symbol::OwnPort(REST.into())
                ),
            ]
            .map(Text::from)
            .to_vec(),
            interval: Duration::secs(5),
            timeout: Duration::secs(5),
            retries: 3,
            start_period: Duration::secs(60),
        }),
        stop: Stop {
            signal: None,
            grace: Duration::secs(120),
            // The checkpoint of a shutdown.
            needed: Duration::secs(60),
        },
        // Its own loop, which goes on while the store or other members are away.
        live: Some(Probe {
            port: REST.into(),
            asks: Ask::Http("/liveness".to_owned()),
        }),
        init: true,
        election: election(servers, lowering),
        scratch: vec![checked("/tmp"), checked("/var/run/postgresql")],
        unprivileged: Some((999, 999)),
        ..lowering.workload(
            meta,
            group,
            summary,
            Resources {
                // Parallel queries keep their results there.
                shared_memory: Some(Size::gib(1)),
                open_files: 16_384,
                ..Resources::memory(patroni.member_memory(), meta.blame(meta.memory.as_ref()))
            },
        )
    }
}

/// The image below that of Patroni; `None` when the author names an image that needs no build.
pub(super) fn base<'a>(servers: &Servers<'_>, site: &Site<'a>) -> Option<&'a Image> {
    match servers.patroni.meta.image {
        Some(_) => None,
        None => site
            .inventory
            .image(servers.base.image)
            .map(|pin| &pin.image),
    }
}

/// How the image is built that the configuration is written for.
pub(in crate::component) fn build(servers: &Servers<'_>, site: &Site<'_>) -> Option<Build> {
    let base = base(servers, site)?;
    Some(Build {
        recipe: template::render(
            "Dockerfile",
            include_str!("Dockerfile.hbs"),
            &Recipe {
                server: servers.base.server,
                base: base.to_string(),
                version: VERSION,
            },
        ),
    })
}

/// Patroni takes its own passwords out of the environment, and gives the rest to the script.
fn env(
    servers: &Servers<'_>,
    contents: &Contents<'_>,
    lowering: &Lowering<'_>,
) -> BTreeMap<EnvName, Text> {
    let own = [
        ("PATRONI_SUPERUSER_PASSWORD", "superuser-password"),
        ("PATRONI_REPLICATION_PASSWORD", "replication-password"),
        ("PATRONI_REWIND_PASSWORD", "rewind-password"),
        ("PATRONI_RESTAPI_PASSWORD", "rest-password"),
    ]
    .map(|(variable, secret)| {
        let secret = Symbol::Secret(servers.patroni.meta.secret(secret));
        (checked(variable), secret.into())
    });
    let mut env = contents.env(servers.group, lowering);
    env.extend(own);
    env
}

fn configuration(
    servers: &Servers<'_>,
    bootstrap: Node,
    platform: Option<(&'static str, Node)>,
    lowering: &Lowering<'_>,
) -> Node {
    let Servers {
        patroni,
        group: name,
        ..
    } = *servers;
    let own =
        |address: Symbol, port: &'static str| format!("{address}:{}", Symbol::OwnPort(port.into()));
    let store = patroni
        .etcd
        .as_ref()
        .filter(|_| platform.is_none())
        .map(|etcd| lowering.addresses(name, &etcd.value.client()));
    // Literal addresses only. Those that Patroni adds by itself are forgotten when the store is gone, and members
    // that then refuse each other's word give up their primary.
    let allowed = std::iter::once("127.0.0.1/32".to_owned()).chain(
        servers
            .node_sources(REST, lowering)
            .into_iter()
            .map(|source| source.to_string()),
    );
    let configuration = map([("scope", scope(patroni, lowering.site.cluster))])
        // It would take the place of what the section of a platform calls so.
        .with_some("namespace", platform.is_none().then_some("/service/"))
        .with("name", Symbol::OwnName.token())
        .with(
            "restapi",
            map([
                ("listen", Node::str(own(Symbol::OwnBind, REST))),
                ("connect_address", Node::str(own(Symbol::OwnAddress, REST))),
                ("authentication", user("patroni")),
                ("allowlist", seq(allowed)),
            ]),
        )
        .with_some("etcd3", store.map(|hosts| map([("hosts", seq(hosts))])));
    let configuration = match platform {
        Some((store, told)) => configuration.with(store, told),
        None => configuration,
    };
    configuration
        .with_some(
            "citus",
            servers.share.as_ref().map(|share| {
                map([
                    ("group", Node::Int(i64::from(share.number))),
                    ("database", Node::str(share.database.as_str())),
                ])
            }),
        )
        .with("bootstrap", bootstrap)
        .with(
            "postgresql",
            map([
                ("listen", own(Symbol::OwnBind, SQL)),
                ("connect_address", own(Symbol::OwnAddress, SQL)),
                ("data_dir", "/var/lib/postgresql/data/pgdata".to_owned()),
            ])
            .with_some("bin_dir", programs(servers, &lowering.site))
            .with("pgpass", "/tmp/pgpass")
            .with(
                "authentication",
                map([
                    ("superuser", user("postgres")),
                    ("replication", user("replicator")),
                    ("rewind", user("rewind")),
                ]),
            )
            .with(
                "basebackup",
                // Without it a new member waits for a checkpoint that is spread over minutes.
                seq([map([("checkpoint", "fast")]), map([("max-rate", "100M")])]),
            )
            .with("parameters", parameters(servers))
            .with("pg_hba", seq(access(servers, lowering))),
        )
        .with("watchdog", map([("mode", "off")]))
}

/// What Patroni is told of a platform that keeps its elections, and what it calls the platform. The primary's address
/// follows the lock, and a replica is known by its mark.
fn platform(servers: &Servers<'_>, lowering: &Lowering<'_>) -> Option<(&'static str, Node)> {
    if !servers.patroni.elects_by_platform(&lowering.site) {
        return None;
    }
    let elections = lowering.elections()?;
    let first = lowering.members(servers.group).first();
    let port = first.and_then(|member| member.port(SQL))?;
    let marks = elections.marks.into_iter();
    let told = map([
        ("namespace", Node::str(elections.space)),
        ("labels", map(marks)),
        ("scope_label", Node::str(elections.scope_mark)),
        ("role_label", Node::str(elections.role_mark)),
        ("leader_label_value", Node::str(LEADS)),
        ("standby_leader_label_value", Node::str(LEADS)),
        ("follower_label_value", Node::str(FOLLOWS)),
        ("use_endpoints", Node::Bool(true)),
        // It knows every server then, and asks the next one when one is lost.
        ("bypass_api_service", Node::Bool(true)),
        (
            "ports",
            seq([map([
                ("name", Node::str(SQL)),
                ("port", Node::Int(i64::from(port.get()))),
            ])]),
        ),
    ]);
    Some((elections.store, told))
}

/// The election of a group in what the platform keeps; `None` where it elects in a store of its own.
fn election(servers: &Servers<'_>, lowering: &Lowering<'_>) -> Option<Election> {
    let patroni = servers.patroni;
    if !patroni.elects_by_platform(&lowering.site) {
        return None;
    }
    let number = servers.share.as_ref().map(|share| share.number);
    let lock = lock(patroni, lowering.site.cluster, number);
    Some(Election {
        scope: scope(patroni, lowering.site.cluster),
        // patroni/dcs/__init__.py: the settings of the group, a wish to switch over, and who may be trusted with it.
        records: ["config", "failover", "sync"]
            .map(|record| format!("{lock}-{record}"))
            .to_vec(),
        lock,
        marks: number
            .map(|number| ("citus-group", number.to_string()))
            .into_iter()
            .collect(),
    })
}

/// Where the programs of PostgreSQL are in an image that is built on the official one; the image's `PATH` says it
/// for any other.
fn programs(servers: &Servers<'_>, site: &Site<'_>) -> Option<String> {
    let major = (servers.base.major)(&base(servers, site)?.version())?;
    Some(format!("/usr/lib/postgresql/{major}/bin"))
}

/// The name under which members find each other in the store: an identity.
pub(in crate::component) fn scope(patroni: &Patroni, cluster: &Name) -> String {
    format!("{cluster}-{}", patroni.meta.name.value)
}

/// What the platform calls the lock of a group, of a database over several groups the one with this number.
pub(in crate::component) fn lock(patroni: &Patroni, cluster: &Name, number: Option<u32>) -> String {
    let scope = scope(patroni, cluster);
    match number {
        Some(number) => format!("{scope}-{number}"),
        None => scope,
    }
}

fn user(name: &str) -> Node {
    map([("username", name)])
}

/// What holds when the cluster is first made; later it lives in the store, and a change here does nothing.
fn bootstrap(servers: &Servers<'_>) -> Node {
    let patroni = servers.patroni;
    // Citus commits in two steps on the members that it writes to, and moves its parts by logical replication.
    let (prepared, level) = match servers.share {
        Some(_) => (patroni.most_connections().saturating_mul(2), "logical"),
        None => (0, "replica"),
    };
    let whole_seconds = |time: Duration| int(time.as_secs());
    let senders = int((patroni.meta.hosts().len() as u64)
        .saturating_add(2)
        .max(10));
    // PostgreSQL takes these from the store only, so that they are the same on every member.
    let parameters = map([
        (
            "max_connections",
            Node::Int(i64::from(patroni.most_connections())),
        ),
        ("max_worker_processes", Node::Int(8)),
        // One for each member, and some for copies and backups.
        ("max_wal_senders", senders.clone()),
        ("max_replication_slots", senders),
        ("max_prepared_transactions", Node::Int(i64::from(prepared))),
        ("max_locks_per_transaction", Node::Int(64)),
        ("wal_level", Node::str(level)),
        ("wal_keep_size", Node::str("256MB")),
        ("track_commit_timestamp", Node::str("off")),
    ]);
    let dcs = map([
        ("ttl", whole_seconds(patroni.ttl_time())),
        ("loop_wait", whole_seconds(patroni.loop_time())),
        ("retry_timeout", whole_seconds(patroni.retry_time())),
        ("maximum_lag_on_failover", Node::Int(1_048_576)),
        ("primary_start_timeout", whole_seconds(PRIMARY_START)),
        ("synchronous_mode", Node::Bool(patroni.is_synchronous())),
        ("synchronous_mode_strict", Node::Bool(patroni.is_strict())),
        ("synchronous_node_count", Node::Int(1)),
        // While all members see each other, the primary stays although the store is gone.
        ("failsafe_mode", Node::Bool(true)),
        (
            "postgresql",
            map([
                ("use_pg_rewind", Node::Bool(true)),
                ("use_slots", Node::Bool(true)),
                ("parameters", parameters),
            ]),
        ),
    ]);
    map([
        ("dcs", dcs),
        (
            "initdb",
            seq([
                map([("encoding", "UTF8")]),
                map([("locale", "C.UTF-8")]),
                Node::str("data-checksums"),
                map([("auth-local", "peer")]),
                map([("auth-host", "scram-sha-256")]),
            ]),
        ),
        (
            "post_bootstrap",
            Node::str(format!("sh {MOUNT}/post_bootstrap.sh")),
        ),
    ])
}

fn parameters(servers: &Servers<'_>) -> Node {
    let patroni = servers.patroni;
    // Members have no certificates. Without a word about it, Citus asks for encryption.
    let plain = servers.share.as_ref().map(|_| "sslmode=disable");
    let memory = patroni.member_memory().bytes();
    map([
        ("password_encryption", Node::str("scram-sha-256")),
        ("shared_buffers", size(patroni.cache())),
        ("effective_cache_size", size(Size::of_bytes(memory / 4 * 3))),
        ("work_mem", Node::str("8MB")),
        ("maintenance_work_mem", Node::str("64MB")),
        ("max_wal_size", Node::str("1GB")),
        // A member that is away for long is copied anew, before what is kept for it fills the disk.
        ("max_slot_wal_keep_size", Node::str("4GB")),
        ("wal_compression", Node::str("lz4")),
        ("wal_log_hints", Node::str("on")),
        ("hot_standby", Node::str("on")),
        ("tcp_keepalives_idle", Node::Int(60)),
        ("tcp_keepalives_interval", Node::Int(10)),
        ("tcp_keepalives_count", Node::Int(3)),
        ("idle_in_transaction_session_timeout", Node::str("10min")),
        ("log_checkpoints", Node::str("on")),
        ("log_lock_waits", Node::str("on")),
        ("log_min_duration_statement", Node::str("1s")),
        ("log_line_prefix", Node::str("%m [%p] %q%u@%d ")),
        ("logging_collector", Node::str("off")),
    ])
    .with_some("citus.node_conninfo", plain)
}

/// The access list: who may log in from where, first match first.
fn access(servers: &Servers<'_>, lowering: &Lowering<'_>) -> Vec<String> {
    let Servers { patroni, group, .. } = *servers;
    let contents = patroni.contents();
    let mut lines = vec![
        "local all postgres peer".to_owned(),
        // Patroni connects to its own member by the address on which it listens; without these two lines the very
        // first start fails.
        "host all postgres samehost scram-sha-256".to_owned(),
        "host replication replicator samehost scram-sha-256".to_owned(),
    ];
    for source in lowering.peer_sources(group, SQL) {
        lines.push(format!(
            "host replication replicator {source} scram-sha-256"
        ));
        lines.push(format!("host postgres rewind {source} scram-sha-256"));
    }
    if let Some(share) = &servers.share {
        // Whoever answers a query connects to the others, and to itself, as the administrator and as the role that asked.
        let (database, role) = (share.database, contents.role());
        lines.push(format!("host {database} {role} samehost scram-sha-256"));
        for source in servers.node_sources(SQL, lowering) {
            lines.push(format!("host all postgres {source} scram-sha-256"));
            lines.push(format!("host {database} {role} {source} scram-sha-256"));
        }
    }
    for line in contents.access(group, lowering) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

impl Servers<'_> {
    /// The networks from which its own members connect, and those who share its database.
    fn node_sources(&self, port: &str, lowering: &Lowering<'_>) -> Vec<Cidr> {
        let nodes = self.share.as_ref().map_or(&[][..], |share| share.nodes);
        lowering.sources_where(self.group, port, |from| {
            from == self.group || nodes.contains(from)
        })
    }
}

fn int(number: u64) -> Node {
    Node::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A size as PostgreSQL reads it: its smallest unit of these is the kilobyte of 1024 bytes.
fn size(size: Size) -> Node {
    let mib = Size::mib(1).bytes();
    Node::str(if size.bytes().is_multiple_of(mib) {
        format!("{}MB", size.bytes() / mib)
    } else {
        format!("{}kB", size.bytes() / 1024)
    })
}

pub(in crate::component) fn contracts(patroni: &Patroni, lowering: &Lowering<'_>) -> Vec<Contract> {
    let promises = Promises {
        synchronous: patroni.is_synchronous(),
        status: Some(|member| {
            let rest = Symbol::Inside(member.clone(), REST.into());
            vec![
                "curl".to_owned(),
                "-fsS".to_owned(),
                format!("http://{rest}/cluster"),
            ]
        }),
    };
    let pg = patroni.reference().postgres();
    let contract = patroni.contents().contract(&pg, lowering, promises);
    contract.into_iter().collect()
}
