//! The part of each host that is no container: files of its system, in the folders where they go.
//!
//! In: host services and kernel settings of a plan. Out: for each host that has any, a tree that is copied onto its root.

use std::collections::{BTreeMap, BTreeSet};

use crate::file_tree::{File, FileTree, Impact, TreePath, header};
use crate::literal::HostName;
use crate::plan::{Cost, KernelSetting, Member, Plan, Symbol};
use crate::target::Step;
use crate::words::Words;

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
                },
            );
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
            },
        );
    }
    trees
}

/// What a host's system needs besides files.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct SetUp<'a> {
    packages: BTreeSet<&'a str>,
    units: BTreeSet<&'a str>,
    kernel: bool,
}

/// How hosts are set up; none where nothing runs.
pub(super) fn start(plan: &Plan) -> Option<Step> {
    let mut hosts: BTreeMap<&HostName, SetUp<'_>> = BTreeMap::new();
    for member in plan.workloads.iter().flat_map(|workload| &workload.members) {
        hosts.entry(&member.host).or_default();
    }
    for service in &plan.host_services {
        let host = hosts.entry(&service.member.host).or_default();
        host.packages.extend(service.packages.iter().copied());
        host.units.insert(service.unit);
    }
    for host in kernel(plan).into_keys() {
        hosts.entry(host).or_default().kernel = true;
    }
    let mut alike: BTreeMap<SetUp<'_>, Vec<&str>> = BTreeMap::new();
    for (host, set_up) in hosts {
        alike.entry(set_up).or_default().push(host.as_str());
    }
    let loops: Vec<String> = alike
        .into_iter()
        .map(|(set_up, hosts)| set_up.command(plan, &hosts))
        .collect();
    (!loops.is_empty()).then(|| Step {
        says: Words::new(
            "Set up the systems of the hosts, before anything runs on them. The packet filter keeps SSH open:",
            "在启动服务之前，先配置各主机的系统。数据包过滤规则会保留 SSH：",
        ),
        command: loops.join("\n"),
    })
}

impl SetUp<'_> {
    /// The same for each of these hosts.
    fn command(mut self, plan: &Plan, hosts: &[&str]) -> String {
        let cluster = &plan.cluster;
        self.packages.insert("nftables");
        self.units.insert("nftables");
        let words = |words: &BTreeSet<&str>| words.iter().copied().collect::<Vec<_>>().join(" ");
        let units = words(&self.units);
        let kernel = if self.kernel {
            " && sudo sysctl --system"
        } else {
            ""
        };
        format!(
            "for host in {}; do\n  \
               rsync -a --delete \"generated/{cluster}/hosts/$host/system/\" \"$host:{cluster}-system/\"\n  \
               ssh \"$host\" 'sudo apt-get install -y {} && cd {cluster}-system && sudo nft -c -f etc/nftables.conf && sudo cp -r etc /{kernel} && sudo systemctl enable {units} && sudo systemctl reload-or-restart {units}'\n\
             done",
            hosts.join(" "),
            words(&self.packages),
        )
    }
}

/// The settings that each host's kernel needs, with the members that want them.
fn kernel(plan: &Plan) -> BTreeMap<&HostName, BTreeMap<&KernelSetting, BTreeSet<String>>> {
    let mut kernel: BTreeMap<_, BTreeMap<_, BTreeSet<String>>> = BTreeMap::new();
    for workload in &plan.workloads {
        for member in &workload.members {
            for setting in &workload.kernel {
                kernel
                    .entry(&member.host)
                    .or_default()
                    .entry(setting)
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
    TreePath::new(path)
        .and_then(|path| tree.insert(path, file))
        .expect("paths are checked, and no two parts of a plan write one file");
}
