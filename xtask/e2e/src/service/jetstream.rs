//! NATS JetStream: numbered messages on one replicated stream, one lane.
//!
//! In: an entry of the contract. Out: messages published and consumed with the application's user, and the state of the stream as
//! its leader tells it. A message is acknowledged when its publish was, which a majority of the replicas then holds.

use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use async_nats::jetstream;
use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::stream::{ClusterInfo, Stream};
use async_nats::{ConnectOptions, ServerAddr};
use futures_util::StreamExt;

use super::{Alarm, Cause, Offer, Step, Victim};
use crate::contract;
use crate::env_file::EnvFile;
use crate::ledger::Answer;
use crate::patience;

pub(crate) struct JetStream {
    entry: contract::JetStream,
    password: String,
    writer: String,
}

/// A publisher that knows all servers and stays connected, as an application does.
pub(crate) struct Writer {
    entry: contract::JetStream,
    password: String,
    lane: String,
    context: Option<jetstream::Context>,
}

/// How long a connection to one server may take to be made.
const CONNECT: Duration = Duration::from_secs(2);

/// How long one acknowledgement or answer of the API may take.
const RESPONSE: Duration = Duration::from_secs(2);

/// How long to wait for the next message of a stream that holds more.
const MESSAGE: Duration = Duration::from_secs(10);

/// Between two requests for messages that nobody answered.
const RETRY: Duration = Duration::from_millis(200);

/// The lane of the exercise.
const EXERCISE: &str = "exercise";

/// How many messages the exercise publishes.
const EXERCISES: u64 = 3;

