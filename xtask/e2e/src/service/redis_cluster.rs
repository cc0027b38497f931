//! Redis Cluster: numbered keys, one lane a shard, since the loss of a master stops one shard only.
//!
//! In: an entry of the contract. Out: keys written and read with a cluster client, and the state of the cluster as each node
//! tells it. A key is acknowledged when a replica has confirmed it.
//!
//! `WAIT` speaks of the writes of its own connection, and the cluster client on its own would send it to every master. So `SET` and
//! `WAIT` go out as one pipeline, routed by the slot of the key: the client writes a pipeline to one connection in one piece, and
//! on a redirection or a broken connection repeats it as a whole.

mod view;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use redis::aio::MultiplexedConnection;
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{Route, SingleNodeRoutingInfo, SlotAddr};
use redis::{
    AsyncConnectionConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo,
    Value,
};

use self::view::{Node, SLOTS, View, parse_nodes, whole};
use super::{Alarm, Cause, Offer, Step, Victim};
use crate::contract;
use crate::env_file::EnvFile;
use crate::ledger::Answer;
use crate::patience;

pub(crate) struct RedisCluster {
    entry: contract::RedisCluster,
    password: String,
    writer: String,
}

/// One shard, written to through a cluster client of its own.
pub(crate) struct Writer {
    client: ClusterClient,
    connection: Option<ClusterConnection>,
    writer: String,
    tag: String,
}

/// How long a connection to one node may take to be made.
const CONNECT: Duration = Duration::from_secs(1);

/// How long one answer of a node may take, the wait for a replica included.
const RESPONSE: Duration = Duration::from_secs(1);

/// How long the cluster client may try, redirections and reconnections included.
const OVERALL: Duration = Duration::from_secs(2);

/// How long a master may wait for a replica's confirmation, in milliseconds.
const CONFIRMATION: u32 = 500;

/// How long a replica may take to become a master in order.
const GIVE_BACK: Duration = Duration::from_secs(15);

/// How many keys are read back at once.
const BATCH: u64 = 500;

impl RedisCluster {
    pub(crate) fn new(
        entry: &contract::RedisCluster,
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
        let title = format!(
            "{}: a cluster client sets and gets in every shard",
            self.entry.component
        );
        let outcome = self.set_and_get().await;
        vec![(title, outcome)]
    }

    pub(crate) async fn lanes(&self) -> Result<Vec<Offer>> {
        let mut offers = Vec::new();
        for node in self.masters().await? {
            let (first, last) = node.slots[0];
            let tag = tag(first, last)?;
            offers.push(Offer {
                title: format!("{} slots {first}-{last}", self.entry.component),
                door: None,
                writer: super::Writer::RedisCluster(Writer {
                    client: self.client()?,
                    connection: None,
                    writer: self.writer.clone(),
                    tag: tag.clone(),
                }),
                key: tag,
            });
        }
        Ok(offers)
    }

    pub(crate) async fn leader(&self) -> Result<Victim> {
        let masters = self.masters().await?;
        let master = masters.first().context("no master holds slots")?;
        let member = self
            .entry
            .members
            .iter()
            .find(|member| member.address.socket() == master.address);
        let member =
            member.with_context(|| format!("the contract has no member at {}", master.address))?;
        let (first, last) = master.slots[0];
        Ok(Victim {
            service: member.service.clone(),
            role: format!("master of {}", self.entry.component),
            lanes: vec![tag(first, last)?],
        })
    }

    pub(crate) async fn follower(&self) -> Result<Option<Victim>> {
        let masters = self.masters().await?;
        let leads = |address| masters.iter().any(|master| master.address == address);
        let member = self
            .entry
            .members
            .iter()
            .find(|member| !leads(member.address.socket()));
        Ok(member.map(|member| Victim {
            service: member.service.clone(),
            role: format!("replica of {}", self.entry.component),
            lanes: Vec::new(),
        }))
    }

    /// Most masters stop at once, so that nobody may take their place: a cluster that only lost a shard serves the others.
    pub(crate) async fn alarm(&self) -> Result<Option<Alarm>> {
        let masters = self.masters().await?;
        let most = masters.len() / 2 + 1;
        let services = masters.iter().take(most).filter_map(|node| {
            let mut members = self.entry.members.iter();
            let member = members.find(|member| member.address.socket() == node.address)?;
            Some(member.service.clone())
        });
        Ok(Some(Alarm {
            alert: "RedisClusterDown",
            cause: Cause::Stopped(services.collect()),
            builds_up: Duration::ZERO,
        }))
    }

