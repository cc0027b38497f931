//! PostgreSQL behind balancers: numbered rows, one lane an address that applications connect to. That is a pool of
//! connections where there is one, and else what leads to the primary.
//!
//! In: an entry of the contract, and the connection strings of applications. Out: rows written and read with the
//! application's role, and the state of replication as Patroni tells it, or as each member does. A row is acknowledged when
//! its commit was: in synchronous mode always, otherwise while nobody is killed.

mod migration;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Deserialize;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Config, NoTls};

use super::{Alarm, Cause, Hazard, Offer, Step, Victim};
use crate::compose::{Inside, Project};
use crate::contract::{self, AddressedMember, LocalAddress};
use crate::env_file::EnvFile;
use crate::ledger::Answer;
use crate::patience;

pub(crate) struct Postgres {
    entry: contract::Postgres,
    password: String,
    writer: String,
    /// Who lends applications connections.
    pool: Vec<AddressedMember>,
    /// Every connection string of an application to the database that is written to.
    given: Vec<Config>,
}

/// One address that leads to the primary, used as an application does.
pub(crate) struct Writer {
    config: Config,
    lane: String,
    answer: Answer,
    client: Option<Client>,
}

/// How long a connection may take to be made. The lane's own bound holds for statements.
const CONNECT: Duration = Duration::from_secs(3);

/// How long a statement outside of the lanes may take.
const STATEMENT: Duration = Duration::from_secs(20);

/// How long a replica may take to show a row, its balancer's checks included.
const REPLICA: Duration = Duration::from_secs(20);

/// Prints which process of a replica applies what it receives.
const APPLIES: &str =
    "COPY (SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup') TO STDOUT";

/// Prints what a member is, in Patroni's words.
const ROLE: &str = "COPY (SELECT CASE WHEN pg_is_in_recovery() THEN 'replica' ELSE 'leader' END, \
    CASE WHEN pg_is_in_recovery() THEN coalesce((SELECT status FROM pg_stat_wal_receiver), 'following nobody') \
    ELSE 'running' END) TO STDOUT";

/// How old the last row of a replica may become before its lag is worth an alert.
const LAG: Duration = Duration::from_secs(30);

/// The lane of the exercise.
const EXERCISE: &str = "exercise";

/// Without a key, so that a row which the database repeats is seen.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS lurus_e2e (lane text NOT NULL, id bigint NOT NULL)";

const INSERT: &str = "INSERT INTO lurus_e2e (lane, id) VALUES ($1, $2)";

const SELECT: &str = "SELECT id FROM lurus_e2e WHERE lane = $1 ORDER BY id";

/// The answer of Patroni's `GET /cluster`, or what members say together.
#[derive(Debug, Deserialize)]
struct Cluster {
    members: Vec<ClusterMember>,
}

#[derive(Debug, Deserialize)]
struct ClusterMember {
    name: String,
    role: String,
    state: String,
}

impl Postgres {
    /// `pool` is who lends applications connections, and `given` are their connection strings.
    pub(crate) fn new(
        entry: &contract::Postgres,
        pool: impl IntoIterator<Item = AddressedMember>,
        given: &[Config],
        secrets: &EnvFile,
        writer: &str,
    ) -> Result<Self> {
        let password = secrets.get(&entry.password_env)?.to_owned();
        let own = |config: &&Config| config.get_dbname() == Some(&entry.database);
        Ok(Self {
            entry: entry.clone(),
            password,
            writer: writer.to_owned(),
            pool: pool.into_iter().collect(),
            given: given.iter().filter(own).cloned().collect(),
        })
    }

    pub(crate) fn component(&self) -> &str {
        &self.entry.component
    }

    pub(crate) fn members(&self) -> Vec<String> {
        self.entry
            .members
            .iter()
            .map(|member| member.service.clone())
            .collect()
    }

