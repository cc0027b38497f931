//! The server with its configuration.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::component::Lowering;
use crate::component::redis::{AppendSync, Eviction, server as watch};
use crate::component::redis_single::{CLIENT, CLIENTS, Redis};
use crate::literal::Duration;
use crate::plan::{
    Body, ConfigDir, ConfigFile, Contract, Cost, Health, Resources, Stop, Symbol, Text, Volume,
    Workload, checked,
};
use crate::template;
use crate::words::Words;
use crate::yaml::{Node, map};

/// What `redis.conf.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Configuration {
    bind: String,
    port: String,
    clients: u32,
    /// In bytes.
    max_memory: u64,
    policy: String,
    append_sync: String,
}

/// User and group of the server: the image's own user, so that a fresh volume is theirs.
const USER: &str = "999:999";

/// The log is written to the end: at most what the disk has not taken of the last second.
const NEEDED_TO_STOP: Duration = Duration::secs(10);

pub(super) fn lower(redis: &Redis, lowering: &Lowering<'_>) -> Vec<Workload> {
    let meta = &redis.meta;
    let name = &meta.name.value;
    let password = Symbol::Secret(meta.secret("password"));
    let (memory, origin) = redis.memory_limit();
    let file =
        |name: &'static str, text: Text| ConfigFile::new(name, Body::Lines(text), Cost::Restart);
    let configuration = template::render(
        "redis.conf",
        include_str!("redis.conf.hbs"),
        &configuration(redis),
    );
    let server = Workload {
        user: Some(USER.to_owned()),
        command: ["sh", "/etc/redis/start.sh"].map(Text::from).to_vec(),
        env: BTreeMap::from([
            (checked("REDIS_PASSWORD"), password.clone().into()),
            // The health check and an operator's redis-cli in the container read it.
            (checked("REDISCLI_AUTH"), password.into()),
        ]),
        config: vec![ConfigDir {
            mount: checked("/etc/redis"),
            files: vec![
                file("redis.conf", configuration.into()),
                file("start.sh", include_str!("start.sh").into()),
            ],
        }],
        volumes: vec![Volume {
            name: "data",
            mount: checked("/data"),
            // The log of writes, and the new one while it is rewritten.
            size: redis.data_memory().saturating_mul(3),
        }],
        // While the log is read, the answer is an error.
        health: Some(Health::command(
            [
                "redis-cli".to_owned(),
                "-e".to_owned(),
                "-h".to_owned(),
                Symbol::OwnAddress.token(),
                "-p".to_owned(),
                Symbol::OwnPort(CLIENT.into()).token(),
                "ping".to_owned(),
            ],
            Duration::secs(60),
        )),
        stop: Stop {
            signal: None,
            grace: Duration::secs(30),
            needed: NEEDED_TO_STOP,
        },
        published: vec![CLIENT.into()],
        ..lowering.workload(
            meta,
            name,
            Words::new("a single Redis", "单机 Redis"),
            Resources {
                // Redis keeps 32 files for itself.
                open_files: CLIENTS + 240,
                ..Resources::memory(memory, origin)
            },
        )
    };
    let watched = lowering.site.monitored;
    let exporter = watched.then(|| watch::exporter(meta, &redis.exporter(), lowering));
    [server].into_iter().chain(exporter).collect()
}

pub(super) fn configuration(redis: &Redis) -> Configuration {
    Configuration {
        bind: Symbol::OwnBind.token(),
        port: Symbol::OwnPort(CLIENT.into()).token(),
        clients: CLIENTS,
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
    }
}

pub(super) fn contracts(redis: &Redis, lowering: &Lowering<'_>) -> Vec<Contract> {
    let name = &redis.meta.name.value;
    let contract = |member: &crate::plan::Member| Contract {
        component: name.clone(),
        protocol: "redis",
        entry: map([
            ("component", Node::str(name.as_str())),
            (
                "address",
                Node::str(Symbol::Outside(member.name.clone(), CLIENT.into()).token()),
            ),
            (
                "password_env",
                Node::str(Symbol::Secret(redis.meta.secret("password")).token()),
            ),
        ]),
    };
    lowering.members(name).iter().map(contract).collect()
}
