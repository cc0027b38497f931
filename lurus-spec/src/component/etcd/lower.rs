//! Members with all of their settings in flags: etcd reloads nothing.

use crate::component::Lowering;
use crate::component::etcd::{CLIENT, Etcd, METRICS, PEER};
use crate::literal::Duration;
use crate::plan::{
    Ask, Contract, Health, Probe, Resources, Stop, Symbol, Text, Volume, Workload, checked,
};
use crate::words::Words;
use crate::yaml::{Node, map, seq};

/// What a member without data does: it forms the cluster together with the others.
const NEW: &str = "new";

/// What a member without data does instead when it joins a cluster that is there.
pub(super) const EXISTING: &str = "existing";

pub(super) fn lower(etcd: &Etcd, lowering: &Lowering<'_>) -> Vec<Workload> {
    let name = &etcd.meta.name.value;
    vec![Workload {
        // The image has no other user, and a fresh volume is root's; without capabilities that is no more than any.
        command: command(etcd, lowering, NEW),
        volumes: vec![Volume {
            name: "data",
            mount: checked("/var/lib/etcd"),
            size: etcd.quota_size(),
        }],
        // The image has no shell.
        health: Some(Health {
            command: [
                "etcdctl".to_owned(),
                format!("--endpoints={}", url(&Symbol::OwnAddress, CLIENT)),
                "--command-timeout=4s".to_owned(),
                "endpoint".to_owned(),
                "health".to_owned(),
            ]
            .map(Text::from)
            .to_vec(),
            interval: Duration::secs(5),
            timeout: Duration::secs(5),
            retries: 3,
            start_period: Duration::secs(30),
        }),
        // Asked so, a member answers from what it has itself: one that waits for the others is not stuck.
        live: Some(Probe {
            port: METRICS.into(),
            asks: Ask::Http("/health?serializable=true".to_owned()),
        }),
        stop: Stop {
            signal: None,
            grace: Duration::secs(30),
            needed: Duration::secs(5),
        },
        unprivileged: Some((1000, 1000)),
        ..lowering.workload(
            &etcd.meta,
            name,
            Words::new(
                "etcd, the store in which others elect their leader",
                "etcd，其他组件在其中选举主节点的存储",
            ),
            Resources {
                open_files: 16_384,
                ..Resources::memory(
                    etcd.member_memory(),
                    etcd.meta.blame(etcd.meta.memory.as_ref()),
                )
            },
        )
    }]
}

/// The command of a member.
pub(super) fn command(etcd: &Etcd, lowering: &Lowering<'_>, state: &str) -> Vec<Text> {
    let name = &etcd.meta.name.value;
    let initial: Vec<String> = lowering
        .peers(name, PEER)
        .iter()
        .map(|peer| format!("{}=http://{peer}", peer.name))
        .collect();
    let flags = [
        ("name", Symbol::OwnName.token()),
        // Below the mount: etcd makes this directory itself, and gives it the mode that it wants.
        ("data-dir", "/var/lib/etcd/data".to_owned()),
        ("listen-peer-urls", url(&Symbol::OwnBind, PEER)),
        (
            "initial-advertise-peer-urls",
            url(&Symbol::OwnAddress, PEER),
        ),
        ("listen-client-urls", url(&Symbol::OwnBind, CLIENT)),
        ("advertise-client-urls", url(&Symbol::OwnAddress, CLIENT)),
        ("listen-metrics-urls", url(&Symbol::OwnBind, METRICS)),
        ("initial-cluster", initial.join(",")),
        ("initial-cluster-state", state.to_owned()),
        // Keeps members of two clusters with equal names from joining each other.
        (
            "initial-cluster-token",
            format!("{}-{name}", lowering.site.cluster),
        ),
        (
            "heartbeat-interval",
            etcd.heartbeat_interval().as_millis().to_string(),
        ),
        ("election-timeout", etcd.election().as_millis().to_string()),
        ("auto-compaction-mode", "periodic".to_owned()),
        (
            "auto-compaction-retention",
            format!("{}s", etcd.retention().as_secs()),
        ),
        ("quota-backend-bytes", etcd.quota_size().bytes().to_string()),
    ];
    std::iter::once("etcd".into())
        .chain(
            flags
                .iter()
                .map(|(flag, value)| Text::from(format!("--{flag}={value}"))),
        )
        .collect()
}

fn url(address: &Symbol, port: &'static str) -> String {
    format!("http://{address}:{}", Symbol::OwnPort(port.into()))
}

pub(super) fn contracts(etcd: &Etcd, lowering: &Lowering<'_>) -> Vec<Contract> {
    let name = &etcd.meta.name.value;
    let members = lowering.members(name);
    let members = members.iter().map(|member| {
        let client = Symbol::Inside(member.name.clone(), CLIENT.into());
        let status = [
            "etcdctl".to_owned(),
            format!("--endpoints=http://{client}"),
            "endpoint".to_owned(),
            "status".to_owned(),
            "--write-out=json".to_owned(),
        ];
        map([
            ("service", Node::str(member.name.as_str())),
            ("status", seq(status)),
        ])
    });
    vec![Contract {
        component: name.clone(),
        protocol: "etcd",
        entry: map([
            ("component", Node::str(name.as_str())),
            ("members", seq(members)),
        ]),
    }]
}
