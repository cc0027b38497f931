//! Consul: a catalogue of everything that serves, which asks each instance whether it does.
//!
//! The n-th server lives on the n-th host, and all servers have the same settings. Instances are registered by the
//! agent of their own host, from their component's own readiness probe: a server, or a client agent where there is no
//! server. So losing a host takes away exactly what was on it.
//!
//! There are no access tokens. The HTTP interface takes changes from the agent's own host only, and nothing else in a
//! cluster needs Consul: leaving it out is one line.

mod check;
mod lower;
mod observe;
mod operations;

#[cfg(test)]
mod tests;

use crate::check::Rule;
use crate::component::observe::{Observed, Observer};
use crate::component::{
    Component, Declaration, Endpoint, EndpointRef, Group, GroupMember, Lowering, Need, Quorum,
    Reach, SecretDeclaration, Site, Survival, place, place_by_host,
};
use crate::literal::{Name, Port, Size};
use crate::model::{Described, HostRef, Meta, Setting};
use crate::plan::{Ask, Contract, Duty, PortName, Probe, Procedure, Workload};
use crate::report::Origin;
use crate::words::Words;

pub use check::RULES;

/// Consul servers that keep a catalogue of all instances, and agents that ask each instance whether it serves.
#[derive(Component, Clone, Debug)]
#[component(kind = "consul")]
pub struct Consul {
    meta: Meta,
    /// Hosts without a server whose instances are registered too: each gets a client agent.
    #[option(each = "agents", default = "none", cost = "recreate", manual)]
    agents: Vec<Setting<HostRef>>,
    /// The name of this place: part of every name that Consul answers for, and of its data.
    #[option(default_value = "dc1", cost = "data-danger")]
    datacenter: Option<Setting<Name>>,
    /// Port of the HTTP interface.
    #[option(default_value = "8500", cost = "recreate")]
    http_port: Option<Setting<Port>>,
    /// Port on which names are resolved, `redis.service.consul`.
    #[option(default_value = "8600", cost = "recreate")]
    dns_port: Option<Setting<Port>>,
    /// Port on which servers take requests of servers and agents.
    #[option(default_value = "8300", cost = "procedure")]
    server_port: Option<Setting<Port>>,
    /// Port of the gossip, TCP and UDP, on which all find out who is alive.
    #[option(default_value = "8301", cost = "procedure")]
    gossip_port: Option<Setting<Port>>,
}

const HTTP: &str = "http";
const DNS: &str = "dns";
const SERVER: &str = "server";
const GOSSIP: &str = "gossip";

/// Servers of Consul 1.14 and later also listen here, with TLS, for what this cluster has not: other data centres and
/// sidecars. Versions before refuse the key that would turn it off.
const SIDECARS: (&str, u16) = ("grpc-tls", 8503);

/// Memory limit of a client agent.
const AGENT_MEMORY: Size = Size::mib(192);

impl ConsulRef {
    /// The HTTP interface of any agent; of the one on the asking host where there is one.
    pub fn http(&self) -> EndpointRef {
        EndpointRef::new(self, HTTP)
    }
}

impl Consul {
    /// Registers the instances of these hosts too, by a client agent on each.
    #[track_caller]
    #[must_use]
    pub fn agents(mut self, hosts: impl IntoIterator<Item = HostRef>) -> Self {
        let origin = Origin::caller();
        let hosts = hosts.into_iter();
        self.agents
            .extend(hosts.map(|host| Setting::new(host, origin.clone())));
        self
    }

    /// The group of client agents.
    fn agents_name(&self) -> Name {
        self.meta.derive("agents")
    }

    /// The memory limit of a server whose author set none: a catalogue of some thousand instances.
    fn server_memory(&self) -> Size {
        self.meta.memory_or(Size::mib(512))
    }