    pub(crate) async fn exercise(&self) -> Vec<Step> {
        let Self { entry, .. } = self;
        let mut steps = Vec::new();
        if let Some((given, member)) = self.given_to(&entry.write)
            && !self.pool.is_empty()
        {
            let title = format!(
                "{}: a migration with its own DSN, through {}, keeps its session and makes the table",
                entry.component, member.service
            );
            let config = toward(given, member.address);
            steps.push((title, migration::migrate(&config).await));
        }
        if !self.pool.is_empty() {
            let title = format!(
                "{}: applications are given a DSN that leads to the pool",
                entry.component
            );
            let leads = self.given_to(&self.pool).map(drop);
            let missing = || anyhow!("no connections/*.env has one for {}", entry.database);
            steps.push((title, leads.ok_or_else(missing)));
        }
        let direct = entry.write.iter().map(|member| {
            let how = "reads";
            (member, how, self.config(member.address))
        });
        let given = self.pooled().into_iter().map(|(member, config)| {
            let how = "reads with the DSN of applications";
            (member, how, config)
        });
        let ways: Vec<_> = direct.chain(given).collect();
        for (id, (member, how, config)) in (1..).zip(&ways) {
            let title = format!(
                "{}: {} writes and {how} through {}",
                entry.component,
                entry.role,
                named(member)
            );
            steps.push((title, self.write_once(config, id).await));
        }
        let written = ways.len();
        for member in &entry.read {
            let title = format!(
                "{}: {} reads from a replica through {}",
                entry.component,
                entry.role,
                named(member)
            );
            let what = "the rows are seen on a replica";
            let probe = async || self.read_replica(member.address, written).await;
            let outcome = patience::until(what, REPLICA, Duration::from_millis(500), probe).await;
            steps.push((title, outcome));
        }
        steps
    }

    pub(crate) fn lanes(&self, hazard: Hazard) -> Vec<Offer> {
        let answer = match hazard {
            Hazard::Killed if !self.entry.synchronous => Answer::Unconfirmed,
            Hazard::Killed | Hazard::Stopped => Answer::Acknowledged,
        };
        let offer = |(member, config): (&AddressedMember, Config)| Offer {
            key: member.address.to_string(),
            title: format!("{} through {}", self.entry.component, named(member)),
            door: Some(member.address.socket()),
            writer: super::Writer::Postgres(Writer {
                config,
                lane: self.lane(&member.address.to_string()),
                answer,
                client: None,
            }),
        };
        self.ways().into_iter().map(offer).collect()
    }

    pub(crate) async fn leader(&self, inside: &impl Inside) -> Result<Victim> {
        let cluster = self.cluster(inside).await?;
        let name = leader(&cluster)?;
        let member = self
            .entry
            .members
            .iter()
            .find(|member| member.name() == name);
        let member =
            member.with_context(|| format!("the contract has no member of name {name}"))?;
        Ok(Victim {
            service: member.service.clone(),
            role: format!("leader of {}", self.entry.component),
            lanes: self
                .ways()
                .iter()
                .map(|(member, _)| member.address.to_string())
                .collect(),
        })
    }

    pub(crate) async fn follower(&self, project: &Project) -> Result<Option<Victim>> {
        let cluster = self.cluster(project).await?;
        let name = follower(&cluster);
        let member = self
            .entry
            .members
            .iter()
            .find(|member| Some(member.name()) == name);
        Ok(member.map(|member| Victim {
            service: member.service.clone(),
            role: format!("replica of {}", self.entry.component),
            lanes: Vec::new(),
        }))
    }

    /// A replica stops to apply what it receives, while the primary is written to.
    pub(crate) async fn alarm(&self, project: &Project) -> Result<Option<Alarm>> {
        let Some(victim) = self.follower(project).await? else {
            return Ok(None);
        };
        // The process that applies is stopped, since Patroni resumes what was paused by the server's own means.
        let signal = |name: &str| {
            let script = format!(r#"kill -{name} "$("$@")""#);
            let shell = ["sh".to_owned(), "-c".to_owned(), script, "sh".to_owned()];
            let sql = self.entry.sql.iter().cloned();
            let words = shell.into_iter().chain(sql);
            words.chain([APPLIES.to_owned()]).collect()
        };
        Ok(Some(Alarm {
            alert: "PostgresReplicationLag",
            cause: Cause::Said {
                service: victim.service,
                does: "applies nothing",
                command: signal("STOP"),
                undo: signal("CONT"),
            },
            builds_up: LAG,
        }))
    }

    pub(crate) async fn whole(&self, inside: &impl Inside) -> Result<()> {
        let names: Vec<_> = self
            .entry
            .members
            .iter()
            .map(contract::Member::name)
            .collect();
        whole(&self.cluster(inside).await?, &names, self.entry.synchronous)
    }

    pub(crate) async fn read_back(&self, lane: &str) -> Result<Vec<u64>> {
        let ways = self.ways();
        let (_, config) = ways.first().context("there is no write address")?;
        let client = connect(config).await?;
        select(&client, &self.lane(lane)).await
    }

    /// How applications reach the primary: each member that they connect to, with what they connect with.
    fn ways(&self) -> Vec<(&AddressedMember, Config)> {
        let pooled = self.pooled();
        if !pooled.is_empty() {
            return pooled;
        }
        let write = self.entry.write.iter();
        write
            .map(|member| (member, self.config(member.address)))
            .collect()
    }

    /// Every member of the pool, with the connection string that applications have for one of them.
    fn pooled(&self) -> Vec<(&AddressedMember, Config)> {
        let Some((given, _)) = self.given_to(&self.pool) else {
            return Vec::new();
        };
        let pool = self.pool.iter();
        pool.map(|member| (member, toward(given, member.address)))
            .collect()
    }

    /// The first connection string of an application that leads to one of `members`, and to which.
    fn given_to<'a>(
        &'a self,
        members: &'a [AddressedMember],
    ) -> Option<(&'a Config, &'a AddressedMember)> {
        self.given.iter().find_map(|given| {
            let member = members.iter().find(|member| leads_to(given, member));
            Some((given, member?))
        })
    }

