//! A Redis that is no cluster: one server, for programs whose client speaks to one server only.
//!
//! It keeps a log of its writes, so that a restart loses at most about a second of them. Nothing takes over while its
//! host is lost: what needs it stands still, or a cluster that claims to survive that says so.

mod check;
mod lower;
mod observe;
mod operations;

#[cfg(test)]
mod tests;

use crate::check::Rule;
use crate::component::observe::exporters;
use crate::component::redis::{AppendSync, Eviction, KEPT, server as watch};
use crate::component::{
    Component, Declaration, Endpoint, EndpointRef, Group, Login, Lowering, Part, Reach,
    SecretDeclaration, Site, Survival, Value, place,
};
use crate::literal::{Name, Port, Size};
use crate::model::{Meta, Setting};
use crate::plan::{Ask, Contract, Probe, Procedure, Workload};
use crate::report::Origin;
use crate::words::Words;

pub use check::RULES;

/// A single Redis. Programs that speak to one server only are given its URL; it does not outlive its host.
#[derive(Component, Clone, Debug)]
#[component(kind = "redis")]
pub struct Redis {
    meta: Meta,
    /// Memory for the data, in bytes. The memory limit is more by half and 64 MiB, unless it is set.
    #[option(default_value = "512MiB", cost = "recreate")]
    max_memory: Option<Setting<Size>>,
    /// What a full server does.
    #[option(default = "noeviction", cost = "restart", plain)]
    policy: Option<Setting<Eviction>>,
    /// How often the log of writes reaches the disk.
    #[option(default = "everysec", cost = "restart", plain)]
    append_sync: Option<Setting<AppendSync>>,
    /// Port for clients.
    #[option(default_value = "6379", cost = "recreate")]
    port: Option<Setting<Port>>,
    /// Port of the exporter, which runs beside the server where metrics are collected.
    #[option(default_value = "9122", cost = "recreate")]
    exporter_port: Option<Setting<Port>>,
}

const CLIENT: &str = "client";

/// Clients at a time (`maxclients`).
const CLIENTS: u32 = 10_000;

/// Memory beside the data and its copies: the server itself, and the buffers of its clients.
const BUFFERS: Size = Size::mib(64);

impl RedisRef {
    /// The server.
    pub fn address(&self) -> EndpointRef {
        EndpointRef::new(self, CLIENT)
    }

    /// `redis://default:password@address:port/0`
    pub fn url(&self) -> Value {
        let server = Part::Urls {
            scheme: "redis",
            endpoint: self.address(),
        };
        Value::new([server, Part::Text("/0".to_owned())])
    }

    /// The password, to be shown as user `default` or as none.
    pub fn password(&self) -> Value {
        Value::new([Part::Password(self.address())])
    }
}

impl Redis {
    fn data_memory(&self) -> Size {
        self.max_memory_or_default().value
    }

    fn exporter(&self) -> Name {
        self.meta.derive("exporter")
    }

    /// The smallest memory limit that is enough: while the log of writes is rewritten, every page that changes exists
    /// twice.
    fn needed_memory(&self) -> Size {
        let data = self.data_memory();
        let copies = Size::of_bytes(data.bytes() / 2);
        data.saturating_add(copies).saturating_add(BUFFERS)
    }

    fn memory_limit(&self) -> (Size, Origin) {
        match &self.meta.memory {
            Some(set) => (set.value, set.origin.clone()),
            // The limit follows from what the author said of the data.
            None => (
                self.needed_memory(),
                self.meta.blame(self.max_memory.as_ref()),
            ),
        }
    }
}

impl Component for Redis {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let name = &meta.name.value;
        let (port, origin) = self.port_or_default().into_parts();
        let (memory, memory_origin) = self.memory_limit();
        let mut members = place(meta, site, memory, &[(CLIENT.into(), port, origin)]);
        for member in &mut members {
            member.memory_origin = memory_origin.clone();
        }
        let server = Group {
            ready: Some(Probe {
                port: CLIENT.into(),
                asks: Ask::Tcp,
            }),
            flushes: AppendSync::flushes(self.append_sync.as_ref()),
            ..Group::new(name.clone(), members)
        };
        let hosts = server.members.iter().map(|member| member.host);
        let watched = site.monitored.then(|| {
            // Beside the exporter of a cluster, whose port is the one before.
            let port = self.exporter_port_or_default();
            exporters(meta, site, &self.exporter(), "redis-exporter", hosts, port)
        });
        Declaration {
            image: Some("redis"),
            metrics: watched
                .iter()
                .map(|exporter| watch::metrics(name, &exporter.name))
                .collect(),
            rule_groups: watched.iter().map(|_| observe::rules(name)).collect(),
            dashboards: watched.iter().map(|_| observe::dashboard(name)).collect(),
            endpoints: vec![Endpoint {
                login: Some(Login {
                    user: "default".to_owned(),
                    password: meta.secret("password"),
                }),
                connections: Some(CLIENTS - KEPT),
                ..Endpoint::new(CLIENT, "redis", name.clone(), CLIENT, Reach::Each)
            }],
            secrets: vec![SecretDeclaration::new(
                meta,
                "password",
                Words::new("clients", "客户端"),
            )],
            survival: vec![Survival::any(
                Words::new("its only server", "唯一的服务器"),
                server.member_names(),
            )],
            groups: [server].into_iter().chain(watched).collect(),
            ..Declaration::default()
        }
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    fn lower(&self, lowering: &Lowering<'_>) -> Vec<Workload> {
        lower::lower(self, lowering)
    }

    fn contracts(&self, lowering: &Lowering<'_>) -> Vec<Contract> {
        lower::contracts(self, lowering)
    }

    fn operations(&self, lowering: &Lowering<'_>) -> Vec<Procedure> {
        operations::operations(self, lowering)
    }
}
