//! What can be written to, and what can be killed: one module a protocol, all of the same shape.
//!
//! In: entries of the contract. Out: [`Service`]s that exercise themselves, name the member whose loss hurts most, say when they
//! are whole again, and read back what was written. They must not know about bounds, nor about each other.

mod etcd;
mod https;
mod jetstream;
mod postgres;
mod redis_cluster;

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use crate::application;
use crate::compose::{Inside, Project};
use crate::contract::Clients;
use crate::env_file::EnvFile;
use crate::hosts::agent::Remote;
use crate::ledger::Answer;

/// One component under test.
pub(crate) enum Service {
    Postgres(postgres::Postgres),
    RedisCluster(redis_cluster::RedisCluster),
    JetStream(jetstream::JetStream),
    Etcd(etcd::Etcd),
    Https(https::Https),
}

/// A connection of one lane.
pub(crate) enum Writer {
    Postgres(postgres::Writer),
    RedisCluster(redis_cluster::Writer),
    JetStream(jetstream::Writer),
    Https(https::Writer),
    /// A writer on another host.
    Remote(Remote),
}

/// The time between two writes: small against the shortest bound, large enough for thousands of writes to be read back at once.
const PACE: Duration = Duration::from_millis(25);

/// A lane that a service offers.
pub(crate) struct Offer {
    /// What the service calls it; unique within the service.
    pub(crate) key: String,
    /// What a person calls it.
    pub(crate) title: String,
    /// The one address that it goes through; `None` where its client knows several and finds its way.
    pub(crate) door: Option<SocketAddr>,
    pub(crate) writer: Writer,
}

/// The member whose loss hurts most just now.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Victim {
    /// Its service in the compose file.
    pub(crate) service: String,
    /// What it is, such as `leader of pg`.
    pub(crate) role: String,
    /// The lanes that cannot be answered until another member has taken over.
    pub(crate) lanes: Vec<String>,
}

/// What happens to members while lanes are at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hazard {
    /// They are killed, with whatever only they have.
    Killed,
    /// They are stopped in order, so that they hand over what they have.
    Stopped,
}

/// An alert, and how to bring it about.
#[derive(Debug)]
pub(crate) struct Alarm {
    /// Its name.
    pub(crate) alert: &'static str,
    pub(crate) cause: Cause,
    /// How long the cause takes until the alert's condition holds.
    pub(crate) builds_up: Duration,
}

/// Something that is wrong until it is undone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// These services are killed.
    Stopped(Vec<String>),
    /// A command was run inside a service.
    Said {
        service: String,
        /// What the command does, after the name of the service.
        does: &'static str,
        command: Vec<String>,
        undo: Vec<String>,
    },
}

impl std::fmt::Display for Cause {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stopped(services) => write!(formatter, "{} stopped", services.join(" and ")),
            Self::Said { service, does, .. } => write!(formatter, "{service} {does}"),
        }
    }
}

/// One step of an exercise: what was done, and how it went.
pub(crate) type Step = (String, Result<()>);

/// Every service of the contract, in its order. `directory` is where the contract is; `writer` tells the lanes of this process from
/// those of others that write to the same cluster.
///
/// # Errors
/// When the env file lacks a password, or a file that the contract names cannot be read.
pub(crate) fn services(
    clients: &Clients,
    secrets: &EnvFile,
    directory: &Path,
    writer: &str,
) -> Result<Vec<Service>> {
    let mut services = Vec::new();
    let given = application::postgres(directory, secrets)?;
    for entry in &clients.postgres {
        let pools = clients.postgres_pool.iter();
        let pools = pools.filter(|pool| pool.to == entry.component);
        services.push(Service::Postgres(postgres::Postgres::new(
            entry,
            pools.flat_map(|pool| &pool.members).cloned(),
            &given,
            secrets,
            writer,
        )?));
    }
    for entry in &clients.redis_cluster {
        services.push(Service::RedisCluster(redis_cluster::RedisCluster::new(
            entry, secrets, writer,
        )?));
    }
    for entry in &clients.jetstream {
        services.push(Service::JetStream(jetstream::JetStream::new(
            entry, secrets, writer,
        )?));
    }
    for entry in &clients.etcd {
        services.push(Service::Etcd(etcd::Etcd::new(entry)));
    }
    for entry in &clients.https {
        services.push(Service::Https(https::Https::new(entry, directory)?));
    }
    Ok(services)
}

impl Service {
    /// The component's name in the description.
    pub(crate) fn component(&self) -> &str {
        match self {
            Self::Postgres(service) => service.component(),
            Self::RedisCluster(service) => service.component(),
            Self::JetStream(service) => service.component(),
            Self::Etcd(service) => service.component(),
            Self::Https(service) => service.component(),
        }
    }

    /// The compose services of its members.
    pub(crate) fn members(&self) -> Vec<String> {
        match self {
            Self::Postgres(service) => service.members(),
            Self::RedisCluster(service) => service.members(),
            Self::JetStream(service) => service.members(),
            Self::Etcd(service) => service.members(),
            Self::Https(service) => service.members(),
        }
    }

    /// Uses it once, as an application would.
    pub(crate) async fn exercise(&self) -> Vec<Step> {
        match self {
            Self::Postgres(service) => service.exercise().await,
            Self::RedisCluster(service) => service.exercise().await,
            Self::JetStream(service) => service.exercise().await,
            Self::Etcd(_) => Vec::new(),
            Self::Https(service) => service.exercise().await,
        }
    }