    /// What the table calls a lane.
    fn lane(&self, key: &str) -> String {
        format!("{} {key}", self.writer)
    }

    /// Writes row `id` of the exercise and reads it again.
    async fn write_once(&self, config: &Config, id: i64) -> Result<()> {
        let client = connect(config).await?;
        ensure!(
            !in_recovery(&client).await?,
            "a replica answers where the primary is expected"
        );
        if self.entry.synchronous {
            let standby = show(&client, "SHOW synchronous_standby_names").await?;
            ensure!(
                !standby.is_empty(),
                "no standby is synchronous, so an acknowledged row could be lost"
            );
            let commit = show(&client, "SHOW synchronous_commit").await?;
            ensure!(
                matches!(commit.as_str(), "on" | "remote_apply" | "remote_write"),
                "synchronous_commit is {commit} for {}, so a commit does not wait for the standby",
                self.entry.role
            );
        }
        bounded(client.batch_execute(TABLE))
            .await
            .context("the table cannot be made")?;
        bounded(client.execute_typed(INSERT, &[(&EXERCISE, Type::TEXT), (&id, Type::INT8)]))
            .await?;
        let found = select(&client, EXERCISE).await?;
        ensure!(
            found.contains(&id.unsigned_abs()),
            "row {id} is not there after its commit"
        );
        Ok(())
    }

    /// Whether the rows of the exercise are seen on a replica.
    async fn read_replica(&self, address: LocalAddress, written: usize) -> Result<()> {
        let client = connect(&self.config(address)).await?;
        ensure!(
            in_recovery(&client).await?,
            "the primary answers where a replica is expected"
        );
        let found = select(&client, EXERCISE).await?.len();
        ensure!(found == written, "{found} of {written} rows");
        Ok(())
    }

    /// What every member is.
    async fn cluster(&self, inside: &impl Inside) -> Result<Cluster> {
        let mut members = self.entry.members.iter();
        if members.any(|member| member.status.is_empty()) {
            self.asked(inside).await
        } else {
            self.told(inside).await
        }
    }

    /// What Patroni says of its members, asked in the first one that answers.
    async fn told(&self, inside: &impl Inside) -> Result<Cluster> {
        let mut problem = None;
        for member in &self.entry.members {
            match inside.exec(&member.service, &member.status).await {
                Ok(text) => {
                    return serde_json::from_str(&text)
                        .context("the answer of Patroni cannot be read");
                }
                Err(error) => problem = Some(error),
            }
        }
        Err(problem.unwrap_or_else(|| anyhow!("there are no members")))
            .context("no member tells about the cluster")
    }

    /// What each member says of itself.
    async fn asked(&self, inside: &impl Inside) -> Result<Cluster> {
        let mut members = Vec::new();
        for member in &self.entry.members {
            let command = [self.entry.sql.as_slice(), &[ROLE.to_owned()]].concat();
            let answer = inside.exec(&member.service, &command).await?;
            let (role, state) = answer
                .trim()
                .split_once('\t')
                .with_context(|| format!("{} answers `{}`", member.service, answer.trim()))?;
            members.push(ClusterMember {
                name: member.name().to_owned(),
                role: role.to_owned(),
                state: state.to_owned(),
            });
        }
        Ok(Cluster { members })
    }