    /// The addresses of the masters, in the order of their slots.
    pub(crate) async fn masters_at(&self) -> Result<Vec<SocketAddr>> {
        let masters = self.masters().await?.into_iter();
        Ok(masters.map(|node| node.address).collect())
    }

    /// A replica elsewhere for each master at one of these addresses.
    pub(crate) async fn heirs(&self, host: &[IpAddr]) -> Result<Vec<SocketAddr>> {
        let nodes = self.nodes().await?;
        let led = nodes
            .iter()
            .filter(|node| node.master && host.contains(&node.address.ip()));
        let heirs = led.map(|master| {
            let mut heirs = nodes.iter().filter(|node| {
                node.follows.as_ref() == Some(&master.id) && !host.contains(&node.address.ip())
            });
            let heir = heirs.next().map(|heir| heir.address);
            heir.with_context(|| format!("{} has no replica on another host", master.address))
        });
        heirs.collect()
    }

    /// Makes masters again of those at these addresses that follow now: what a person does after a failure, because masters that
    /// gathered on one host would be lost together.
    pub(crate) async fn give_back(&self, masters: &[SocketAddr]) -> Result<()> {
        for address in masters {
            let now = self.masters_at().await?;
            let member = self.entry.members.iter();
            let mut member = member.filter(|member| member.address.socket() == *address);
            if let Some(member) = member.next()
                && !now.contains(address)
            {
                let mut node = self.node(member).await?;
                let _: String = ask(&mut node, &["CLUSTER", "FAILOVER"]).await?;
            }
        }
        let what = "the masters are where they were";
        patience::until(what, GIVE_BACK, Duration::from_millis(200), async || {
            let now = self.masters_at().await?;
            let missing = masters.iter().filter(|address| !now.contains(address));
            ensure!(missing.count() == 0, "masters are at {now:?}");
            Ok(())
        })
        .await
    }

    pub(crate) async fn whole(&self) -> Result<()> {
        for member in &self.entry.members {
            let name = member.name();
            let mut node = self
                .node(member)
                .await
                .with_context(|| format!("{name} does not answer"))?;
            let info: String = ask(&mut node, &["CLUSTER", "INFO"]).await?;
            let nodes: String = ask(&mut node, &["CLUSTER", "NODES"]).await?;
            let replication: String = ask(&mut node, &["INFO", "replication"]).await?;
            let view = View {
                info: &info,
                nodes: &nodes,
                replication: &replication,
            };
            whole(&view, self.entry.members.len(), self.entry.replicas)
                .with_context(|| format!("seen from {name}"))?;
        }
        Ok(())
    }

    pub(crate) async fn read_back(&self, tag: &str, last: u64) -> Result<Vec<u64>> {
        let mut connection = self.client()?.get_async_connection().await?;
        let mut found = Vec::new();
        let mut first = 1;
        while first <= last {
            let ids: Vec<u64> = (first..=last.min(first + BATCH - 1)).collect();
            let mut pipeline = redis::pipe();
            for id in &ids {
                pipeline.get(key(&self.writer, tag, *id));
            }
            let values: Vec<Option<u64>> = pipeline.query_async(&mut connection).await?;
            // A key with another value than its own was not written by this lane, so it does not count as found.
            found.extend(
                ids.iter()
                    .zip(values)
                    .filter(|(id, value)| *value == Some(**id))
                    .map(|(id, _)| *id),
            );
            first += BATCH;
        }
        Ok(found)
    }

    /// Sets and gets one key in each shard.
    async fn set_and_get(&self) -> Result<()> {
        let mut connection = self.client()?.get_async_connection().await?;
        for node in self.masters().await? {
            let (first, last) = node.slots[0];
            let key = format!("lurus-e2e:exercise:{{{}}}", tag(first, last)?);
            let () = redis::cmd("SET")
                .arg(&key)
                .arg("written")
                .query_async(&mut connection)
                .await?;
            let value: Option<String> = redis::cmd("GET")
                .arg(&key)
                .query_async(&mut connection)
                .await?;
            ensure!(
                value.as_deref() == Some("written"),
                "{key} reads {value:?} after it was written"
            );
        }
        Ok(())
    }

