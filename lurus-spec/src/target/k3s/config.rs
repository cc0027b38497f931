//! The files of a group, in one ConfigMap.
//!
//! In: the directories of a workload. Out: the data of the ConfigMap, and what each pod sees of it: where a file differs from
//! member to member, each has a folder of its own, called after its pod or its host.

use std::collections::BTreeMap;

use crate::file_tree::TextImpact;
use crate::plan::{ConfigDir, ConfigFile, Symbol, Workload};
use crate::target::k3s::fill::Filler;
use crate::target::k3s::mount::own_folder;
use crate::target::written::written;

/// A directory of files, as the pods of a group mount it.
pub(super) struct Directory<'a> {
    pub(super) dir: &'a ConfigDir,
    /// The keys of the ConfigMap, by the path in the volume.
    pub(super) items: BTreeMap<String, String>,
    /// Whether each member has files of its own.
    pub(super) of_member: bool,
    /// The file that each key of the ConfigMap has the text of.
    files: BTreeMap<String, &'a ConfigFile>,
}

impl Directory<'_> {
    /// What its component says of a change of each text, by their keys.
    pub(super) fn impacts(&self, workload: &Workload) -> BTreeMap<String, TextImpact> {
        let impact = |file: &ConfigFile| TextImpact {
            name: file.name.to_string(),
            cost: file.cost.clone(),
            keys: workload
                .key_costs
                .iter()
                .filter(|priced| priced.file == file.name)
                .map(|priced| (priced.key.clone(), priced.cost.clone()))
                .collect(),
        };
        let files = self.files.iter();
        files
            .map(|(key, file)| (key.clone(), impact(file)))
            .collect()
    }
}

/// The name of a group's ConfigMap.
pub(super) fn config_name(workload: &Workload) -> String {
    format!("{}-config", workload.name)
}

/// The files of a directory that its members read, as the template of a group mounts them; their texts go to `data`.
pub(super) fn directory<'a>(
    filler: &Filler<'_>,
    workload: &Workload,
    dir: &'a ConfigDir,
    data: &mut BTreeMap<String, String>,
) -> Directory<'a> {
    let read: Vec<&ConfigFile> = dir.files.iter().filter(|file| !file.for_tools).collect();
    let texts: Vec<Vec<String>> = read
        .iter()
        .map(|file| {
            // Without holes, all of them read what the first one reads.
            let members = &workload.members[..];
            let readers = match file.body.has_holes() {
                true => members,
                false => members.get(..1).unwrap_or_default(),
            };
            let read = readers.iter().map(|member| {
                let fill = |symbol: &Symbol| filler.in_file(workload, member, symbol);
                written(&filler.plan.cluster, &file.body, fill)
            });
            read.collect()
        })
        .collect();
    let alike = |texts: &Vec<String>| texts.windows(2).all(|pair| pair[0] == pair[1]);
    let of_member = !texts.iter().all(alike);
    let mut items = BTreeMap::new();
    let mut files = BTreeMap::new();
    let folder = dir.mount.file_name();
    for (file, texts) in read.into_iter().zip(texts) {
        let name = &file.name;
        if alike(&texts) {
            let key = format!("{folder}.{name}");
            files.insert(key.clone(), file);
            data.extend(texts.into_iter().next().map(|text| (key.clone(), text)));
            if of_member {
                for member in &workload.members {
                    items.insert(
                        format!("{}/{name}", own_folder(workload, member)),
                        key.clone(),
                    );
                }
            } else {
                items.insert(name.to_string(), key);
            }
            continue;
        }
        for (member, text) in workload.members.iter().zip(texts) {
            let own = own_folder(workload, member);
            let key = format!("{own}.{folder}.{name}");
            items.insert(format!("{own}/{name}"), key.clone());
            files.insert(key.clone(), file);
            data.insert(key, text);
        }
    }
    Directory {
        dir,
        items,
        of_member,
        files,
    }
}