    fn config(&self, address: LocalAddress) -> Config {
        let socket = address.socket();
        let mut config = Config::new();
        config
            .host(socket.ip().to_string())
            .port(socket.port())
            .user(&self.entry.role)
            .password(&self.password)
            .dbname(&self.entry.database)
            .ssl_mode(SslMode::Disable)
            .connect_timeout(CONNECT)
            .application_name("lurus-e2e");
        config
    }
}

impl Writer {
    pub(crate) async fn write(&mut self, id: u64) -> Result<Answer> {
        let client = match self.client.take() {
            Some(client) => client,
            None => connect(&self.config).await?,
        };
        let id = i64::try_from(id)?;
        // It is put back only after an answer: a connection that failed or hung is not used again.
        client
            .execute_typed(INSERT, &[(&self.lane, Type::TEXT), (&id, Type::INT8)])
            .await?;
        self.client = Some(client);
        Ok(self.answer)
    }
}

/// What a person calls a member that is connected to.
fn named(member: &AddressedMember) -> String {
    format!("{} at {}", member.service, member.address)
}

/// Whether a connection string names the member, by its name or by its address.
fn leads_to(given: &Config, member: &AddressedMember) -> bool {
    let address = member.address.socket();
    let at_port = given.get_ports() == [address.port()];
    given.get_hosts().iter().any(|host| match host {
        Host::Tcp(name) => {
            *name == member.service || (at_port && *name == address.ip().to_string())
        }
        Host::Unix(_) => false,
    })
}

/// A connection string as it is given, led to where a member is reached from here.
fn toward(given: &Config, address: LocalAddress) -> Config {
    let socket = address.socket();
    let mut config = Config::new();
    config
        .host(socket.ip().to_string())
        .port(socket.port())
        .ssl_mode(given.get_ssl_mode())
        .connect_timeout(CONNECT)
        .application_name("lurus-e2e");
    given.get_user().map(|user| config.user(user));
    given
        .get_password()
        .map(|password| config.password(password));
    given.get_dbname().map(|database| config.dbname(database));
    config
}

/// Connects; the connection lives as long as its client.
async fn connect(config: &Config) -> Result<Client> {
    let connected = tokio::time::timeout(CONNECT, config.connect(NoTls)).await;
    let Ok(connected) = connected else {
        bail!("no connection within {} s", CONNECT.as_secs());
    };
    let (client, connection) = connected?;
    tokio::spawn(async move {
        // Its error reaches the client as well, with the statement that it ended.
        let _ended = connection.await;
    });
    Ok(client)
}

async fn select(client: &Client, lane: &str) -> Result<Vec<u64>> {
    let rows = bounded(client.query_typed(SELECT, &[(&lane, Type::TEXT)])).await?;
    rows.iter()
        .map(|row| Ok(u64::try_from(row.try_get::<_, i64>(0)?)?))
        .collect()
}

async fn in_recovery(client: &Client) -> Result<bool> {
    Ok(
        bounded(client.query_typed_one("SELECT pg_is_in_recovery()", &[]))
            .await?
            .try_get(0)?,
    )
}

async fn show(client: &Client, statement: &str) -> Result<String> {
    Ok(bounded(client.query_typed_one(statement, &[]))
        .await?
        .try_get(0)?)
}

