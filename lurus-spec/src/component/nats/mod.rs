//! NATS servers with JetStream, and the streams that they keep.
//!
//! The n-th server lives on the n-th host. All servers hold the same accounts; applications use one account with
//! JetStream, operators the system account. Streams are part of the description: a task creates them, and updates
//! what the server lets it update.

mod check;
mod lower;
mod observe;
mod operations;
mod stream;

#[cfg(test)]
mod tests;

use crate::check::Rule;
use crate::component::observe::exporters;
use crate::component::{
    Component, Declaration, Endpoint, EndpointRef, Group, Login, Lowering, Need, Part, Quorum,
    Reach, SecretDeclaration, Site, Survival, Value, place, place_task,
};
use crate::literal::{Duration, Name, Port, Size};
use crate::model::{Described, Meta, Refused, Setting};
use crate::plan::{Ask, Contract, Probe, Procedure, Workload};
use crate::report::Origin;
use crate::words::Words;

pub use check::RULES;
pub use stream::{Discard, Retention, Stream, StreamName, Subject};

/// NATS servers that form one cluster, with JetStream on each.
#[derive(Component, Clone, Debug)]
#[component(kind = "nats")]
pub struct Nats {
    meta: Meta,
    /// Port for clients.
    #[option(default_value = "4222", cost = "recreate")]
    client_port: Option<Setting<Port>>,
    /// Port on which servers reach each other.
    #[option(default_value = "6222", cost = "recreate")]
    route_port: Option<Setting<Port>>,
    /// Port of the monitoring pages, which say much about clients: it is open to health checks and exporters.
    #[option(default_value = "8222", cost = "recreate")]
    monitor_port: Option<Setting<Port>>,
    /// Port of the exporters, which run where metrics are collected: one beside each server.
    #[option(default_value = "7777", cost = "recreate")]
    exporter_port: Option<Setting<Port>>,
    /// Memory that streams in memory may use on each server, in bytes.
    #[option(default_value = "256MiB", cost = "restart")]
    max_memory_store: Option<Setting<Size>>,
    /// Disk that streams may use on each server, in bytes.
    #[option(default_value = "10GiB", cost = "restart")]
    max_file_store: Option<Setting<Size>>,
    /// The longest that a server in lame duck mode takes to send its clients elsewhere before it stops.
    #[option(default_value = "30s", cost = "restart")]
    lame_duck: Option<Setting<Duration>>,
    /// A stream to create.
    #[option(each = "stream", default = "none", cost = "data-danger", plain)]
    streams: Vec<Setting<Stream>>,
}

const CLIENT: &str = "client";
const ROUTE: &str = "route";
const MONITOR: &str = "monitor";

impl NatsRef {
    /// Every server: clients know each and use any.
    pub fn servers(&self) -> EndpointRef {
        EndpointRef::new(self, CLIENT)
    }

    /// The URL of every server as the account of applications, joined by commas: `nats://app:password@address,…`.
    pub fn url(&self) -> Value {
        let endpoint = self.servers();
        Value::new([Part::Urls {
            scheme: "nats",
            endpoint,
        }])
    }
}

impl Nats {
    fn memory_store(&self) -> Size {
        self.max_memory_store_or_default().value
    }

    fn file_store(&self) -> Size {
        self.max_file_store_or_default().value
    }

    fn lame_duck_time(&self) -> Duration {
        self.lame_duck_or_default().value
    }

    /// The memory limit of a server; unless it was set, streams in memory and 512 MiB for the server itself.
    fn memory_limit(&self) -> (Size, &Origin) {
        match &self.meta.memory {
            Some(set) => (set.value, &set.origin),
            None => (
                self.memory_store().saturating_add(Size::mib(512)),
                &self.meta.name.origin,
            ),
        }
    }

