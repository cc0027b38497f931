//! Servers, client agents, and what each of them registers.

use std::collections::BTreeMap;

use crate::component::consul::{AGENT_MEMORY, Consul, GOSSIP, HTTP};
use crate::component::{Lowering, Reach};
use crate::literal::{AbsPath, Duration, HostName, Name, Size};
use crate::plan::{
    Ask, Body, ConfigDir, ConfigFile, Contract, Cost, Health, Member, PortName, Probe, Resources,
    Stop, Symbol, Volume, Workload, checked,
};
use crate::report::Origin;
use crate::words::Words;
use crate::yaml::{Node, map, seq};

/// User and group of the agents: the image's own user, so that a fresh volume is theirs.
const USER: &str = "100:1000";

/// Time between two questions to an instance.
const ASK_EVERY: &str = "10s";

/// Longest time of a question.
const ANSWER_WITHIN: &str = "3s";

/// Whether an agent keeps the catalogue, or only registers what is on its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Server,
    Client,
}

pub(super) fn lower(consul: &Consul, lowering: &Lowering<'_>) -> Vec<Workload> {
    let mut instances = instances(consul, lowering);
    let meta = &consul.meta;
    let mut workloads = vec![agents(
        consul,
        lowering,
        (Role::Server, &meta.name.value),
        &mut instances,
        Words::new(
            "Consul server: keeps the catalogue, and asks the instances of its host",
            "Consul 服务器：保存服务目录，并检查本机的实例",
        ),
        (consul.server_memory(), meta.blame(meta.memory.as_ref())),
    )];
    if !consul.agents.is_empty() {
        workloads.push(agents(
            consul,
            lowering,
            (Role::Client, &consul.agents_name()),
            &mut instances,
            Words::new(
                "Consul agent: asks the instances of its host, and tells the servers",
                "Consul 代理：检查本机的实例并报告给服务器",
            ),
            (AGENT_MEMORY, meta.name.origin.clone()),
        ));
    }
    workloads
}

fn agents(
    consul: &Consul,
    lowering: &Lowering<'_>,
    (role, group): (Role, &Name),
    instances: &mut BTreeMap<HostName, Vec<Node>>,
    summary: Words,
    (memory, memory_origin): (Size, Origin),
) -> Workload {
    let meta = &consul.meta;
    let hosts = lowering.members(group).iter().map(|member| &member.host);
    let host_config = hosts.map(|host| {
        let services = instances.remove(host).unwrap_or_default();
        let registered = ConfigDir {
            mount: checked::<AbsPath>(&format!("/etc/consul/on-{host}")),
            files: vec![ConfigFile::new(
                "services.json",
                Body::json(map([("services", seq(services))])),
                Cost::Reload("consul reload".to_owned()),
            )],
        };
        (host.clone(), vec![registered])
    });
    let cost = match role {
        Role::Server => Cost::Procedure(Words::new(
            "one server at a time, the leader last",
            "逐台重启服务器，leader 最后",
        )),
        Role::Client => Cost::Restart,
    };
    Workload {
        user: Some(USER.to_owned()),
        command: vec![
            "sh".into(),
            "/etc/consul/agent/start.sh".into(),
            Symbol::OwnHost.into(),
            Symbol::OwnBind.into(),
        ],
        env: BTreeMap::from([
            (
                checked("CONSUL_GOSSIP_KEY"),
                Symbol::Secret(meta.secret("gossip-key")).into(),
            ),
            (
                // For the commands of operators, and for the one that makes it read its files again.
                checked("CONSUL_HTTP_ADDR"),
                format!("127.0.0.1:{}", Symbol::OwnPort(HTTP.into())).into(),
            ),
            (
                // The runtime collects garbage more eagerly before the limit is reached that kills the agent.
                checked("GOMEMLIMIT"),
                format!("{}B", memory.bytes() / 10 * 9).into(),
            ),
        ]),
        config: vec![ConfigDir {
            mount: checked("/etc/consul/agent"),
            files: vec![
                ConfigFile::new(
                    "agent.json",
                    Body::json(agent(consul, lowering, role)),
                    cost.clone(),
                ),
                ConfigFile::new(
                    "start.sh",
                    Body::Lines(include_str!("start.sh").into()),
                    cost,
                ),
            ],
        }],
        host_config: host_config.collect(),
        volumes: vec![Volume {
            name: "data",
            mount: checked("/consul/data"),
            size: Size::gib(1),
        }],
        // It serves while it knows a leader.
        health: Some(Health::command(
            [
                "sh".to_owned(),
                "-c".to_owned(),
                format!(
                    "wget -q -T 3 -O - http://{}:{}/v1/status/leader | grep -q :",
                    Symbol::OwnAddress,
                    Symbol::OwnPort(HTTP.into())
                ),
            ],
            Duration::secs(60),
        )),
        stop: Stop {
            signal: None,
            grace: Duration::secs(30),
            needed: match role {
                Role::Server => Duration::secs(5),
                // It says good-bye to all, and waits until they heard it.
                Role::Client => Duration::secs(10),
            },
        },
        scratch: vec![checked("/tmp")],
        // The address is in the others' data.
        stable_address: true,
        published: match role {
            Role::Server => vec![HTTP.into()],
            Role::Client => Vec::new(),
        },
        ..lowering.workload(
            meta,
            group,
            summary,
            Resources {
                open_files: 16_384,
                ..Resources::memory(memory, memory_origin)
            },
        )
    }
}

