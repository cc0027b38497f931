//! What each host of a cluster of K3S is given before it starts.
//!
//! In: a plan. Out: the configuration of K3S for each host, its packet filter, and on servers what K3S applies by itself. What
//! Kubernetes knows is kept by K3S, on its servers: three servers where there are three hosts, each in another zone where there
//! are zones.

use std::collections::{BTreeMap, BTreeSet};

use crate::file_tree::header;
use crate::literal::{HostName, Ip, Name};
use crate::model::Host;
use crate::plan::{Cost, Plan};
use crate::target::k3s::address::{DOMAIN, NAME_SERVICE, PODS, SERVICES};
use crate::target::k3s::pod::ZONE_LABEL;
use crate::target::k3s::{edge, firewall, room};
use crate::words::Words;
use crate::yaml::{Node, document, documents, seq};

/// The inventory's name of the image whose tag says which release of K3S hosts get.
pub(super) const IMAGE: &str = "k3s";

/// The port of the servers of Kubernetes' API.
pub(super) const API_PORT: u16 = 6443;

/// Where the token is with which hosts join.
pub(super) const TOKEN: &str = "/etc/rancher/k3s/token";

/// A release of K3S.
pub(super) struct Release(pub(super) String);

impl Release {
    /// The release that the inventory pins; `None` where it pins none, or its tag is no release.
    pub(super) fn of(plan: &Plan) -> Option<Self> {
        let tag = plan.inventory.image(IMAGE)?.image.tag().to_owned();
        // An image's tag cannot have a `+`.
        let (version, build) = tag.split_once("-k3s")?;
        let numbers = version.strip_prefix('v')?.split('.');
        let numbers: Vec<u32> = numbers
            .map(|number| number.parse().ok())
            .collect::<Option<_>>()?;
        (numbers.len() == 3 && build.parse::<u32>().is_ok())
            .then(|| Self(format!("{version}+k3s{build}")))
    }

    /// `v1.35`
    pub(super) fn minor(&self) -> String {
        let parts: Vec<&str> = self.0.splitn(3, '.').take(2).collect();
        parts.join(".")
    }
}

