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

/// How hosts are set up, where there is anything to set up.
pub(super) fn start(plan: &Plan) -> Option<Step> {
    let cluster = &plan.cluster;
    let services = || plan.host_services.iter();
    let kernel = kernel(plan);
    let hosts: BTreeSet<&HostName> = services()
        .map(|service| &service.member.host)
        .chain(kernel.keys().copied())
        .collect();
    if hosts.is_empty() {
        return None;
    }
    let folders: BTreeSet<&str> = services()
        .flat_map(|service| &service.files)
        .filter_map(|file| file.path.as_str()[1..].rsplit_once('/'))
        .map(|(folder, _)| folder)
        .chain((!kernel.is_empty()).then_some("etc/sysctl.d"))
        .collect();
    let packages: BTreeSet<&str> = services()
        .flat_map(|service| service.packages.iter().copied())
        .collect();
    let units: BTreeSet<&str> = services().map(|service| service.unit).collect();
    let words = |head: &str, words: &BTreeSet<&str>| {
        let words: Vec<&str> = words.iter().copied().collect();
        (!words.is_empty()).then(|| format!("{head} {}", words.join(" ")))
    };
    let copy = format!("cd {cluster}-system && sudo cp --parents -r");
    let remote: Vec<String> = words("sudo apt-get install -y", &packages)
        .into_iter()
        .chain(words(&copy, &folders).map(|copy| format!("{copy} /")))
        .chain(std::iter::once("sudo sysctl --system".to_owned()))
        .chain(words("sudo systemctl enable", &units))
        .chain(words("sudo systemctl reload-or-restart", &units))
        .collect();
    let hosts: Vec<&str> = hosts.iter().map(|host| host.as_str()).collect();
    Some(Step {
        says: Words::new(
            "Set up the systems of the hosts, before anything runs on them:",
            "在启动服务之前，先配置各主机的系统：",
        ),
        command: format!(
            "for host in {}; do\n  \
               rsync -a --delete \"generated/{cluster}/hosts/$host/system/\" \"$host:{cluster}-system/\"\n  \
               ssh \"$host\" '{}'\n\
             done",
            hosts.join(" "),
            remote.join(" && "),
        ),
    })
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
