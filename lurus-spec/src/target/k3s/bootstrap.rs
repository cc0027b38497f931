//! How a cluster of K3S comes to be on the hosts, and the system in it.
//!
//! In: a plan. Out: the configuration of K3S for each host, and the steps of an operator. What Kubernetes knows is kept by K3S
//! itself, on its servers: three servers where there are three hosts, each in another zone where there are zones.

use std::collections::{BTreeMap, BTreeSet};

use crate::file_tree::header;
use crate::literal::{HostName, Ip, Name};
use crate::model::Host;
use crate::plan::{Cost, Plan};
use crate::target::k3s::address::{
    DOMAIN, NAME_SERVICE, PODS, SERVICES, host_namespace, namespace,
};
use crate::target::k3s::edge;
use crate::target::k3s::firewall;
use crate::target::k3s::pod::{SECRETS, ZONE_LABEL, certificate};
use crate::target::k3s::{room, storage};
use crate::target::{Step, shell};
use crate::words::Words;
use crate::yaml::{Node, document, documents, seq};

/// The inventory's name of the image whose tag says which release of K3S hosts get.
pub(super) const IMAGE: &str = "k3s";

/// The port of the servers of Kubernetes' API.
pub(super) const API_PORT: u16 = 6443;

/// Where the token is with which hosts join.
const TOKEN: &str = "/etc/rancher/k3s/token";

/// A release of K3S.
pub(super) struct Release(String);

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

