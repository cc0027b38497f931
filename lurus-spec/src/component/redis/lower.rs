//! Members and the task that forms the cluster.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::component::redis::{
    AppendSync, BUFFERS, BUS, CLIENT, CLIENTS, Eviction, RedisCluster, layout, server,
};
use crate::component::{Lowering, TASK_MEMORY};
use crate::literal::{Duration, EnvName, Size};
use crate::plan::checked;
use crate::plan::{
    Body, ConfigDir, ConfigFile, Contract, Cost, Health, Kind, Resources, Stop, Symbol, Text,
    Volume, Workload,
};
use crate::template;
use crate::words::Words;
use crate::yaml::{Node, map, seq};

/// What `redis.conf.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Configuration {
    /// The addresses to listen on, separated by spaces.
    bind: String,
    ip: String,
    client_port: String,
    bus_port: String,
    clients: u32,
    /// In milliseconds.
    node_timeout: u64,
    /// In bytes, as all sizes here.
    max_memory: u64,
    policy: String,
    append_sync: String,
    backlog: u64,
    replica_buffer: u64,
    replica_buffer_soft: u64,
}

/// What `form.sh.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Task {
    /// In seconds.
    pub(super) patience: u64,
    pub(super) shards: Vec<Shard>,
}

/// One shard of the task.
#[derive(Debug, Serialize)]
pub(super) struct Shard {
    /// `0-5460`
    pub(super) slots: String,
    /// `address:port` of each copy, the master's first.
    pub(super) members: Vec<String>,
}

#[cfg(test)]
impl Configuration {
    /// What the template is checked against.
    pub(super) fn example() -> Self {
        configuration(&RedisCluster::new("redis"), Symbol::OwnBind.token())
    }
}

/// Hash slots of every Redis Cluster.
const SLOTS: usize = 16_384;

/// User and group of the servers: the image's own user, so that a fresh volume is theirs.
const USER: &str = "999:999";

/// The log is written to the end, and replicas that lag are waited for (`shutdown-timeout`, 10 s unless set).
const NEEDED_TO_STOP: Duration = Duration::secs(10);

pub(super) fn lower(redis: &RedisCluster, lowering: &Lowering<'_>) -> Vec<Workload> {
    let mut workloads = vec![members(redis, lowering), form(redis, lowering)];
    if lowering.site.monitored {
        workloads.push(server::exporter(&redis.meta, &redis.exporter(), lowering));
    }
    workloads
}

fn members(redis: &RedisCluster, lowering: &Lowering<'_>) -> Workload {
    let meta = &redis.meta;
    let name = &meta.name.value;
    let password = Symbol::Secret(meta.secret("password"));
    let (memory, memory_origin) = redis.memory_limit();
    Workload {
        user: Some(USER.to_owned()),
        command: ["sh", "/etc/redis/start.sh"].map(Text::from).to_vec(),
        env: BTreeMap::from([
            (
                checked::<EnvName>("REDIS_PASSWORD"),
                password.clone().into(),
            ),
            // The health check and an operator's redis-cli in the container read it.
            (checked("REDISCLI_AUTH"), password.into()),
        ]),
        config: vec![ConfigDir {
            mount: checked("/etc/redis"),
            files: vec![
                ConfigFile::new(
                    "redis.conf",
                    Body::Lines(
                        template::render(
                            "redis.conf",
                            include_str!("redis.conf.hbs"),
                            &configuration(redis, bind(lowering)),
                        )
                        .into(),
                    ),
                    restart(),
                ),
                ConfigFile::new(
                    "start.sh",
                    Body::Lines(include_str!("start.sh").into()),
                    restart(),
                ),
            ],
        }],
        volumes: vec![Volume {
            name: "data",
            mount: checked("/data"),
            // The log of writes, and the new one while it is rewritten.
            size: redis.data_memory().saturating_mul(3),
        }],
        health: Some(Health {
            command: vec![
                "redis-cli".into(),
                "-e".into(),
                "-p".into(),
                Symbol::OwnPort(CLIENT.into()).into(),
                "ping".into(),
            ],
            interval: Duration::secs(5),
            timeout: Duration::secs(3),
            retries: 3,
            start_period: Duration::secs(60),
        }),
        stop: Stop {
            signal: None,
            grace: Duration::secs(60),
            needed: NEEDED_TO_STOP,
        },
        // Members know each other by address, and remember it.
        stable_address: true,
        published: vec![CLIENT.into()],
        ..lowering.workload(
            meta,
            name,
            Words::new("member of a Redis Cluster", "Redis Cluster 成员"),
            Resources {
                // Redis keeps 32 files for itself.
                open_files: CLIENTS + 240,
                ..Resources::memory(memory, memory_origin.clone())
            },
        )
    }
}