impl JetStream {
    pub(crate) fn new(
        entry: &contract::JetStream,
        secrets: &EnvFile,
        writer: &str,
    ) -> Result<Self> {
        let password = secrets.get(&entry.password_env)?.to_owned();
        Ok(Self {
            entry: entry.clone(),
            password,
            writer: writer.to_owned(),
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
        let contract::JetStream {
            component,
            stream,
            replicas,
            ..
        } = &self.entry;
        let title = format!(
            "{component}: {stream}, a stream of {replicas} replicas, is published to and consumed"
        );
        vec![(title, self.publish_and_consume().await)]
    }

    pub(crate) fn lanes(&self) -> Vec<Offer> {
        let stream = self.entry.stream.clone();
        let title = format!("{} stream {stream}", self.entry.component);
        vec![Offer {
            title,
            door: None,
            writer: super::Writer::JetStream(self.writer(&stream)),
            key: stream,
        }]
    }

    pub(crate) async fn leader(&self) -> Result<Victim> {
        let name = self
            .cluster()
            .await?
            .leader
            .context("the stream has no leader")?;
        let member = self
            .entry
            .members
            .iter()
            .find(|member| member.name() == name);
        let member =
            member.with_context(|| format!("the contract has no member of name {name}"))?;
        Ok(Victim {
            service: member.service.clone(),
            role: format!("leader of {}", self.entry.stream),
            lanes: vec![self.entry.stream.clone()],
        })
    }

    pub(crate) async fn follower(&self) -> Result<Option<Victim>> {
        let cluster = self.cluster().await?;
        let names: Vec<&str> = cluster
            .replicas
            .iter()
            .map(|peer| peer.name.as_str())
            .collect();
        let member = self
            .entry
            .members
            .iter()
            .find(|member| names.contains(&member.name()));
        Ok(member.map(|member| Victim {
            service: member.service.clone(),
            role: format!("follower of {}", self.entry.stream),
            lanes: Vec::new(),
        }))
    }

    /// A server stops that does not lead.
    pub(crate) async fn alarm(&self) -> Result<Option<Alarm>> {
        Ok(self.follower().await?.map(|victim| Alarm {
            alert: "NATSClusterSizeChanged",
            cause: Cause::Stopped(vec![victim.service]),
            builds_up: Duration::ZERO,
        }))
    }

    pub(crate) async fn whole(&self) -> Result<()> {
        whole(&self.cluster().await?, self.entry.replicas)
    }

    pub(crate) async fn read_back(&self, lane: &str) -> Result<Vec<u64>> {
        let stream = self.stream().await?;
        let config = pull::OrderedConfig {
            filter_subject: self.entry.subject.clone(),
            ..Default::default()
        };
        let mut consumer = stream
            .create_consumer(config)
            .await
            .map_err(|error| anyhow!(error))?;
        let mut found = Vec::new();
        if consumer
            .info()
            .await
            .map_err(|error| anyhow!(error))?
            .num_pending
            == 0
        {
            return Ok(found);
        }
        let mut messages = consumer.messages().await.map_err(|error| anyhow!(error))?;
        loop {
            let next = tokio::time::timeout(MESSAGE, messages.next()).await;
            let Ok(Some(message)) = next else {
                bail!(
                    "the stream holds more messages, but none came within {} s",
                    MESSAGE.as_secs()
                );
            };
            let message = message.map_err(|error| anyhow!(error))?;
            found.extend(parse(&self.lane(lane), &message.payload));
            if message.info().map_err(|error| anyhow!(error))?.pending == 0 {
                return Ok(found);
            }
        }
    }

    /// Publishes a few messages and takes them from a consumer that acknowledges each.
    async fn publish_and_consume(&self) -> Result<()> {
        let mut writer = self.writer(EXERCISE);
        for id in 1..=EXERCISES {
            writer
                .write(id)
                .await
                .with_context(|| format!("message {id} is not acknowledged"))?;
        }
        let stream = self.stream().await?;
        let configured = stream.cached_info().config.num_replicas;
        ensure!(
            configured == self.entry.replicas,
            "the stream has {configured} replicas"
        );
        let config = pull::Config {
            ack_policy: AckPolicy::Explicit,
            filter_subject: self.entry.subject.clone(),
            ..Default::default()
        };
        let consumer = stream
            .create_consumer(config)
            .await
            .map_err(|error| anyhow!(error))?;
        let mut found = Vec::new();
        // A consumer that was just created may not listen on every server yet: the server answers 503 then.
        patience::until("the messages", MESSAGE, RETRY, async || {
            let batch = consumer
                .batch()
                .max_messages(100)
                .expires(Duration::from_secs(2))
                .messages()
                .await;
            let mut batch = batch.map_err(|error| anyhow!(error))?;
            while let Some(message) = batch.next().await {
                let message = message.map_err(|error| anyhow!(error))?;
                message.ack().await.map_err(|error| anyhow!(error))?;
                found.extend(parse(&self.lane(EXERCISE), &message.payload));
            }
            ensure!(found.len() >= (1..=EXERCISES).count(), "{found:?} came");
            Ok(())
        })
        .await?;
        ensure!(
            found == (1..=EXERCISES).collect::<Vec<_>>(),
            "{EXERCISES} were published, {found:?} were consumed"
        );
        Ok(())
    }

    async fn cluster(&self) -> Result<ClusterInfo> {
        self.stream()
            .await?
            .cached_info()
            .cluster
            .clone()
            .context("the stream is not clustered")
    }

    async fn stream(&self) -> Result<Stream> {
        let context = connect(&self.entry, &self.password).await?;
        let stream = context.get_stream(&self.entry.stream).await;
        stream.with_context(|| format!("stream {} cannot be found", self.entry.stream))
    }

    /// What its messages call a lane.
    fn lane(&self, key: &str) -> String {
        format!("{} {key}", self.writer)
    }

    fn writer(&self, lane: &str) -> Writer {
        Writer {
            entry: self.entry.clone(),
            password: self.password.clone(),
            lane: self.lane(lane),
            context: None,
        }
    }
}

impl Writer {
    pub(crate) async fn write(&mut self, id: u64) -> Result<Answer> {
        let context = match &mut self.context {
            Some(context) => context,
            none => none.insert(connect(&self.entry, &self.password).await?),
        };
        let payload = format!("{} {id}", self.lane);
        let promise = context
            .publish(self.entry.subject.clone(), payload.into())
            .await?;
        let ack = promise.await?;
        ensure!(!ack.duplicate, "message {id} was taken for a repetition");
        Ok(Answer::Acknowledged)
    }
}

/// Connects to whichever server answers, and to no server but those of the contract.
async fn connect(entry: &contract::JetStream, password: &str) -> Result<jetstream::Context> {
    let servers: Result<Vec<ServerAddr>, _> = entry
        .members
        .iter()
        .map(|member| format!("nats://{}", member.address).parse())
        .collect();
    let client = ConnectOptions::with_user_and_password(entry.user.clone(), password.to_owned())
        .name("lurus-e2e")
        .ignore_discovered_servers()
        .connection_timeout(CONNECT)
        // A server that vanished without closing its connections is noticed by its silence.
        .ping_interval(Duration::from_secs(2))
        .connect(servers?)
        .await?;
    Ok(jetstream::ContextBuilder::new()
        .timeout(RESPONSE)
        .build(client))
}

/// The number in a payload of this lane.
fn parse(lane: &str, payload: &[u8]) -> Option<u64> {
    std::str::from_utf8(payload)
        .ok()?
        .strip_prefix(lane)?
        .strip_prefix(' ')?
        .parse()
        .ok()
}

/// Whether the stream has a leader and all its followers are current.
fn whole(cluster: &ClusterInfo, replicas: usize) -> Result<()> {
    ensure!(cluster.leader.is_some(), "the stream has no leader");
    let known = cluster.replicas.len() + 1;
    ensure!(
        known == replicas,
        "{known} of {replicas} replicas are known"
    );
    for peer in &cluster.replicas {
        ensure!(!peer.offline, "{} is offline", peer.name);
        ensure!(peer.current, "{} is not current", peer.name);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shortfall(text: &str) -> String {
        let cluster: ClusterInfo = serde_json::from_str(text).unwrap();
        whole(&cluster, 3)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn a_whole_stream_has_a_leader_and_current_followers() {
        let text = r#"{"name": "lurus-nats", "leader": "nats-2", "replicas": [
            {"name": "nats-1", "current": true, "active": 170000000}, {"name": "nats-3", "current": true, "active": 1}]}"#;
        assert_eq!(shortfall(text), "");
        assert_eq!(
            shortfall(&text.replacen("true", "false", 1)),
            "nats-1 is not current"
        );
        assert_eq!(
            shortfall(&text.replace(r#""active": 1}"#, r#""active": 1, "offline": true}"#)),
            "nats-3 is offline"
        );
        assert_eq!(
            shortfall(&text.replace(r#""leader": "nats-2","#, "")),
            "the stream has no leader"
        );
        assert_eq!(
            shortfall(r#"{"leader": "nats-2", "replicas": []}"#),
            "1 of 3 replicas are known"
        );
    }

    #[test]
    fn only_payloads_of_the_lane_are_numbers() {
        assert_eq!(parse("ORDERS", b"ORDERS 17"), Some(17));
        for other in [&b"exercise 1"[..], b"ORDERS17", b"ORDERS x", b"\xff"] {
            assert_eq!(parse("ORDERS", other), None);
        }
    }
}
