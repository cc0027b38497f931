//! The facts about one cluster that a client outside of it needs.
//!
//! In: the text of `generated/<cluster>/local/clients.json`. Out: [`Clients`], checked. It must not know what the compiler knows
//! beyond this file, and the compiler must not know what is done with it: each component contributes its own entry under the
//! protocol that it speaks, so a new component of a known protocol needs no change here.
//!
//! ```json
//! {
//!   "cluster": "minimal",
//!   "postgres": [{
//!     "component": "pg",
//!     "members": [{"service": "pg-1", "status": ["curl", "-fsS", "http://pg-1:8008/cluster"]}],
//!     "write": [{"service": "haproxy-1", "address": "127.0.0.1:5000"}, {"service": "haproxy-2", "address": "127.0.0.1:5010"}],
//!     "read": [{"service": "haproxy-1", "address": "127.0.0.1:5001"}, {"service": "haproxy-2", "address": "127.0.0.1:5011"}],
//!     "role": "lurus",
//!     "password_env": "PG_LURUS_PASSWORD",
//!     "database": "lurus_provider",
//!     "synchronous": true,
//!     "sql": ["psql", "--username=postgres", "--command"]
//!   }],
//!   "postgres_pool": [{"component": "pool", "members": [{"service": "pool-1", "address": "127.0.0.1:6432"}], "to": "pg"}],
//!   "redis_cluster": [{
//!     "component": "redis",
//!     "members": [{"service": "redis-1", "address": "10.0.1.31:7001"}, {"service": "redis-2", "address": "10.0.1.32:7002"}],
//!     "replicas": 1,
//!     "password_env": "REDIS_PASSWORD"
//!   }],
//!   "jetstream": [{
//!     "component": "nats",
//!     "members": [{"service": "nats-1", "address": "127.0.0.1:4222"}],
//!     "user": "lurus",
//!     "password_env": "NATS_LURUS_PASSWORD",
//!     "stream": "ORDERS",
//!     "subject": "orders.e2e",
//!     "replicas": 3
//!   }],
//!   "etcd": [{
//!     "component": "etcd",
//!     "members": [{"service": "etcd-1", "status": ["etcdctl", "--endpoints=http://etcd-1:2379", "endpoint", "status", "--write-out=json"]}]
//!   }],
//!   "https": [{
//!     "component": "edge",
//!     "members": [{"service": "edge-1", "address": "127.0.0.1:8443"}, {"service": "edge-2", "address": "127.0.0.1:8543"}],
//!     "certificates": ["example-com"],
//!     "routes": [
//!       {"host": "api.example.com", "path": "/healthz", "to": "gateway"},
//!       {"host": "ai.example.com", "path": "/v1/", "to": "gateway", "streaming": true}
//!     ]
//!   }],
//!   "prometheus": [{"component": "prometheus", "members": [{"service": "prometheus-1", "address": "127.0.0.1:9090"}]}],
//!   "alertmanager": [{"component": "alertmanager", "members": [{"service": "alertmanager-1", "address": "127.0.0.1:9093"}]}],
//!   "consul": [{
//!     "component": "consul",
//!     "members": [{"service": "consul-1", "address": "127.0.0.1:8500"}],
//!     "services": {"pg": ["pg-1"], "pg-primary": ["haproxy-1"]}
//!   }],
//!   "clickhouse": [{
//!     "component": "logs",
//!     "members": [{"service": "logs-1", "address": "127.0.0.1:8123"}],
//!     "writer": {"user": "writer", "password_env": "LOGS_WRITER_PASSWORD"},
//!     "reader": {"user": "reader", "password_env": "LOGS_READER_PASSWORD"},
//!     "table": "logs.events",
//!     "time": "time",
//!     "text": "message"
//!   }],
//!   "groups": {"edge": ["edge-1", "edge-2"], "haproxy": ["haproxy-1"]},
//!   "flows": {"edge": ["gateway"], "gateway": ["haproxy", "redis"], "haproxy": ["pg"], "pg": ["etcd"]},
//!   "floating": {"edge": ["10.0.0.100"]}
//! }
//! ```
//!
//! A key that is not described here is refused, so that an entry which this driver cannot exercise is noticed.

mod address;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

pub use address::LocalAddress;