async fn bounded<T>(
    statement: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T> {
    match tokio::time::timeout(STATEMENT, statement).await {
        Ok(answer) => Ok(answer?),
        Err(_) => bail!("a statement had no answer within {} s", STATEMENT.as_secs()),
    }
}

/// The name of the one leader.
fn leader(cluster: &Cluster) -> Result<&str> {
    let mut leaders = cluster
        .members
        .iter()
        .filter(|member| member.role == "leader");
    match (leaders.next(), leaders.next()) {
        (Some(leader), None) => Ok(&leader.name),
        (None, _) => bail!("there is no leader"),
        (Some(one), Some(other)) => bail!("both {} and {} are leaders", one.name, other.name),
    }
}

/// The name of a member that does not lead: the synchronous standby if there is one, since commits wait for it.
fn follower(cluster: &Cluster) -> Option<&str> {
    let followers = || {
        cluster
            .members
            .iter()
            .filter(|member| member.role != "leader")
    };
    followers()
        .find(|member| member.role == "sync_standby")
        .or_else(|| followers().next())
        .map(|member| member.name.as_str())
}

/// Whether one of `names` leads, all others stream from it and, where asked for, one of them does so synchronously.
fn whole(cluster: &Cluster, names: &[&str], synchronous: bool) -> Result<()> {
    let leader = leader(cluster)?;
    let members: BTreeMap<&str, &ClusterMember> = cluster
        .members
        .iter()
        .map(|member| (member.name.as_str(), member))
        .collect();
    for name in names {
        let member = members
            .get(name)
            .with_context(|| format!("{name} is not in the cluster"))?;
        let expected = if *name == leader {
            "running"
        } else {
            "streaming"
        };
        ensure!(
            member.state == expected,
            "{name} ({}) is {}, not {expected}",
            member.role,
            member.state
        );
    }
    ensure!(
        !synchronous
            || cluster
                .members
                .iter()
                .any(|member| member.role == "sync_standby"),
        "no standby is synchronous"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Patroni 3.2 answers, shortened.
    const ANSWER: &str = r#"{"members": [
        {"name": "pg-1", "role": "sync_standby", "state": "streaming", "api_url": "http://10.0.1.10:8008/patroni", "timeline": 1, "lag": 0},
        {"name": "pg-2", "role": "leader", "state": "running", "timeline": 1},
        {"name": "pg-3", "role": "replica", "state": "streaming", "timeline": 1, "lag": 0}], "scope": "lurus-pg"}"#;

    const NAMES: [&str; 3] = ["pg-1", "pg-2", "pg-3"];

    fn shortfall(answer: &str, synchronous: bool) -> String {
        let cluster = serde_json::from_str(answer).unwrap();
        whole(&cluster, &NAMES, synchronous)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn a_whole_cluster_has_one_leader_that_all_stream_from() {
        assert_eq!(shortfall(ANSWER, true), "");
        assert_eq!(
            leader(&serde_json::from_str(ANSWER).unwrap()).unwrap(),
            "pg-2"
        );
    }

    #[test]
    fn a_connection_string_is_led_to_whom_it_names() {
        let member = |text: &str| serde_json::from_str::<AddressedMember>(text).unwrap();
        let pool = member(r#"{"service": "pool-1", "address": "10.0.1.5:16432"}"#);
        let given = |host: &str| -> Config {
            let dsn = format!("postgresql://app:hunter2@{host}/orders?sslmode=disable");
            dsn.parse().unwrap()
        };
        for (host, leads) in [
            ("pool-1:6432", true),
            ("10.0.1.5:16432", true),
            ("10.0.1.5:5000", false),
            ("haproxy-1:6432", false),
        ] {
            assert_eq!(leads_to(&given(host), &pool), leads, "{host}");
        }
        let led = toward(&given("pool-1:6432"), pool.address);
        assert_eq!(led.get_hosts(), [Host::Tcp("10.0.1.5".to_owned())]);
        assert_eq!(led.get_ports(), [16432]);
        assert_eq!(led.get_password(), Some(b"hunter2".as_slice()));
    }

    #[test]
    fn the_follower_that_commits_wait_for_is_found() {
        let found =
            |answer: &str| follower(&serde_json::from_str(answer).unwrap()).map(str::to_owned);
        assert_eq!(found(ANSWER).as_deref(), Some("pg-1"));
        let none = ANSWER.replace("sync_standby", "replica");
        assert_eq!(found(&none).as_deref(), Some("pg-1"));
        assert_eq!(found(r#"{"members": []}"#), None);
    }

    #[test]
    fn each_shortfall_is_named() {
        let creating = ANSWER.replace(
            r#""replica", "state": "streaming""#,
            r#""replica", "state": "creating replica""#,
        );
        assert_eq!(
            shortfall(&creating, true),
            "pg-3 (replica) is creating replica, not streaming"
        );
        assert_eq!(
            shortfall(&ANSWER.replace("sync_standby", "replica"), true),
            "no standby is synchronous"
        );
        assert_eq!(
            shortfall(&ANSWER.replace("sync_standby", "replica"), false),
            ""
        );
        assert_eq!(
            shortfall(&ANSWER.replace("leader", "replica"), true),
            "there is no leader"
        );
        assert_eq!(
            shortfall(&ANSWER.replace("sync_standby", "leader"), true),
            "both pg-1 and pg-2 are leaders"
        );
        assert_eq!(
            shortfall(&ANSWER.replace("pg-3", "pg-4"), true),
            "pg-3 is not in the cluster"
        );
    }
}