    /// The masters that hold slots, in the order of their slots.
    async fn masters(&self) -> Result<Vec<Node>> {
        let mut masters = self.nodes().await?;
        masters.retain(|node| !node.slots.is_empty());
        masters.sort_by(|one, other| one.slots.cmp(&other.slots));
        Ok(masters)
    }

    /// All nodes, as the first member that answers sees them.
    async fn nodes(&self) -> Result<Vec<Node>> {
        let mut problem = None;
        for member in &self.entry.members {
            let answer = match self.node(member).await {
                Ok(mut node) => ask::<String>(&mut node, &["CLUSTER", "NODES"]).await,
                Err(error) => Err(error),
            };
            match answer {
                Ok(text) => return parse_nodes(&text),
                Err(error) => problem = Some(error),
            }
        }
        Err(problem.unwrap_or_else(|| anyhow::anyhow!("there are no members")))
            .context("no member tells about the cluster")
    }

    fn client(&self) -> Result<ClusterClient> {
        let nodes: Result<Vec<ConnectionInfo>> = self
            .entry
            .members
            .iter()
            .map(|member| self.connection_info(member.address.socket()))
            .collect();
        let client = ClusterClient::builder(nodes?)
            .connection_timeout(CONNECT)
            .response_timeout(RESPONSE)
            .overall_response_timeout(Some(OVERALL))
            .build()?;
        Ok(client)
    }

    async fn node(&self, member: &contract::AddressedMember) -> Result<MultiplexedConnection> {
        let client = redis::Client::open(self.connection_info(member.address.socket())?)?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(RESPONSE));
        Ok(client
            .get_multiplexed_async_connection_with_config(&config)
            .await?)
    }

    fn connection_info(&self, address: SocketAddr) -> Result<ConnectionInfo> {
        let mut settings = RedisConnectionInfo::default().set_password(&self.password);
        if let Some(user) = &self.entry.user {
            settings = settings.set_username(user);
        }
        let info =
            ConnectionAddr::Tcp(address.ip().to_string(), address.port()).into_connection_info()?;
        Ok(info.set_redis_settings(settings))
    }
}

impl Writer {
    pub(crate) async fn write(&mut self, id: u64) -> Result<Answer> {
        // It is put back only after an answer: a node that vanished without closing its connections is asked again and again by a
        // client that is not connected anew.
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.client.get_async_connection().await?,
        };
        let key = key(&self.writer, &self.tag, id);
        let route = Route::with_key(&key, SlotAddr::Master);
        let mut pipeline = redis::pipe();
        pipeline.set(&key, id).cmd("WAIT").arg(1).arg(CONFIRMATION);
        let values = connection
            .route_pipeline(pipeline, 0, 2, SingleNodeRoutingInfo::SpecificNode(route))
            .await?;
        self.connection = Some(connection);
        match values.as_slice() {
            [Value::Okay, Value::Int(0)] => Ok(Answer::Unconfirmed),
            [Value::Okay, Value::Int(1..)] => Ok(Answer::Acknowledged),
            other => bail!("SET and WAIT were answered {other:?}"),
        }
    }
}

fn key(writer: &str, tag: &str, id: u64) -> String {
    format!("lurus-e2e:{writer}:{{{tag}}}:{id}")
}

/// A hash tag whose slot is in the range, so that every key of a lane is in one shard.
fn tag(first: u16, last: u16) -> Result<String> {
    let routes: Vec<Route> = (first..=last)
        .filter_map(redis::cluster_routing::Slot::new)
        .map(|slot| Route::with_slot(slot, SlotAddr::Master))
        .collect();
    (0..100 * u32::from(SLOTS))
        .map(|number| format!("shard-{number}"))
        .find(|tag| routes.contains(&Route::with_key(tag, SlotAddr::Master)))
        .with_context(|| format!("no hash tag was found for slots {first} to {last}"))
}

async fn ask<T: redis::FromRedisValue>(
    node: &mut MultiplexedConnection,
    words: &[&str],
) -> Result<T> {
    let mut command = redis::Cmd::new();
    for word in words {
        command.arg(*word);
    }
    Ok(command.query_async(node).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_lies_in_its_range() {
        for (first, last) in [(0, 5460), (5461, 10922), (10923, 16383), (42, 42)] {
            let tag = tag(first, last).unwrap();
            let route = Route::with_key(key("e2e", &tag, 7), SlotAddr::Master);
            let inside = (first..=last).any(|slot| Route::new(slot, SlotAddr::Master) == route);
            assert!(inside, "{tag} is outside of {first}-{last}");
        }
    }
}