/// Everything that clients of one cluster need, by protocol.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clients {
    /// The header line of a generated file, which JSON has no comments for. Not read.
    #[serde(rename = "//", default)]
    pub header: Option<String>,
    /// The name of the cluster.
    pub cluster: String,
    /// Replicated PostgreSQL, reached through its balancers.
    #[serde(default)]
    pub postgres: Vec<Postgres>,
    /// Who lends applications connections to PostgreSQL.
    #[serde(default)]
    pub postgres_pool: Vec<PostgresPool>,
    /// Redis Clusters.
    #[serde(default)]
    pub redis_cluster: Vec<RedisCluster>,
    /// NATS with JetStream.
    #[serde(default)]
    pub jetstream: Vec<JetStream>,
    /// etcd, as a dependency of others: nothing is written to it.
    #[serde(default)]
    pub etcd: Vec<Etcd>,
    /// Where requests from outside come in.
    #[serde(default)]
    pub https: Vec<Https>,
    /// Collectors of metrics, each of which knows every rule that it evaluates.
    #[serde(default)]
    pub prometheus: Vec<Web>,
    /// Who is told of alerts; the members know of each other's.
    #[serde(default)]
    pub alertmanager: Vec<Web>,
    /// Catalogues of what runs where.
    #[serde(default)]
    pub consul: Vec<Consul>,
    /// Stores of logs.
    #[serde(default)]
    pub clickhouse: Vec<ClickHouse>,
    /// The services of each group of equals.
    #[serde(default)]
    pub groups: BTreeMap<String, Vec<String>>,
    /// Which groups of services each group connects to.
    #[serde(default)]
    pub flows: BTreeMap<String, BTreeSet<String>>,
    /// Addresses that move between hosts, by the group that they lead to.
    #[serde(default)]
    pub floating: BTreeMap<String, Vec<IpAddr>>,
}

/// One PostgreSQL cluster: a primary, and members that follow it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Postgres {
    /// The component's name in the description.
    pub component: String,
    /// The database members; each one's `name` is its name in Patroni, where there is one, and its `status` prints the answer of
    /// Patroni's `GET /cluster`. Without it each member is asked what it is.
    pub members: Vec<Member>,
    /// Who leads to the primary. All of them are written to.
    pub write: Vec<AddressedMember>,
    /// Who leads to a replica.
    #[serde(default)]
    pub read: Vec<AddressedMember>,
    /// The application's role. It must be allowed to create a table in `database`.
    pub role: String,
    /// The variable of the env file that holds the role's password.
    pub password_env: String,
    /// The application's database.
    pub database: String,
    /// Whether a commit is answered only after a second member has it. Without it the loss of the leader may lose rows by
    /// design, so no row counts as acknowledged.
    pub synchronous: bool,
    /// What to run inside a member, before a statement, to run it there as the administrator.
    pub sql: Vec<String>,
}

/// Pools of connections to one PostgreSQL, in front of what leads to its primary.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostgresPool {
    /// The component's name in the description.
    pub component: String,
    /// Who lends connections.
    pub members: Vec<AddressedMember>,
    /// The component of the PostgreSQL.
    pub to: String,
}

/// One Redis Cluster.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisCluster {
    /// The component's name in the description.
    pub component: String,
    /// All nodes, at the addresses that they announce to clients.
    pub members: Vec<AddressedMember>,
    /// Replicas of each master, at least 1, because a write counts once a replica has confirmed it.
    pub replicas: u32,
    /// The ACL user, when it is not the default one.
    #[serde(default)]
    pub user: Option<String>,
    /// The variable of the env file that holds the password.
    pub password_env: String,
}

/// One NATS cluster and the stream to write to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JetStream {
    /// The component's name in the description.
    pub component: String,
    /// The servers; each one's `name` is its `server_name`.
    pub members: Vec<AddressedMember>,
    /// The application's user.
    pub user: String,
    /// The variable of the env file that holds the user's password.
    pub password_env: String,
    /// A stream that keeps what was consumed (retention `limits`).
    pub stream: String,
    /// A subject of the stream that nobody else publishes on.
    pub subject: String,
    /// Replicas of the stream, the leader included.
    pub replicas: usize,
}

/// One etcd cluster.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Etcd {
    /// The component's name in the description.
    pub component: String,
    /// The members; the `status` of each prints `etcdctl endpoint status --write-out=json` of that member alone.
    pub members: Vec<Member>,
}

/// The edge: who terminates TLS, and what is asked through it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Https {
    /// The component's name in the description.
    pub component: String,
    /// Whoever terminates TLS.
    pub members: Vec<AddressedMember>,
    /// The certificates that its clients trust: folders of what the operator provides, each with a `tls.crt`.
    pub certificates: Vec<String>,
    /// Requests that every member answers with 200 when all is well.
    pub routes: Vec<Route>,
}

