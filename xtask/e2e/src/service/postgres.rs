//! PostgreSQL behind balancers: numbered rows, one lane an address that applications connect to. That is a pool of
//! connections where there is one, and else what leads to the primary.
//!
//! In: an entry of the contract, and the connection strings of applications. Out: rows written and read with the
//! application's role, and the state of replication as Patroni tells it, or as each member does. A row is acknowledged when
//! its commit was: in synchronous mode always, otherwise while nobody is killed.

mod migration;
mod replication;
mod way;

use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Config, NoTls};

use self::replication::{Cluster, ClusterMember, follower, leader, whole};
use self::way::{named, toward};
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
        if !self.pool.is_empty() {
            let title = format!(
                "{}: applications are given a DSN that leads to the pool",
                entry.component
            );
            let leads = self.given_to(&self.pool).map(drop);
            let missing = || anyhow!("no connections/*.env has one for {}", entry.database);
            steps.push((title, leads.ok_or_else(missing)));
            if let Some((given, member)) = self.given_to(&entry.write) {
                let title = format!(
                    "{}: a migration with its own DSN, through {}, keeps its session and makes the table",
                    entry.component, member.service
                );
                let config = toward(given, member.address);
                steps.push((title, migration::migrate(&config).await));
            }
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
