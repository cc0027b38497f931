//! NATS servers with JetStream, and the streams that they keep.
//!
//! The n-th server lives on the n-th host. All servers hold the same accounts; applications use one account with
//! JetStream, operators the system account. Streams are part of the description: a task creates them, and updates
//! what the server lets it update.

mod check;
mod lower;
mod stream;

use crate::check::Rule;
use crate::component::{
    Component, Declaration, Endpoint, EndpointRef, Group, Login, Lowering, Need, Quorum, Reach,
    SecretDeclaration, Site, Survival, place, place_task,
};
use crate::literal::{Duration, Name, Port, Size};
use crate::model::{Described, Meta, Setting};
use crate::plan::{Contract, Workload};

pub use check::RULES;
pub use stream::{Discard, Retention, Stream, StreamName, Subject};

/// NATS servers that form one cluster, with JetStream on each.
#[derive(Component, Clone, Debug)]
#[component(kind = "nats")]
pub struct Nats {
    meta: Meta,
    /// Port for clients.
    #[option(default = "4222", cost = "recreate")]
    client_port: Option<Setting<Port>>,
    /// Port on which servers reach each other.
    #[option(default = "6222", cost = "recreate")]
    route_port: Option<Setting<Port>>,
    /// Port of the monitoring pages, which say much about clients: it is open to health checks and exporters.
    #[option(default = "8222", cost = "recreate")]
    monitor_port: Option<Setting<Port>>,
    /// Memory that streams in memory may use on each server, in bytes.
    #[option(default = "256MiB", cost = "restart")]
    max_memory_store: Option<Setting<Size>>,
    /// Disk that streams may use on each server, in bytes.
    #[option(default = "10GiB", cost = "restart")]
    max_file_store: Option<Setting<Size>>,
    /// The longest that a server in lame duck mode takes to send its clients elsewhere before it stops.
    #[option(default = "30s", cost = "restart")]
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
}

impl Nats {
    fn memory_store(&self) -> Size {
        self.max_memory_store
            .as_ref()
            .map_or(Size::mib(256), |set| set.value)
    }

    fn file_store(&self) -> Size {
        self.max_file_store
            .as_ref()
            .map_or(Size::gib(10), |set| set.value)
    }

    fn lame_duck_time(&self) -> Duration {
        self.lame_duck
            .as_ref()
            .map_or(Duration::secs(30), |set| set.value)
    }

    /// The memory limit of a server whose author set none: streams in memory, and 512 MiB for the server itself.
    fn default_memory(&self) -> Size {
        self.memory_store().saturating_add(Size::mib(512))
    }

    fn task(&self) -> Name {
        self.meta.derive("streams")
    }
}

impl Component for Nats {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let name = &meta.name.value;
        let (client, client_origin) = meta.port(self.client_port.as_ref(), 4222);
        let (route, route_origin) = meta.port(self.route_port.as_ref(), 6222);
        let (monitor, monitor_origin) = meta.port(self.monitor_port.as_ref(), 8222);
        let ports = [
            (CLIENT.into(), client, client_origin),
            (ROUTE.into(), route, route_origin),
            (MONITOR.into(), monitor, monitor_origin),
        ];
        let servers = Group {
            name: name.clone(),
            members: place(meta, site, self.default_memory(), &ports),
            quorum: Some(Quorum {
                of: "the JetStream meta group",
            }),
            peer_ports: vec![ROUTE.into()],
            task: false,
        };
        let task = Group {
            name: self.task(),
            members: place_task(meta, site, &self.task()),
            quorum: None,
            peer_ports: Vec::new(),
            task: true,
        };
        let survival = Survival::majority("a majority of servers", servers.member_names());
        let secret = |suffix, purpose: &str| SecretDeclaration {
            name: meta.secret(suffix),
            purpose: purpose.to_owned(),
            origin: meta.name.origin.clone(),
        };
        Declaration {
            image: Some("nats"),
            endpoints: vec![Endpoint {
                login: Some(Login {
                    user: "app".to_owned(),
                    password: meta.secret("app-password"),
                }),
                ..Endpoint::new(CLIENT, "nats", name.clone(), CLIENT, Reach::Each)
            }],
            needs: vec![Need {
                group: self.task(),
                endpoint: EndpointRef::new(&self.reference(), CLIENT),
                origin: meta.name.origin.clone(),
            }],
            groups: vec![servers, task],
            fronts: Vec::new(),
            secrets: vec![
                secret("app-password", "the account of applications"),
                secret("sys-password", "the system account, for operators"),
                secret("route-password", "servers among themselves"),
            ],
            survival: vec![survival],
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
}