impl Https {
    /// The files of the certificates, where `directory` is the one of the contract.
    pub fn authorities(&self, directory: &Path) -> Vec<PathBuf> {
        let names = self.certificates.iter();
        names
            .map(|name| directory.join("provided").join(name).join("tls.crt"))
            .collect()
    }
}

/// A request that the edge passes on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The name that is asked for, by SNI and by header.
    pub host: String,
    /// The path. One that is not streaming is asked for with `GET`, and may be asked for again.
    pub path: String,
    /// The group of services that answers.
    pub to: String,
    /// Whether the answer to a `POST` is a stream of events.
    #[serde(default)]
    pub streaming: bool,
}

/// Members that answer over HTTP, in the way of their product.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Web {
    /// The component's name in the description.
    pub component: String,
    /// Who answers.
    pub members: Vec<AddressedMember>,
}

/// A catalogue, of which each member answers alike.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consul {
    /// The component's name in the description.
    pub component: String,
    /// Who keeps it.
    pub members: Vec<AddressedMember>,
    /// What is registered: under each name, the services in the compose file that pass their probe when all is well.
    pub services: BTreeMap<String, BTreeSet<String>>,
}

/// A store of logs: one user writes lines to its table, another one reads them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClickHouse {
    /// The component's name in the description.
    pub component: String,
    /// Who is asked, over HTTP.
    pub members: Vec<AddressedMember>,
    /// The user that writes.
    pub writer: User,
    /// The user that reads.
    pub reader: User,
    /// The table of lines.
    pub table: String,
    /// Its column with the time of a line.
    pub time: String,
    /// Its column with the text of a line.
    pub text: String,
}

/// A user with a password.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The user's name.
    pub user: String,
    /// The variable of the env file that holds the password.
    pub password_env: String,
}

/// A member that is reached through others.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its service in the compose file.
    pub service: String,
    /// Its name in the product, when that differs from the service's.
    #[serde(default)]
    name: Option<String>,
    /// What to run inside its container to learn how it is.
    #[serde(default)]
    pub status: Vec<String>,
}

impl Member {
    /// Its name in the product.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.service)
    }
}

/// A member that clients reach directly.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressedMember {
    /// Its service in the compose file.
    pub service: String,
    /// Its name in the product, when that differs from the service's.
    #[serde(default)]
    name: Option<String>,
    /// Where this machine reaches it.
    pub address: LocalAddress,
}

impl AddressedMember {
    /// Its name in the product.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.service)
    }
}

impl Clients {
    /// Reads the text of a `clients.json` and checks it.
    ///
    /// # Errors
    /// When the text is not of the form described above, describes another cluster than `cluster`, names a component twice, or leaves out what a test needs.
    pub fn parse(text: &str, cluster: &str) -> Result<Self> {
        let clients: Self = serde_json::from_str(text).context("the contract cannot be read")?;
        ensure!(
            clients.cluster == cluster,
            "the contract describes cluster `{}`, not `{cluster}`: point --compose at generated/{cluster}/local",
            clients.cluster
        );
        let mut names = BTreeSet::new();
        for (component, members) in clients.components() {
            ensure!(
                names.insert(component),
                "component `{component}` has two entries"
            );
            ensure!(members > 0, "component `{component}` has no members");
        }
        for postgres in &clients.postgres {
            ensure!(
                !postgres.write.is_empty(),
                "component `{}` has no write address",
                postgres.component
            );
        }
        for redis in &clients.redis_cluster {
            ensure!(
                redis.replicas > 0,
                "component `{}` has no replicas: a write counts once a replica has confirmed it",
                redis.component
            );
        }
        for https in &clients.https {
            ensure!(
                !https.routes.is_empty(),
                "component `{}` has no routes",
                https.component
            );
        }
        for member in clients.etcd.iter().flat_map(|entry| &entry.members) {
            ensure!(
                !member.status.is_empty(),
                "member `{}` has no status command",
                member.service
            );
        }
        Ok(clients)
    }

    /// Refuses a contract by which nothing can be tested.
    ///
    /// # Errors
    /// When it names no component.
    pub fn must_name_something(&self) -> Result<()> {
        ensure!(
            !self.components().is_empty(),
            "the contract names no component: there is nothing to test"
        );
        Ok(())
    }

    /// Lets every request from outside come in at one address, that of whoever answers there at the moment.
    pub(crate) fn come_in_through(&mut self, address: IpAddr) {
        for https in &mut self.https {
            https.members.truncate(1);
            for member in &mut https.members {
                member.service = "the virtual address".to_owned();
                member.address = member.address.moved_to(address);
            }
        }
    }