/// The steps of an operator, from hosts with nothing on them to a system that serves.
pub(super) fn start(plan: &Plan) -> Vec<Step> {
    let cluster = &plan.cluster;
    let (Some(nodes), Some(Release(release))) = (Nodes::of(plan), Release::of(plan)) else {
        return Vec::new();
    };
    let folder = format!("generated/{cluster}/k3s");
    let space = namespace(cluster);
    let names = |nodes: &mut dyn Iterator<Item = &Host>| {
        let names: Vec<String> = nodes.map(|host| host.name.to_string()).collect();
        names.join(" ")
    };
    let all = names(&mut nodes.all().map(|(host, _)| host));
    let install = |role: &str| {
        format!("curl -sfL https://get.k3s.io | sudo INSTALL_K3S_VERSION={release} sh -s - {role}")
    };
    let step = |says: Words, command: String| Step { says, command };
    let mut steps = vec![
        step(
            Words::new("Make the secrets that are missing:", "生成缺少的密钥："),
            format!("cargo xtask secrets {cluster}"),
        ),
        step(
            Words::new(
                "Bring each host its packet filter, which keeps SSH open. Between hosts it lets in what K3S needs, and nothing that is \
                 for a pod passes it. `nft` comes with the package `nftables`; its unit loads the file at boot:",
                "把数据包过滤规则分发到各主机，SSH 会保持开放。主机之间只放行 K3S 所需的端口；发往 Pod 的流量不经过它。`nft` 来自软件包 \
                 `nftables`，其 systemd 单元会在启动时加载该文件：",
            ),
            format!(
                "for host in {all}; do\n  \
                   ssh \"$host\" 'sudo tee /etc/nftables.conf > /dev/null' < \"{folder}/bootstrap/$host/etc/nftables.conf\"\n  \
                   ssh \"$host\" 'sudo nft -c -f /etc/nftables.conf && sudo nft -f /etc/nftables.conf && sudo systemctl enable nftables'\n\
                 done"
            ),
        ),
        step(
            Words::new(
                "Bring each host its configuration and the token with which hosts join, which is kept like a password. A host whose \
                 default route is on another network than its `node-ip` also needs `flannel-iface` in its file:",
                "把配置和主机加入集群所用的令牌分发到各主机，令牌须像密码一样保管。默认路由与 `node-ip` 不在同一网络的主机，还需在其文件中\
                 加上 `flannel-iface`：",
            ),
            format!(
                "openssl rand -hex 32 > token\n\
                 for host in {all}; do\n  \
                   ssh \"$host\" sudo mkdir -p /etc/rancher/k3s\n  \
                   ssh \"$host\" 'sudo tee /etc/rancher/k3s/config.yaml > /dev/null' < \"{folder}/bootstrap/$host/etc/rancher/k3s/config.yaml\"\n  \
                   ssh \"$host\" 'sudo install -m 0600 /dev/stdin {TOKEN}' < token\n\
                 done"
            ),
        ),
    ];
    let servers = names(&mut nodes.servers.iter().map(|(host, _)| *host));
    steps.extend(applied(plan, &folder, &servers));
    if let Some(((first, address), others)) = nodes.servers.split_first() {
        steps.push(step(
            Words::new(
                "Start the first server, which begins the cluster, and take its access to Kubernetes. Later every server answers as \
                 this one does: while it is lost, its address in `kubeconfig`, and in the `server` of a host that then joins for the \
                 first time, is replaced by that of another server. Hosts that have joined know all servers:",
                "启动第一台 server（由它初始化集群），并取得访问 Kubernetes 的凭据。此后任一 server 的应答都相同：若该 server 失联，只需把 \
                 `kubeconfig` 中的地址，以及此时首次加入的主机配置中 `server` 的地址，换成另一台 server 的地址。已加入的主机知道所有 server：",
            ),
            format!(
                "ssh {} '{}'\n\
                 ssh {} sudo cat /etc/rancher/k3s/k3s.yaml | sed 's/127.0.0.1/{address}/' > kubeconfig\n\
                 chmod 600 kubeconfig\n\
                 export KUBECONFIG=\"$PWD/kubeconfig\"",
                first.name,
                install("server"),
                first.name,
            ),
        ));
        let others = names(&mut others.iter().map(|(host, _)| *host));
        if !others.is_empty() {
            steps.push(step(
                Words::new(
                    "Start the other servers, one after the other:",
                    "逐台启动其余 server：",
                ),
                format!(
                    "for host in {others}; do\n  \
                       ssh \"$host\" '{}'\n  \
                       kubectl wait --for=condition=Ready --timeout=5m \"node/$host\"\n\
                     done",
                    install("server"),
                ),
            ));
        }
    }
    let agents = names(&mut nodes.agents.iter().map(|(host, _)| *host));
    if !agents.is_empty() {
        steps.push(step(
            Words::new("Start the agents:", "启动 agent："),
            format!(
                "for host in {agents}; do\n  ssh \"$host\" '{}'\ndone",
                install("agent"),
            ),
        ));
    }
    steps.extend(images(plan, &folder, &all));
    steps.extend(folders(plan));
    steps.push(step(
        Words::new(
            "Give the namespace its secrets. `apply` changes what differs, so that this may be said again:",
            "为命名空间写入密钥。`apply` 只修改有差异的部分，因此可以重复执行：",
        ),
        secrets(plan, &folder, &space),
    ));
    let of_hosts = plan.workloads.iter().filter(|group| group.is_of_hosts());
    let hosts: Vec<String> = of_hosts
        .map(|group| {
            let space = host_namespace(cluster);
            format!(
                "\nkubectl -n {space} rollout status --timeout=15m daemonset/{}",
                group.name
            )
        })
        .collect();
    let hosts = hosts.concat();
    steps.push(step(
        Words::new(
            "Start everything, and wait until it serves:",
            "启动全部服务，并等待其就绪：",
        ),
        format!(
            "kubectl apply -k {folder}\n\
             kubectl -n {space} wait --for=condition=Ready --timeout=15m pod --all \
             --field-selector=status.phase!=Succeeded{hosts}"
        ),
    ));
    steps.extend(reached(plan, &nodes));
    steps
}

/// Settings of what K3S brings by itself lie on its servers before they start.
fn applied(plan: &Plan, folder: &str, servers: &str) -> Option<Step> {
    let settings = edge::settings(plan);
    let paths = settings.iter().map(|(path, _)| path.as_str());
    let lines: Vec<String> = paths
        .map(|path| {
            format!(
                "  ssh \"$host\" 'sudo install -D -m 0600 /dev/stdin /{path}' < \"{folder}/bootstrap/$host/{path}\""
            )
        })
        .collect();
    (!lines.is_empty()).then(|| Step {
        says: Words::new(
            "Bring each server the settings of the edge, which K3S does by itself. It reads them when it starts and whenever they \
             change:",
            "把入口网关的设置分发到各台 server；入口网关由 K3S 自带，启动时以及文件变更后会自动读取这些设置：",
        ),
        command: format!("for host in {servers}; do\n{}\ndone", lines.join("\n")),
    })
}