/// Redis reads its file when it starts only.
fn restart() -> Cost {
    Cost::Procedure(Words::new(
        "one member of a shard at a time, and none while it is a master: CLUSTER FAILOVER on its replica before, and on itself after",
        "每个分片一次一个成员，成员为主节点时不得变更：变更前在其从节点上执行 CLUSTER FAILOVER，变更后在其自身执行",
    ))
}

/// Where a member listens: on the address by which its peers know it, if it has that itself, and on the loopback address
/// for what is run beside it.
fn bind(lowering: &Lowering<'_>) -> String {
    if lowering.listens_on_own_ip() {
        format!("{} 127.0.0.1", Symbol::OwnIp)
    } else {
        Symbol::OwnBind.token()
    }
}

fn configuration(redis: &RedisCluster, bind: String) -> Configuration {
    Configuration {
        bind,
        ip: Symbol::OwnIp.token(),
        client_port: Symbol::OwnPort(CLIENT.into()).token(),
        bus_port: Symbol::OwnPort(BUS.into()).token(),
        clients: CLIENTS,
        node_timeout: redis.silence().as_millis(),
        max_memory: redis.data_memory().bytes(),
        policy: redis
            .policy
            .as_ref()
            .map_or(Eviction::NoEviction, |set| set.value)
            .to_string(),
        append_sync: redis
            .append_sync
            .as_ref()
            .map_or(AppendSync::EverySecond, |set| set.value)
            .to_string(),
        backlog: Size::mib(16).bytes(),
        replica_buffer: BUFFERS.bytes(),
        replica_buffer_soft: BUFFERS.bytes() / 2,
    }
}

fn form(redis: &RedisCluster, lowering: &Lowering<'_>) -> Workload {
    let meta = &redis.meta;
    let name = redis.task();
    let task = Task {
        patience: 120,
        shards: shards(redis, lowering),
    };
    Workload {
        kind: Kind::Task {
            after: vec![meta.name.value.clone()],
        },
        user: Some(USER.to_owned()),
        command: ["sh", "/etc/redis/form.sh"].map(Text::from).to_vec(),
        env: BTreeMap::from([(
            checked("REDISCLI_AUTH"),
            Symbol::Secret(meta.secret("password")).into(),
        )]),
        config: vec![ConfigDir {
            mount: checked("/etc/redis"),
            files: vec![ConfigFile::new(
                "form.sh",
                Body::Lines(template::render("form.sh", include_str!("form.sh.hbs"), &task).into()),
                Cost::Restart,
            )],
        }],
        stop: Stop {
            signal: None,
            grace: Duration::secs(10),
            needed: Duration::secs(1),
        },
        init: true,
        // The image declares a volume there, of which each run would leave one behind.
        scratch: vec![checked("/data")],
        ..lowering.workload(
            meta,
            &name,
            Words::new(
                "forms the Redis Cluster, and may be run again",
                "组建 Redis Cluster，可重复运行",
            ),
            Resources::memory(TASK_MEMORY, meta.name.origin.clone()),
        )
    }
}

/// Shards in order, with equal shares of the slots as `redis-cli --cluster create` deals them.
fn shards(redis: &RedisCluster, lowering: &Lowering<'_>) -> Vec<Shard> {
    let mut members: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let peers = lowering.peers(&redis.meta.name.value, CLIENT);
    for (copy, peer) in layout(redis.wish(), &lowering.site).iter().zip(&peers) {
        members
            .entry(copy.shard)
            .or_default()
            .push(peer.to_string());
    }
    let count = members.len();
    let first_slot = |shard: usize| (shard * SLOTS + count / 2) / count;
    members
        .into_values()
        .enumerate()
        .map(|(shard, members)| Shard {
            slots: format!("{}-{}", first_slot(shard), first_slot(shard + 1) - 1),
            members,
        })
        .collect()
}

pub(super) fn contracts(redis: &RedisCluster, lowering: &Lowering<'_>) -> Vec<Contract> {
    let name = &redis.meta.name.value;
    let members = lowering.members(name).iter().map(|member| {
        map([
            ("service", Node::str(member.name.as_str())),
            (
                "address",
                Node::str(Symbol::Outside(member.name.clone(), CLIENT.into()).token()),
            ),
        ])
    });
    vec![Contract {
        component: name.clone(),
        protocol: "redis_cluster",
        entry: map([
            ("component", Node::str(name.as_str())),
            ("members", seq(members)),
            ("replicas", Node::Int(i64::from(redis.wish().replicas))),
            (
                "password_env",
                Node::str(Symbol::Secret(redis.meta.secret("password")).token()),
            ),
        ]),
    }]
}