/// The hosts of the cluster, and what each does in K3S.
pub(super) struct Nodes<'a> {
    /// In the order in which they start; the first begins the cluster.
    pub(super) servers: Vec<(&'a Host, Ip)>,
    pub(super) agents: Vec<(&'a Host, Ip)>,
}

impl<'a> Nodes<'a> {
    /// `None` where there is no network that all hosts are on.
    pub(super) fn of(plan: &'a Plan) -> Option<Self> {
        let used: BTreeSet<&HostName> = plan
            .workloads
            .iter()
            .flat_map(|workload| &workload.members)
            .map(|member| &member.host)
            .collect();
        let hosts: Vec<&Host> = plan
            .inventory
            .hosts()
            .iter()
            .filter(|host| used.contains(&host.name))
            .collect();
        let network = plan.inventory.networks().iter().find(|network| {
            hosts
                .iter()
                .all(|host| host.address_on(&network.name).is_some())
        })?;
        let mut servers: Vec<&Host> = Vec::new();
        let wanted = if hosts.len() < 3 { 1 } else { 3 };
        let mut zones: BTreeSet<&Name> = BTreeSet::new();
        let apart = hosts.iter().filter(|host| {
            let zone = host.zone.as_ref();
            zone.is_some_and(|zone| zones.insert(zone))
        });
        for host in apart
            .copied()
            .collect::<Vec<_>>()
            .into_iter()
            .chain(hosts.iter().copied())
        {
            if servers.len() < wanted && !servers.iter().any(|known| known.name == host.name) {
                servers.push(host);
            }
        }
        let at = |host: &'a Host| host.address_on(&network.name).map(|at| (host, at.ip));
        let is_server = |host: &Host| servers.iter().any(|known| known.name == host.name);
        let agents = hosts.iter().copied().filter(|host| !is_server(host));
        Some(Self {
            agents: agents.filter_map(at).collect(),
            servers: servers.iter().copied().filter_map(at).collect(),
        })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&'a Host, Ip)> {
        self.servers.iter().chain(&self.agents).copied()
    }
}

/// The folder of what a host gets, below the target's folder.
fn folder(host: &Host) -> String {
    format!("bootstrap/{}", host.name)
}

/// How K3S takes another configuration. Pods go on running meanwhile.
fn start_again() -> Words {
    Words::new(
        "one host after the other, servers first: copy the file, then `systemctl restart k3s`, or `k3s-agent` on an agent, and wait \
     until the host is `Ready`",
        "逐台主机进行，先 server 后 agent：复制该文件，然后执行 `systemctl restart k3s`（agent 上为 `k3s-agent`），等待主机变为 `Ready`",
    )
}

/// The path of a file of a host below the target's folder.
fn path(host: &Host, file: &str) -> String {
    format!("{}/etc/{file}", folder(host))
}

/// The configuration of K3S and the packet filter of each host, by path, with what a change of it costs.
pub(super) fn files(plan: &Plan) -> BTreeMap<String, (String, Cost)> {
    let Some(nodes) = Nodes::of(plan) else {
        return BTreeMap::new();
    };
    let header = header(&plan.cluster);
    let servers = nodes.servers.iter();
    let servers = servers.map(|(host, ip)| (host, server(plan, &nodes, host, *ip)));
    let agents = nodes.agents.iter();
    let agents = agents.map(|(host, ip)| (host, node(&nodes, host, *ip)));
    let settings: Vec<(String, String)> = edge::settings(plan)
        .iter()
        .map(|(path, objects)| (path.clone(), documents(&header, objects)))
        .collect();
    let applied = nodes.servers.iter().flat_map(|(host, _)| {
        let of_host = settings.iter().cloned();
        of_host.map(|(path, text)| {
            let cost = Cost::Reload(format!("copy it to /{path}, and K3S applies it"));
            (format!("{}/{path}", folder(host)), (text, cost))
        })
    });
    servers
        .chain(agents)
        .flat_map(|(host, node)| {
            [
                (
                    path(host, "rancher/k3s/config.yaml"),
                    (document(&header, &node), Cost::Procedure(start_again())),
                ),
                (
                    path(host, "nftables.conf"),
                    (
                        firewall::render(plan, &nodes, host),
                        Cost::Reload("nft -f /etc/nftables.conf".to_owned()),
                    ),
                ),
            ]
        })
        .chain(applied)
        .collect()
}

/// What servers and agents have in common. Those that join ask one server once; then they know all of them, and remember
/// them while they are off. So servers ask the one that begins the cluster, and agents each another one.
fn node(nodes: &Nodes<'_>, host: &Host, ip: Ip) -> Node {
    let agent = nodes
        .agents
        .iter()
        .position(|(agent, _)| agent.name == host.name);
    let asked = agent.map_or(0, |number| number % nodes.servers.len().max(1));
    let joins = nodes.servers.get(asked);
    let joins = joins.filter(|(server, _)| server.name != host.name);
    let zone = host.zone.as_ref();
    Node::empty_map()
        .with_some("cluster-init", joins.is_none().then_some(true))
        .with_some(
            "server",
            joins.map(|(_, server)| format!("https://{server}:{API_PORT}")),
        )
        .with("token-file", TOKEN)
        .with("node-name", host.name.to_string())
        .with("node-ip", ip.to_string())
        .with_filled(
            "node-label",
            seq(zone.map(|zone| format!("{ZONE_LABEL}={zone}"))),
        )
        // What is left is for pods, and no pod is put where its limit does not fit.
        .with("kubelet-arg", seq(room::kept_back(nodes, host)))
}

/// Everything after the address of the host is the same on all servers: K3S refuses a server that differs in it.
fn server(plan: &Plan, nodes: &Nodes<'_>, host: &Host, ip: Ip) -> Node {
    let floating = plan.floating.iter().map(|floating| floating.ip);
    let names = nodes.servers.iter().map(|(_, ip)| *ip).chain(floating);
    let names: BTreeSet<Ip> = names.collect();
    node(nodes, host, ip)
        .with("advertise-address", ip.to_string())
        .with("tls-san", seq(names.iter().map(ToString::to_string)))
        .with("cluster-cidr", PODS.to_string())
        .with("service-cidr", SERVICES.to_string())
        .with("cluster-dns", NAME_SERVICE.to_string())
        .with("cluster-domain", DOMAIN)
        .with("flannel-backend", "vxlan")
        .with("secrets-encryption", true)
        .with("disable", seq(disabled(plan)))
        .with("etcd-snapshot-schedule-cron", "0 */6 * * *")
        .with("etcd-snapshot-retention", Node::Int(28))
        .with("write-kubeconfig-mode", "0600")
}

/// What K3S brings and this cluster does not want. Its volumes are directories of hosts already, and where a component is the
/// edge, the one of K3S would take its ports.
fn disabled(plan: &Plan) -> impl Iterator<Item = &'static str> {
    let edge = plan.edges.is_empty().then_some(edge::CONTROLLER);
    edge.into_iter().chain(["local-storage"])
}
