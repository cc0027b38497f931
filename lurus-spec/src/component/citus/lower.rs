//! Members of each group, as Patroni lowers them, and the task that finishes the database.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::component::citus::{CITUS, Citus};
use crate::component::patroni::{Patroni, Servers, Share, lower};
use crate::component::postgres::SQL;
use crate::component::postgres::observe as postgres;
use crate::component::{Lowering, TASK_MEMORY};
use crate::literal::{Duration, Name};
use crate::plan::{
    Body, ConfigDir, ConfigFile, Cost, Kind, Resources, Stop, Symbol, Text, Workload, checked,
};
use crate::template;
use crate::words::Words;

/// What `finish.sh.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Finish {
    /// How often it tries, two seconds apart.
    pub(super) tries: u32,
    pub(super) role: String,
    pub(super) database: String,
    /// The members of each group, as `address:port,…`.
    pub(super) groups: Vec<String>,
    /// Those of the first.
    pub(super) coordinator: String,
    /// What lets whoever pools connections look up passwords; none where nobody does.
    pub(super) pooling: Option<String>,
}

/// As long as a first start may take: an election, and a copy for each replica.
const TRIES: u32 = 150;

pub(super) fn lower(citus: &Citus, lowering: &Lowering<'_>) -> Vec<Workload> {
    let patroni = citus.patroni();
    let nodes = citus.nodes();
    let mut workloads = Vec::new();
    for number in citus.numbers() {
        let group = citus.group(number);
        let summary = match number {
            0 => Words::new(
                "Citus coordinator under Patroni",
                "由 Patroni 管理的 Citus 协调节点",
            ),
            _ => Words::new(
                format!("Citus worker group {number} under Patroni"),
                format!("由 Patroni 管理的 Citus 工作组 {number}"),
            ),
        };
        let servers = servers(citus, &patroni, &group, number, &nodes);
        workloads.push(lower::members(&servers, summary, lowering));
    }
    workloads.push(finish(citus, &patroni, &nodes, lowering));
    if lowering.site.monitored {
        workloads.extend(citus.numbers().map(|number| {
            let (group, exporter) = (citus.group(number), citus.exporter(number));
            postgres::exporter(&citus.meta, &group, &exporter, lowering)
        }));
    }
    workloads
}

fn servers<'a>(
    citus: &'a Citus,
    patroni: &'a Patroni,
    group: &'a Name,
    number: u32,
    nodes: &'a [Name],
) -> Servers<'a> {
    let database = citus.databases.first().map(|database| &database.value);
    Servers {
        patroni,
        group,
        base: &CITUS,
        share: Some(Share {
            number,
            database: database.expect("a checked component has one database"),
            nodes,
        }),
    }
}

fn finish(citus: &Citus, patroni: &Patroni, nodes: &[Name], lowering: &Lowering<'_>) -> Workload {
    let meta = &citus.meta;
    let coordinator = citus.group(0);
    let servers = servers(citus, patroni, &coordinator, 0, nodes);
    let contents = patroni.contents();
    let addresses = |number| {
        let peers = lowering.peers(&citus.group(number), SQL);
        let addresses: Vec<String> = peers.iter().map(ToString::to_string).collect();
        addresses.join(",")
    };
    let script = Finish {
        tries: TRIES,
        role: contents.role(),
        database: contents.databases().concat(),
        groups: citus.numbers().map(addresses).collect(),
        coordinator: addresses(0),
        pooling: contents.lookups(lowering).into_iter().next(),
    };
    let secret = |variable, suffix| {
        let secret = Symbol::Secret(meta.secret(suffix));
        (checked(variable), Text::from(secret))
    };
    Workload {
        kind: Kind::Task {
            after: citus.numbers().map(|number| citus.group(number)).collect(),
        },
        build: lower::build(&servers, &lowering.site),
        user: Some("postgres".to_owned()),
        command: ["sh", "/etc/citus/finish.sh"].map(Text::from).to_vec(),
        env: BTreeMap::from([
            secret("PGPASSWORD", "superuser-password"),
            secret("ROLE_APP_PASSWORD", "app-password"),
        ]),
        config: vec![ConfigDir {
            mount: checked("/etc/citus"),
            files: vec![ConfigFile::new(
                "finish.sh",
                Body::Lines(
                    template::render("finish.sh", include_str!("finish.sh.hbs"), &script).into(),
                ),
                Cost::Restart,
            )],
        }],
        stop: Stop {
            signal: None,
            grace: Duration::secs(10),
            needed: Duration::secs(1),
        },
        init: true,
        unprivileged: Some((999, 999)),
        // The image declares a volume there, of which each run would leave one behind.
        scratch: vec![checked("/tmp"), checked("/var/lib/postgresql/data")],
        ..lowering.workload(
            meta,
            &citus.task(),
            Words::new(
                "finishes the database that Patroni made, and may be run again",
                "补全 Patroni 创建的数据库，可重复运行",
            ),
            Resources::memory(TASK_MEMORY, meta.name.origin.clone()),
        )
    }
}