    /// The ports of a server. Those of a client agent are the first three.
    fn ports(&self) -> [(PortName, Port, Origin); 5] {
        let port = |name: &'static str, held: Setting<Port>| {
            let (port, origin) = held.into_parts();
            (PortName::from(name), port, origin)
        };
        [
            port(HTTP, self.http_port_or_default()),
            port(DNS, self.dns_port_or_default()),
            port(GOSSIP, self.gossip_port_or_default()),
            port(SERVER, self.server_port_or_default()),
            (
                SIDECARS.0.into(),
                Port::constant(SIDECARS.1),
                self.meta.name.origin.clone(),
            ),
        ]
    }

    fn agent_members(
        &self,
        site: &Site<'_>,
        ports: &[(PortName, Port, Origin)],
    ) -> Vec<GroupMember> {
        let hosts = self.agents.iter().map(|agent| agent.value);
        let name = self.agents_name();
        let mut members = place_by_host(&self.meta, site, &name, hosts, AGENT_MEMORY, ports);
        for (member, agent) in members.iter_mut().zip(&self.agents) {
            // What the author says of memory is said of servers.
            (member.memory, member.memory_origin) = (AGENT_MEMORY, self.meta.name.origin.clone());
            member.origin = agent.origin.clone();
        }
        members
    }
}

impl Component for Consul {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let name = &meta.name.value;
        let of_servers = self.ports();
        let of_all = &of_servers[..3];
        let ready = Some(Probe {
            port: HTTP.into(),
            asks: Ask::Http("/v1/status/leader".to_owned()),
        });
        let servers = Group {
            quorum: Some(Quorum {
                of: "the Consul catalogue",
            }),
            peer_ports: vec![SERVER.into(), GOSSIP.into()],
            datagrams: vec![GOSSIP.into(), DNS.into()],
            flushes: true,
            ready: ready.clone(),
            ..Group::new(
                name.clone(),
                place(meta, site, self.server_memory(), &of_servers),
            )
        };
        let survival = Survival::majority(
            Words::new("a majority of Consul servers", "Consul 服务器的多数"),
            servers.member_names(),
        );
        let mut rules = vec![observe::of_servers(name)];
        let (mut groups, mut endpoints, mut needs) = (
            vec![servers],
            vec![
                Endpoint::new(HTTP, "http", name.clone(), HTTP, Reach::Any),
                Endpoint::new(SERVER, "consul", name.clone(), SERVER, Reach::Each),
                Endpoint::new(GOSSIP, "serf", name.clone(), GOSSIP, Reach::Each),
            ],
            Vec::new(),
        );
        if !self.agents.is_empty() {
            let agents = self.agents_name();
            groups.push(Group {
                peer_ports: vec![GOSSIP.into()],
                datagrams: vec![GOSSIP.into(), DNS.into()],
                ready,
                ..Group::new(agents.clone(), self.agent_members(site, of_all))
            });
            endpoints.push(Endpoint::new(
                "agents-gossip",
                "serf",
                agents.clone(),
                GOSSIP,
                Reach::Each,
            ));
            let need = |group: &Name, endpoint| Need {
                group: group.clone(),
                endpoint: EndpointRef::new(&self.reference(), endpoint),
                origin: meta.name.origin.clone(),
            };
            rules.push(observe::of_agents(&agents));
            needs.extend([
                need(&agents, SERVER),
                need(&agents, GOSSIP),
                need(name, "agents-gossip"),
            ]);
        }
        Declaration {
            image: Some("consul"),
            observers: groups
                .iter()
                .map(|group| Observer {
                    group: group.name.clone(),
                    sees: Observed::Readiness,
                })
                .collect(),
            metrics: observe::metrics(&groups),
            rule_groups: rules,
            dashboards: vec![observe::dashboard(name)],
            groups,
            endpoints,
            needs,
            secrets: vec![SecretDeclaration::new(
                meta,
                "gossip-key",
                Words::new(
                    "what the agents of Consul encrypt their gossip with",
                    "Consul 各代理（agent）之间加密 gossip 通信",
                ),
            )],
            survival: vec![survival],
            ..Declaration::default()
        }
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    fn duty(&self) -> Option<Duty> {
        Some(Duty::Discovery)
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