    /// Every server, and for each stream whose copies need more servers than that, those. A stream with one or two copies needs
    /// every server: nobody says which ones hold them.
    fn survival(&self, servers: &Group) -> Vec<Survival> {
        let majority = Survival::majority(
            Words::new("a majority of servers", "服务器的多数"),
            servers.member_names(),
        );
        let of_streams = self.streams.iter().filter_map(|stream| {
            let Stream { name, replicas, .. } = &stream.value;
            let may_be_lost = usize::try_from(replicas.saturating_sub(1) / 2).ok()?;
            let at_least = servers.members.len().saturating_sub(may_be_lost);
            (at_least > majority.at_least).then(|| Survival {
                what: Words::new(
                    format!("servers with a majority of the {replicas} copies of stream {name}"),
                    format!("持有流 {name} 的 {replicas} 个副本中多数的服务器"),
                ),
                of: servers.member_names().collect(),
                at_least,
            })
        });
        let of_streams: Vec<Survival> = of_streams.collect();
        [majority].into_iter().chain(of_streams).collect()
    }

    fn exporter(&self) -> Name {
        self.meta.derive("exporter")
    }

    fn task(&self) -> Name {
        self.meta.derive("streams")
    }
}

impl Component for Nats {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let name = &meta.name.value;
        let (client, client_origin) = self.client_port_or_default().into_parts();
        let (route, route_origin) = self.route_port_or_default().into_parts();
        let (monitor, monitor_origin) = self.monitor_port_or_default().into_parts();
        let ports = [
            (CLIENT.into(), client, client_origin),
            (ROUTE.into(), route, route_origin),
            (MONITOR.into(), monitor, monitor_origin),
        ];
        let servers = Group {
            quorum: Some(Quorum {
                of: "the JetStream meta group",
            }),
            peer_ports: vec![ROUTE.into()],
            ready: Some(Probe {
                port: MONITOR.into(),
                asks: Ask::Http("/healthz?js-server-only=true".to_owned()),
            }),
            ..Group::new(
                name.clone(),
                place(meta, site, self.memory_limit().0, &ports),
            )
        };
        let survival = self.survival(&servers);
        let (mut groups, mut needs) = (vec![servers], Vec::new());
        if !self.streams.is_empty() {
            groups.push(Group {
                task: true,
                ..Group::new(self.task(), place_task(meta, site, &self.task()))
            });
            needs.push(Need {
                group: self.task(),
                endpoint: EndpointRef::new(&self.reference(), CLIENT),
                origin: meta.name.origin.clone(),
            });
        }
        let watched = site.monitored.then(|| {
            let (hosts, port) = (
                meta.hosts().iter().copied(),
                self.exporter_port_or_default(),
            );
            exporters(meta, site, &self.exporter(), "nats-exporter", hosts, port)
        });
        needs.extend(watched.iter().map(|exporter| Need {
            group: exporter.name.clone(),
            endpoint: EndpointRef::new(&self.reference(), MONITOR),
            origin: meta.name.origin.clone(),
        }));
        let secret = |suffix, english: &'static str, chinese: &'static str| {
            SecretDeclaration::new(meta, suffix, Words::new(english, chinese))
        };
        Declaration {
            image: Some("nats"),
            endpoints: vec![
                Endpoint {
                    login: Some(Login {
                        user: "app".to_owned(),
                        password: meta.secret("app-password"),
                    }),
                    connections: Some(lower::CONNECTIONS),
                    ..Endpoint::new(CLIENT, "nats", name.clone(), CLIENT, Reach::Each)
                },
                Endpoint::new(MONITOR, "http", name.clone(), MONITOR, Reach::Each),
            ],
            metrics: watched
                .iter()
                .map(|exporter| observe::metrics(name, &exporter.name))
                .collect(),
            rule_groups: watched
                .iter()
                .map(|_| observe::rules(name, meta.hosts().len()))
                .collect(),
            dashboards: watched.iter().map(|_| observe::dashboard(name)).collect(),
            needs,
            groups: groups.into_iter().chain(watched).collect(),
            secrets: vec![
                secret(
                    "app-password",
                    "the account of applications",
                    "应用程序使用的账户",
                ),
                secret(
                    "sys-password",
                    "the system account, for operators",
                    "系统账户，供运维人员使用",
                ),
                secret(
                    "route-password",
                    "servers among themselves",
                    "服务器之间的路由",
                ),
            ],
            survival,
            ..Declaration::default()
        }
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    fn refused(&self) -> Vec<&Refused> {
        let of_streams = self.streams.iter().flat_map(|stream| &stream.value.refused);
        self.meta.refused.iter().chain(of_streams).collect()
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