/// The settings of an agent: those that Consul 1.8 and 1.17 both take.
fn agent(consul: &Consul, lowering: &Lowering<'_>, role: Role) -> Node {
    let servers = &consul.meta.name.value;
    let joins = lowering.peers(servers, GOSSIP);
    let [http, dns, gossip, server, _] = consul
        .ports()
        .map(|(_, port, _)| Node::Int(i64::from(port.get())));
    let ports = map([
        ("http", http),
        ("dns", dns),
        ("serf_lan", gossip),
        ("server", server),
        // There is one data centre.
        ("serf_wan", Node::Int(-1)),
    ]);
    let datacenter = consul.datacenter_or_default().value.to_string();
    let common = map([
        ("node_name", Node::str(Symbol::OwnName.token())),
        ("datacenter", Node::str(datacenter)),
        ("data_dir", Node::str("/consul/data")),
        (
            "node_meta",
            map([("host", Node::str(Symbol::OwnHost.token()))]),
        ),
        ("bind_addr", Node::str(Symbol::OwnBind.token())),
        ("advertise_addr", Node::str(Symbol::OwnIp.token())),
        ("ports", ports),
        ("retry_join", seq(joins.iter().map(ToString::to_string))),
        ("retry_interval", Node::str("5s")),
        // The key of the description holds, not one that a volume remembers.
        ("disable_keyring_file", Node::Bool(true)),
        (
            "http_config",
            map([("allow_write_http_from", seq(["127.0.0.0/8"]))]),
        ),
        ("disable_update_check", Node::Bool(true)),
        (
            "telemetry",
            map([
                ("prometheus_retention_time", Node::str("5m")),
                ("disable_hostname", Node::Bool(true)),
            ]),
        ),
    ]);
    match role {
        Role::Server => common
            .with("server", true)
            .with(
                "bootstrap_expect",
                Node::Int(i64::try_from(joins.len()).unwrap_or(i64::MAX)),
            )
            // A server that is stopped comes back: it must not take itself out of the quorum.
            .with("leave_on_terminate", false)
            .with("skip_leave_on_interrupt", true)
            // Elections as fast as on machines of its own; the default is for the smallest ones.
            .with("performance", map([("raft_multiplier", Node::Int(1))])),
        Role::Client => common
            .with("server", false)
            .with("leave_on_terminate", true)
            .with("skip_leave_on_interrupt", false),
    }
}

/// What the catalogue lists when all is well: each service's name, with the members that pass its probe.
pub(super) fn contracts(consul: &Consul, lowering: &Lowering<'_>) -> Vec<Contract> {
    let mut listed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Registration { name, member, .. } in registrations(consul, lowering) {
        listed
            .entry(name)
            .or_default()
            .push(member.name.to_string());
    }
    let name = &consul.meta.name.value;
    let mut contract = lowering.contract(&consul.meta, "consul", name, &HTTP.into());
    let listed = listed
        .into_iter()
        .map(|(name, members)| (name, seq(members)));
    contract.entry = contract.entry.with("services", map(listed));
    vec![contract]
}

