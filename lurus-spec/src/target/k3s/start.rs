//! How an operator brings a cluster of K3S up: from hosts with nothing on them to a system that serves.
//!
//! In: a plan, and the files of the bootstrap by their paths. Out: steps for the book, in order, each a sentence and what to
//! type.

use std::collections::{BTreeMap, BTreeSet};

use crate::literal::{HostName, Name};
use crate::model::Host;
use crate::plan::{Kind, Plan};
use crate::target::k3s::address::{host_namespace, namespace};
use crate::target::k3s::bootstrap::{Nodes, Release, TOKEN};
use crate::target::k3s::pod::{SECRETS, certificate};
use crate::target::k3s::{edge, storage};
use crate::target::{Step, shell};
use crate::words::Words;

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
                "Bring each host its configuration and the token with which hosts join. It is made once, and kept like a password: servers \
                 that have begun with one refuse another. A host whose default route is on another network than its `node-ip` also needs `flannel-iface`, in a file of its own in `/etc/rancher/k3s/config.yaml.d`:",
                "把配置和主机加入集群所用的令牌分发到各主机。令牌只生成一次，须像密码一样保管：已用某个令牌启动的 server 不接受其他令牌。默认路由与 `node-ip` 不在同一网络的主机，还需在 `/etc/rancher/k3s/config.yaml.d` 下\
                 单独的文件中写明 `flannel-iface`：",
            ),
            format!(
                "test -s token || (umask 077; openssl rand -hex 32 > token)\n\
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
                 (umask 077; ssh {} sudo cat /etc/rancher/k3s/k3s.yaml | sed 's/127.0.0.1/{address}/' > kubeconfig)\n\
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
    steps.push(whole(&nodes));
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
    // What ends by itself is never ready again.
    let has_tasks = plan
        .workloads
        .iter()
        .any(|group| matches!(group.kind, Kind::Task { .. }));
    let tasks = if has_tasks {
        format!("\nkubectl -n {space} wait --for=condition=Complete --timeout=15m job --all")
    } else {
        String::new()
    };
    steps.push(step(
        Words::new(
            "Start everything, and wait until it serves:",
            "启动全部服务，并等待其就绪：",
        ),
        format!(
            "kubectl apply -k {folder}\n\
             for group in $(kubectl -n {space} get deployment,statefulset -o name); do\n  \
               kubectl -n {space} rollout status --timeout=15m \"$group\"\n\
             done{tasks}{hosts}"
        ),
    ));
    steps.extend(reached(plan, &nodes));
    steps
}

/// How an operator sees that Kubernetes is there, and what it survives.
fn whole(nodes: &Nodes<'_>) -> Step {
    let says = if nodes.servers.len() < 3 {
        Words::new(
            "See that every host is `Ready`. One server keeps what Kubernetes knows: while it is lost, pods run on, and nothing \
             replaces one that ends. Copies of what it keeps are in `/var/lib/rancher/k3s/server/db/snapshots`:",
            "确认所有主机均为 `Ready`。Kubernetes 的状态只保存在一台 server 上：它失联期间，现有 Pod 继续运行，但不会重建已终止的 Pod。\
             状态快照位于 `/var/lib/rancher/k3s/server/db/snapshots`：",
        )
    } else {
        Words::new(
            "See that every host is `Ready`. Of the three servers any one may be lost: a majority keeps what Kubernetes knows. \
             Copies of that are on each, in `/var/lib/rancher/k3s/server/db/snapshots`:",
            "确认所有主机均为 `Ready`。三台 server 中可以失去任意一台：多数派保存着 Kubernetes 的状态。每台 server 的 \
             `/var/lib/rancher/k3s/server/db/snapshots` 中都有状态快照：",
        )
    };
    Step {
        says,
        command: "kubectl get nodes".to_owned(),
    }
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