/// How the edge is looked at from outside, name by name.
fn reached(plan: &Plan, nodes: &Nodes<'_>) -> Option<Step> {
    let hosts = edge::hosts(plan);
    let (_, address) = nodes.all().find(|(host, _)| hosts.contains(&host.name))?;
    let names = plan.edges.iter().flat_map(|edge| {
        let names = edge.names.iter();
        names.map(|name| (name, edge.https))
    });
    let lines: Vec<String> = names
        .filter_map(|(served, port)| {
            let name = &served.name;
            let paths = served.routes.iter().map(|route| route.path.as_str());
            let path = paths.min_by_key(|path| path.len())?;
            Some(format!(
                "curl -sS -o /dev/null -w '%{{http_code}}\\n' --resolve {name}:{port}:{address} https://{name}:{port}{path}"
            ))
        })
        .collect();
    (!lines.is_empty()).then(|| Step {
        says: Words::new(
            "Lead the names of users to the hosts that have the edge, by the DNS or by a balancer before them, and ask for each \
             name once; `kubectl -n kube-system rollout status daemonset/traefik` says whether the edge is there:",
            "通过 DNS 或前置负载均衡，把用户使用的域名指向承载入口网关的主机，并逐个域名请求一次；\
             入口网关是否就绪，可用 `kubectl -n kube-system rollout status daemonset/traefik` 查看：",
        ),
        command: lines.join("\n"),
    })
}

/// Images that no registry has are built, and brought to every host.
fn images(plan: &Plan, folder: &str, hosts: &str) -> Option<Step> {
    let built = plan
        .workloads
        .iter()
        .filter(|workload| workload.build.is_some());
    let lines: Vec<String> = built
        .map(|workload| {
            let image = &workload.image;
            format!(
                "docker build -t {image} {folder}/build/{}\n\
                 for host in {hosts}; do docker save {image} | ssh \"$host\" sudo k3s ctr images import -; done",
                workload.name
            )
        })
        .collect();
    (!lines.is_empty()).then(|| Step {
        says: Words::new(
            "Build the images that no registry has, and bring them to the hosts:",
            "构建镜像仓库中没有的镜像，并导入各主机：",
        ),
        command: lines.join("\n"),
    })
}

/// Volumes are directories that have to be there.
fn folders(plan: &Plan) -> Option<Step> {
    let mut folders: BTreeMap<&HostName, Vec<String>> = BTreeMap::new();
    for (_, member, volume) in storage::all(plan) {
        folders
            .entry(&member.host)
            .or_default()
            .push(storage::folder(plan, member, volume));
    }
    let lines: Vec<String> = folders
        .into_iter()
        .map(|(host, folders)| {
            let words = ["sudo", "mkdir", "-p"].map(str::to_owned);
            let line = shell::line(words.into_iter().chain(folders));
            shell::remote(host.as_str(), &line, shell::Terminal::None)
        })
        .collect();
    (!lines.is_empty()).then(|| Step {
        says: Words::new(
            "Make the directories in which members keep their data:",
            "创建各成员存放数据的目录：",
        ),
        command: lines.join("\n"),
    })
}

fn secrets(plan: &Plan, folder: &str, space: &str) -> String {
    let cluster = &plan.cluster;
    let apply = "--dry-run=client -o yaml | kubectl apply -f -";
    let mut lines = vec![format!("kubectl apply -f {folder}/namespace.yaml")];
    if !plan.secrets.is_empty() {
        lines.push(format!(
            "kubectl -n {space} create secret generic {SECRETS} --from-env-file=generated/{cluster}/.env {apply}"
        ));
    }
    let names = plan.edges.iter().flat_map(|edge| &edge.names);
    let provided: BTreeSet<&Name> = plan
        .workloads
        .iter()
        .flat_map(|workload| &workload.provided)
        .map(|provided| &provided.name)
        .chain(names.map(|name| &name.certificate))
        .collect();
    for name in provided {
        let files = format!("generated/{cluster}/provided/{name}");
        lines.push(format!(
            "kubectl -n {space} create secret tls {} --cert={files}/tls.crt --key={files}/tls.key {apply}",
            certificate(name)
        ));
    }
    lines.join("\n")
}
