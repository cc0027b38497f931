//! The part of each host that is no container: files of its system, in the folders where they go.
//!
//! In: host services and kernel settings of a plan. Out: for each host that has any, a tree that is copied onto its root.

use std::collections::{BTreeMap, BTreeSet};

use crate::file_tree::{File, FileTree, Impact, TreePath, header};
use crate::literal::HostName;
use crate::plan::{Cost, KernelSetting, Member, Plan, Symbol};

/// The files of each host's system, by host.
pub(super) fn trees<'p>(
    plan: &'p Plan,
    fill: &dyn Fn(&Member, &Symbol) -> String,
) -> BTreeMap<&'p HostName, FileTree> {
    let mut trees: BTreeMap<&HostName, FileTree> = BTreeMap::new();
    for service in &plan.host_services {
        for member in &service.members {
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
                cost: Cost::Reload("sysctl --system".to_owned()),
            },
        );
    }
    trees
}

/// The settings that each host's kernel needs, with the members that want them.
fn kernel(plan: &Plan) -> BTreeMap<&HostName, BTreeMap<&KernelSetting, BTreeSet<String>>> {
    let of_workloads = plan
        .workloads
        .iter()
        .map(|workload| (&workload.members, &workload.kernel));
    let of_services = plan
        .host_services
        .iter()
        .map(|service| (&service.members, &service.kernel));
    let mut kernel: BTreeMap<_, BTreeMap<_, BTreeSet<String>>> = BTreeMap::new();
    for (members, settings) in of_workloads.chain(of_services) {
        for member in members {
            for setting in settings {
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