/// One instance in the catalogue.
struct Registration<'a> {
    component: &'a Name,
    group: &'a Name,
    member: &'a Member,
    /// The service's name.
    name: String,
    /// The port that it is offered at.
    port: PortName,
    ready: &'a Probe,
}

impl Registration<'_> {
    /// What the agent of the instance's host is told.
    fn service(&self, lowering: &Lowering<'_>) -> Node {
        let Self { member, name, .. } = self;
        let offered = lowering.peer(self.group, member, &self.port);
        let probed = lowering.peer(self.group, member, &self.ready.port);
        let check = match &self.ready.asks {
            Ask::Http(path) => ("http", format!("http://{probed}{path}")),
            Ask::Tcp => ("tcp", probed.to_string()),
        };
        let check = map([check])
            .with("name", "ready")
            .with("interval", ASK_EVERY)
            .with("timeout", ANSWER_WITHIN);
        let id = if name == self.group.as_str() {
            member.name.to_string()
        } else {
            format!("{name}:{}", member.name)
        };
        map([("id", id.as_str()), ("name", name)])
            .with("address", offered.address)
            .with("port", Node::Int(i64::from(offered.port)))
            .with("tags", seq([self.component.as_str()]))
            .with("meta", map([("member", member.name.as_str())]))
            .with("checks", seq([check]))
    }
}

/// What each host's agent registers.
fn instances(consul: &Consul, lowering: &Lowering<'_>) -> BTreeMap<HostName, Vec<Node>> {
    let mut by_host: BTreeMap<HostName, Vec<Node>> = BTreeMap::new();
    for registration in registrations(consul, lowering) {
        by_host
            .entry(registration.member.host.clone())
            .or_default()
            .push(registration.service(lowering));
    }
    by_host
}

/// Every instance that answers a probe.
///
/// An instance of a group is registered once for each thing that it offers: the group's first endpoint under the
/// group's name, further ones as `<group>-<endpoint>`, and what it stands in front of as `<component>-<endpoint>`.
fn registrations<'a>(consul: &Consul, lowering: &'a Lowering<'_>) -> Vec<Registration<'a>> {
    let mut registrations = Vec::new();
    for (component, declaration) in lowering.declarations() {
        // Consul has itself in its catalogue already.
        if component == &consul.meta.name.value {
            continue;
        }
        for group in &declaration.groups {
            let Some(ready) = &group.ready else { continue };
            for (name, port) in offers(declaration, &group.name, &ready.port) {
                let members = lowering.members(&group.name).iter();
                registrations.extend(members.map(|member| Registration {
                    component,
                    group: &group.name,
                    member,
                    name: name.clone(),
                    port: port.clone(),
                    ready,
                }));
            }
        }
    }
    registrations
}

/// What a group offers: names of services, each with its port. Where it offers nothing to others, the port of its probe.
fn offers(
    declaration: &crate::component::Declaration,
    group: &Name,
    probed: &PortName,
) -> Vec<(String, PortName)> {
    let mut offers: Vec<(String, PortName)> = Vec::new();
    for endpoint in &declaration.endpoints {
        let Some((serves, port)) = endpoint.group() else {
            continue;
        };
        let is_new = offers.iter().all(|(_, known)| known != port);
        if serves == group && endpoint.reach != Reach::Role && is_new {
            let name = match offers.is_empty() {
                true => group.to_string(),
                false => format!("{group}-{}", endpoint.name),
            };
            offers.push((name, port.clone()));
        }
    }
    if offers.is_empty() {
        offers.push((group.to_string(), probed.clone()));
    }
    let fronts = declaration
        .fronts
        .iter()
        .filter(|front| &front.group == group);
    offers.extend(fronts.map(|front| {
        let behind = &front.endpoint;
        (
            format!("{}-{}", behind.component, behind.endpoint),
            front.port.clone(),
        )
    }));
    offers
}
