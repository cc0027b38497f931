//! The part of each host that is no container: files of its system, in the folders where they go.
//!
//! In: host services and kernel settings of a plan. Out: for each host a tree that is copied onto its root, the list of all hosts, and
//! how they are set up.

use std::collections::{BTreeMap, BTreeSet};

use crate::file_tree::{File, FileTree, Impact, TreePath, header};
use crate::literal::HostName;
use crate::plan::{Cost, KernelSetting, Member, Plan, Symbol};
use crate::target::hosts::time_servers::TimeServers;
use crate::target::hosts::{Hosts, baseline};
use crate::target::{Step, Target as _};
use crate::words::Words;
use crate::yaml::{Node, document, map, seq};

/// The files of each host's system, by host.
pub(super) fn trees<'p>(
    plan: &'p Plan,
    fill: &dyn Fn(&Member, &Symbol) -> String,
) -> BTreeMap<&'p HostName, FileTree> {
    let mut trees: BTreeMap<&HostName, FileTree> = BTreeMap::new();
    for service in &plan.host_services {
        let member = &service.member;
        for file in &service.files {
            let body = file.body.resolve(|symbol| fill(member, symbol));
            put(
                trees.entry(&member.host).or_default(),
                &file.path.as_str()[1..],
                format!("# {}\n{body}", header(&plan.cluster)),
                Impact {
                    workloads: BTreeSet::from([member.name.to_string()]),
                    cost: file.cost.clone(),
                    ..Impact::default()
                },
            );
        }
    }
    let time_servers = TimeServers::of(plan);
    for host in baseline::used(plan) {
        for (path, file) in baseline::files(plan, &time_servers, host) {
            insert(trees.entry(host).or_default(), &path, file);
        }
    }
    for (host, wanted) in kernel(plan) {
        let readers = wanted.values().flatten().cloned().collect();
        let lines: Vec<String> = wanted
            .keys()
            .map(|setting| format!("\n# {}\n{} = {}\n", setting.why, setting.key, setting.value))
            .collect();
        put(
            trees.entry(host).or_default(),
            &format!("etc/sysctl.d/60-lurus-{}.conf", plan.cluster),
            format!("# {}\n{}", header(&plan.cluster), lines.concat()),
            Impact {
                workloads: readers,
                cost: Cost::Procedure(Words::new(
                    "copy it to the host and run `sysctl --system`",
                    "复制到主机并运行 `sysctl --system`",
                )),
                ..Impact::default()
            },
        );
    }
    trees
}

/// How hosts are set up; none where nothing runs.
pub(super) fn start(plan: &Plan) -> Option<Step> {
    if baseline::used(plan).is_empty() {
        return None;
    }
    let cluster = &plan.cluster;
    let folder = format!("generated/{cluster}/{}", Hosts.name());
    let own = format!("{folder}/{{{{ inventory_hostname }}}}/system/etc");
    let all =
        |module: &str, arguments: &str| format!("ansible all -b -m {module} -a \"{arguments}\"");
    let command = [
        format!("export ANSIBLE_INVENTORY={folder}/{INVENTORY}"),
        all("command", "docker compose version"),
        all(
            "apt",
            "name={{ lurus_packages | join(',') }} update_cache=true",
        ),
        all(
            "copy",
            &format!("src={own}/nftables.conf dest=/etc/nftables.conf validate='nft -c -f %s'"),
        ),
        all("copy", &format!("src={own}/ dest=/etc/ mode=preserve")),
        all(
            "blockinfile",
            &format!("path=/etc/hosts marker='# {{mark}} {cluster}' block={{{{ lurus_names }}}}"),
        ),
        all("command", "sysctl --system"),
        all("command", "systemctl daemon-reload"),
        all("command", "systemctl enable {{ lurus_units | join(' ') }}"),
        all(
            "command",
            "systemctl reload-or-restart {{ lurus_units | join(' ') }}",
        ),
        all("command", "systemctl reload docker"),
        all("command", "systemctl restart docker") + " --forks 1",
    ];
    Some(Step {
        says: Words::new(
            "Set up the systems of the hosts before anything runs on them. Each line has to succeed on every host before the next one; the first asks for Docker and its compose plugin, which are yours to [install](https://docs.docker.com/engine/install/). The packet filter keeps SSH open; engines are reloaded before they are restarted, so that they leave their containers running:",
            "在启动服务之前，先配置各主机的系统。每一行都要在所有主机上成功，才能执行下一行；第一行检查 Docker 及其 compose 插件，它们须由您自行[安装](https://docs.docker.com/engine/install/)。数据包过滤规则会保留 SSH；引擎先重新加载再重启，因此容器会继续运行：",
        ),
        command: command.join("\n"),
    })
}

/// The name of the file with all hosts.
pub(super) const INVENTORY: &str = "inventory.yml";

/// All hosts, as Ansible reads them: how they are reached, and what their systems need.
pub(super) fn inventory(plan: &Plan) -> File {
    let hosts = baseline::used(plan).into_iter().map(|host| {
        let services = || {
            let services = plan.host_services.iter();
            services.filter(|service| &service.member.host == host)
        };
        let packages: BTreeSet<&str> = baseline::PACKAGES
            .into_iter()
            .chain(services().flat_map(|service| service.packages.iter().copied()))
            .collect();
        let own: BTreeSet<&str> = services().map(|service| service.unit).collect();
        let units = baseline::UNITS.into_iter().chain(own);
        let site = &plan.inventory;
        let host_named = site.host_named(host);
        let mut networks = site.networks().iter();
        let address = networks.find_map(|network| host_named?.address_on(&network.name));
        let vars = Node::empty_map()
            .with_some(
                "ansible_host",
                address.map(|address| address.ip.to_string()),
            )
            .with("lurus_packages", seq(packages))
            .with("lurus_units", seq(units));
        (host.to_string(), vars)
    });
    let all =
        map([("hosts", map(hosts))]).with("vars", map([("lurus_names", baseline::names(plan))]));
    File {
        text: document(&header(&plan.cluster), &map([("all", all)])),
        ..File::default()
    }
}

/// The settings that each host's kernel needs, with the members that want them.
fn kernel(plan: &Plan) -> BTreeMap<&HostName, BTreeMap<KernelSetting, BTreeSet<String>>> {
    let mut kernel: BTreeMap<_, BTreeMap<_, BTreeSet<String>>> = BTreeMap::new();
    for host in baseline::used(plan) {
        let settings: &mut BTreeMap<_, _> = kernel.entry(host).or_default();
        for setting in baseline::kernel() {
            settings.insert(setting, BTreeSet::from(["the host itself".to_owned()]));
        }
    }
    for workload in &plan.workloads {
        for member in &workload.members {
            for setting in &workload.kernel {
                kernel
                    .entry(&member.host)
                    .or_default()
                    .entry(setting.clone())
                    .or_default()
                    .insert(member.name.to_string());
            }
        }
    }
    kernel
}

fn put(tree: &mut FileTree, path: &str, text: String, impact: Impact) {
    let file = File {
        text,
        executable: false,
        impact,
    };
    insert(tree, path, file);
}

fn insert(tree: &mut FileTree, path: &str, file: File) {
    TreePath::new(path)
        .and_then(|path| tree.insert(path, file))
        .expect("paths are checked, and no two parts of a plan write one file");
}