    /// Asks for a WebSocket at `at`, a name and a path, where requests from outside come in.
    pub(crate) async fn upgrades(&self, at: &str) -> Vec<Step> {
        match self {
            Self::Https(service) => service.upgrades(at).await,
            Self::Postgres(_) | Self::RedisCluster(_) | Self::JetStream(_) | Self::Etcd(_) => {
                Vec::new()
            }
        }
    }

    /// The lanes on which it can be written to.
    pub(crate) async fn lanes(&self, hazard: Hazard) -> Result<Vec<Offer>> {
        match self {
            Self::Postgres(service) => Ok(service.lanes(hazard)),
            Self::RedisCluster(service) => service.lanes().await,
            Self::JetStream(service) => Ok(service.lanes()),
            Self::Etcd(_) => Ok(Vec::new()),
            Self::Https(service) => service.lanes(),
        }
    }

    /// The member whose loss hurts most just now, where members have roles.
    pub(crate) async fn leader(&self, inside: &impl Inside) -> Result<Option<Victim>> {
        match self {
            Self::Postgres(service) => service.leader(inside).await.map(Some),
            Self::RedisCluster(service) => service.leader().await.map(Some),
            Self::JetStream(service) => service.leader().await.map(Some),
            Self::Etcd(service) => service.leader(inside).await.map(Some),
            Self::Https(_) => Ok(None),
        }
    }

    /// A member that follows the leader and answers no lane.
    pub(crate) async fn follower(&self, project: &Project) -> Result<Option<Victim>> {
        match self {
            Self::Postgres(service) => service.follower(project).await,
            Self::RedisCluster(service) => service.follower().await,
            Self::JetStream(service) => service.follower().await,
            Self::Etcd(_) | Self::Https(_) => Ok(None),
        }
    }

    /// The alert of its loss, and how to bring it about without losing what was acknowledged.
    pub(crate) async fn alarm(&self, project: &Project) -> Result<Option<Alarm>> {
        match self {
            Self::Postgres(service) => service.alarm(project).await,
            Self::RedisCluster(service) => service.alarm().await,
            Self::JetStream(service) => service.alarm().await,
            Self::Etcd(_) => Ok(None),
            Self::Https(service) => Ok(service.alarm(project.layout())),
        }
    }

    /// Whether every member is back in its place and up to date; if not, what is missing.
    pub(crate) async fn whole(&self, inside: &impl Inside) -> Result<()> {
        match self {
            Self::Postgres(service) => service.whole(inside).await,
            Self::RedisCluster(service) => service.whole().await,
            Self::JetStream(service) => service.whole().await,
            Self::Etcd(service) => service.whole(inside).await,
            // Whoever holds no state is whole when it is healthy.
            Self::Https(_) => Ok(()),
        }
    }

    /// The numbers that lane `key` finds, where 1 to `last` were tried.
    pub(crate) async fn read_back(&self, key: &str, last: u64) -> Result<Vec<u64>> {
        match self {
            Self::Postgres(service) => service.read_back(key).await,
            Self::RedisCluster(service) => service.read_back(key, last).await,
            Self::JetStream(service) => service.read_back(key).await,
            Self::Etcd(_) | Self::Https(_) => Ok(Vec::new()),
        }
    }

    /// Where roles are that a person gives back after a failure, so that the next one is survived as well.
    pub(crate) async fn roles(&self) -> Result<Vec<SocketAddr>> {
        match self {
            Self::RedisCluster(service) => service.masters_at().await,
            Self::Postgres(_) | Self::JetStream(_) | Self::Etcd(_) | Self::Https(_) => {
                Ok(Vec::new())
            }
        }
    }

    /// Who is to take over, one for each such role at one of these addresses.
    pub(crate) async fn heirs(&self, host: &[IpAddr]) -> Result<Vec<SocketAddr>> {
        match self {
            Self::RedisCluster(service) => service.heirs(host).await,
            Self::Postgres(_) | Self::JetStream(_) | Self::Etcd(_) | Self::Https(_) => {
                bail!(
                    "{} has roles that are not given away by address",
                    self.component()
                )
            }
        }
    }

    /// Gives such roles back to where they were.
    pub(crate) async fn give_back(&self, roles: &[SocketAddr]) -> Result<()> {
        match self {
            Self::RedisCluster(service) => service.give_back(roles).await,
            Self::Postgres(_) | Self::JetStream(_) | Self::Etcd(_) | Self::Https(_) => Ok(()),
        }
    }

    /// Whether what was written to it can be read back.
    pub(crate) fn keeps(&self) -> bool {
        match self {
            Self::Postgres(_) | Self::RedisCluster(_) | Self::JetStream(_) => true,
            Self::Etcd(_) | Self::Https(_) => false,
        }
    }
}

impl Writer {
    /// Writes number `id` once.
    ///
    /// # Errors
    /// When it is not known whether the service took it. Whoever drops the future instead of waiting for it knows no more; the next
    /// write connects anew where that is needed.
    pub(crate) async fn write(&mut self, id: u64) -> Result<Answer> {
        match self {
            Self::Postgres(writer) => writer.write(id).await,
            Self::RedisCluster(writer) => writer.write(id).await,
            Self::JetStream(writer) => writer.write(id).await,
            Self::Https(writer) => writer.write().await,
            Self::Remote(writer) => writer.write(id).await,
        }
    }

    /// The time between two writes.
    pub(crate) fn pace(&self) -> Duration {
        match self {
            Self::Postgres(_) | Self::RedisCluster(_) | Self::JetStream(_) => PACE,
            Self::Https(_) => https::Writer::PACE,
            Self::Remote(writer) => writer.pace(),
        }
    }
}
