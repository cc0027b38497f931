//! ClickHouse: the store of logs, on one host.
//!
//! One server keeps one table, from which lines older than the retention are deleted. Three users reach it: one that
//! writes, one that reads, and one that creates the table and is for operators. Servers on several hosts would know
//! nothing of each other, so there is one, and a cluster that claims to survive the loss of a host says that it can do
//! without: `Loss::of(1).hosts().except(&logs)`.

mod check;
mod lower;
mod observe;
mod operations;

#[cfg(test)]
mod tests;

use crate::check::Rule;
use crate::component::{
    Component, Declaration, Endpoint, EndpointRef, Group, Login, Lowering, Need, Part, Reach,
    SecretDeclaration, Site, Survival, Value, place, place_task,
};
use crate::literal::{Duration, Name, Port, Size};
use crate::model::{Described, Meta, Setting};
use crate::plan::{Ask, Contract, PortName, Probe, Procedure, Workload};
use crate::words::Words;

pub use check::RULES;

/// A ClickHouse server that keeps logs for a while, in the table `logs.events`.
#[derive(Component, Clone, Debug)]
#[component(kind = "clickhouse")]
pub struct ClickHouse {
    meta: Meta,
    /// How long a line is kept, in days.
    #[option(default_value = "30d", cost = "data-danger")]
    retention: Option<Setting<Duration>>,
    /// Disk that the logs may use, compressed, in bytes.
    #[option(default_value = "50GiB", cost = "data-danger")]
    disk: Option<Setting<Size>>,
    /// Port of the HTTP interface.
    #[option(default_value = "8123", cost = "recreate")]
    http_port: Option<Setting<Port>>,
    /// Port of the native protocol, which drivers speak.
    #[option(default_value = "9000", cost = "recreate")]
    native_port: Option<Setting<Port>>,
    /// Port of the metrics.
    #[option(default_value = "9363", cost = "recreate")]
    metrics_port: Option<Setting<Port>>,
}

const HTTP: &str = "http";
const NATIVE: &str = "native";
const METRICS: &str = "metrics";
const WRITER: &str = "writer";
const READER: &str = "reader";

/// The database of the table.
const DATABASE: &str = "logs";

/// Memory limit of the task: the client is the same large program as the server.
const CLIENT_MEMORY: Size = Size::mib(512);

const DAY: u64 = 24 * 60 * 60;

impl ClickHouseRef {
    /// The server, for whoever writes logs.
    pub fn writer(&self) -> EndpointRef {
        EndpointRef::new(self, WRITER)
    }

    /// The server, for whoever reads logs.
    pub fn reader(&self) -> EndpointRef {
        EndpointRef::new(self, READER)
    }

    /// The connection string of the user that writes: `clickhouse://writer:password@address/logs`. It may insert into
    /// the table and read it, and change nothing else.
    pub fn dsn(&self) -> Value {
        dsn(&self.writer())
    }

    /// The connection string of the user that reads, as [`ClickHouseRef::dsn`].
    pub fn read_dsn(&self) -> Value {
        dsn(&self.reader())
    }
}

fn dsn(endpoint: &EndpointRef) -> Value {
    Value::new([
        Part::Text("clickhouse://".to_owned()),
        Part::User(endpoint.clone()),
        Part::Text(":".to_owned()),
        Part::Password(endpoint.clone()),
        Part::Text("@".to_owned()),
        Part::Addresses(endpoint.clone()),
        Part::Text(format!("/{DATABASE}")),
    ])
}

impl ClickHouse {
    fn retention_days(&self) -> u64 {
        self.retention_or_default().value.as_secs() / DAY
    }

    fn disk_size(&self) -> Size {
        self.disk_or_default().value
    }

    /// The memory limit of a server whose author set none.
    fn server_memory(&self) -> Size {
        self.meta.memory_or(Size::gib(4))
    }

    fn task(&self) -> Name {
        self.meta.derive("schema")
    }
}

impl Component for ClickHouse {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let name = &meta.name.value;
        let port = |name: &'static str, held: Setting<Port>| {
            let (port, origin) = held.into_parts();
            (PortName::from(name), port, origin)
        };
        let ports = [
            port(HTTP, self.http_port_or_default()),
            port(NATIVE, self.native_port_or_default()),
            port(METRICS, self.metrics_port_or_default()),
        ];
        let server = Group {
            ready: Some(Probe {
                port: HTTP.into(),
                asks: Ask::Http("/ping".to_owned()),
            }),
            ..Group::new(
                name.clone(),
                place(meta, site, self.server_memory(), &ports),
            )
        };
        let survival = Survival::any(
            Words::new("the ClickHouse server", "ClickHouse 服务器"),
            server.member_names(),
        );
        let mut runs = place_task(meta, site, &self.task());
        for run in &mut runs {
            run.memory = CLIENT_MEMORY;
        }
        let task = Group {
            task: true,
            ..Group::new(self.task(), runs)
        };
        // An endpoint is called as its user.
        let endpoint = |user: &'static str, suffix| Endpoint {
            login: Some(Login {
                user: user.to_owned(),
                password: meta.secret(suffix),
            }),
            ..Endpoint::new(user, "clickhouse", name.clone(), NATIVE, Reach::Any)
        };
        let secret = |suffix, english: &'static str, chinese: &'static str| {
            SecretDeclaration::new(meta, suffix, Words::new(english, chinese))
        };
        Declaration {
            image: Some("clickhouse"),
            endpoints: vec![
                endpoint(WRITER, "writer-password"),
                endpoint(READER, "reader-password"),
            ],
            needs: vec![Need {
                group: self.task(),
                endpoint: EndpointRef::new(&self.reference(), WRITER),
                origin: meta.name.origin.clone(),
            }],
            groups: vec![server, task],
            metrics: vec![observe::metrics(name)],
            rule_groups: vec![observe::rules(name)],
            dashboards: vec![observe::dashboard(name)],
            secrets: vec![
                secret(
                    "admin-password",
                    "the user that creates the table, and operators",
                    "创建表的用户，供运维人员使用",
                ),
                secret(
                    "writer-password",
                    "the user that writes logs",
                    "写入日志的用户",
                ),
                secret(
                    "reader-password",
                    "the user that reads logs",
                    "读取日志的用户",
                ),
            ],
            survival: vec![survival],
            ..Declaration::default()
        }
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    fn lower(&self, lowering: &Lowering<'_>) -> Vec<Workload> {
        lower::lower(self, lowering)
    }

    fn operations(&self, lowering: &Lowering<'_>) -> Vec<Procedure> {
        operations::operations(self, lowering)
    }

    fn contracts(&self, lowering: &Lowering<'_>) -> Vec<Contract> {
        lower::contracts(self, lowering)
    }
}