    /// Every component with the number of its members.
    fn components(&self) -> Vec<(&str, usize)> {
        fn listed<'a, T: 'a, M: 'a>(
            entries: &'a [T],
            parts: impl Fn(&'a T) -> (&'a String, &'a Vec<M>) + 'a,
        ) -> impl Iterator<Item = (&'a str, usize)> {
            entries.iter().map(move |entry| {
                let (component, members) = parts(entry);
                (component.as_str(), members.len())
            })
        }
        listed(&self.postgres, |entry| (&entry.component, &entry.members))
            .chain(listed(&self.postgres_pool, |entry| {
                (&entry.component, &entry.members)
            }))
            .chain(listed(&self.redis_cluster, |entry| {
                (&entry.component, &entry.members)
            }))
            .chain(listed(&self.jetstream, |entry| {
                (&entry.component, &entry.members)
            }))
            .chain(listed(&self.etcd, |entry| {
                (&entry.component, &entry.members)
            }))
            .chain(listed(&self.https, |entry| {
                (&entry.component, &entry.members)
            }))
            .chain(listed(&self.prometheus, |entry| {
                (&entry.component, &entry.members)
            }))
            .chain(listed(&self.alertmanager, |entry| {
                (&entry.component, &entry.members)
            }))
            .chain(listed(&self.consul, |entry| {
                (&entry.component, &entry.members)
            }))
            .chain(listed(&self.clickhouse, |entry| {
                (&entry.component, &entry.members)
            }))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NATS: &str = r#"{"cluster": "minimal", "jetstream": [{"component": "nats",
        "members": [{"service": "nats-1", "address": "127.0.0.1:4222"}, {"service": "nats-2", "name": "n2", "address": "127.0.0.1:4223"}],
        "user": "lurus", "password_env": "NATS_LURUS_PASSWORD", "stream": "ORDERS", "subject": "orders.e2e", "replicas": 3}]}"#;

    fn refusal(text: &str) -> String {
        format!("{:#}", Clients::parse(text, "minimal").unwrap_err())
    }

    /// The example of the module's documentation.
    fn documented() -> String {
        let source = include_str!("contract.rs");
        source
            .lines()
            .skip_while(|line| *line != "//! ```json")
            .skip(1)
            .take_while(|line| *line != "//! ```")
            .map(|line| line.trim_start_matches("//!"))
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn the_documented_example_is_read() {
        let clients = Clients::parse(&documented(), "minimal").unwrap();
        assert_eq!(
            clients.postgres[0].write[1].address.to_string(),
            "127.0.0.1:5010"
        );
        assert_eq!(clients.postgres_pool[0].to, "pg");
        assert_eq!(
            clients.redis_cluster[0].members[1].address.to_string(),
            "10.0.1.32:7002"
        );
        assert_eq!(clients.etcd[0].members[0].status[0], "etcdctl");
        assert!(clients.https[0].routes[1].streaming && clients.flows["edge"].contains("gateway"));
    }

    #[test]
    fn a_member_is_named_like_its_service_unless_it_says_otherwise() {
        let clients = Clients::parse(NATS, "minimal").unwrap();
        let names: Vec<_> = clients.jetstream[0]
            .members
            .iter()
            .map(AddressedMember::name)
            .collect();
        assert_eq!(names, ["nats-1", "n2"]);
    }

    #[test]
    fn an_unknown_protocol_is_refused() {
        let text = refusal(&NATS.replace("jetstream", "kafka"));
        assert!(text.contains("unknown field `kafka`"), "{text}");
    }

    #[test]
    fn another_cluster_is_refused() {
        let text = format!("{:#}", Clients::parse(NATS, "standard").unwrap_err());
        assert!(
            text.contains("describes cluster `minimal`, not `standard`"),
            "{text}"
        );
    }

    #[test]
    fn nothing_to_test_is_refused() {
        let nothing = Clients::parse(r#"{"cluster": "minimal"}"#, "minimal").unwrap();
        let text = nothing.must_name_something().unwrap_err().to_string();
        assert!(text.contains("nothing to test"), "{text}");
        assert!(
            Clients::parse(NATS, "minimal")
                .unwrap()
                .must_name_something()
                .is_ok()
        );
    }

    #[test]
    fn a_component_named_twice_is_refused() {
        let twice = documented().replace(r#""component": "etcd""#, r#""component": "pg""#);
        let text = refusal(&twice);
        assert!(text.contains("component `pg` has two entries"), "{text}");
    }
}
