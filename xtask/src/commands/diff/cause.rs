//! Why files change: the old and the new record of a description and the changed files in, each change of the description with
//! how many files and objects of each target follow from it out.
//!
//! A file follows from what was said of the component that owns it. Where nothing new was said of that one, it follows from what
//! was said of components that its owner talks with; and where that is nothing either, or nobody owns the file, from anything
//! that was said. Of several changes that may each have made a file, none is guessed: the file is counted under all of them
//! together. This module must not know any product.

use std::collections::{BTreeMap, BTreeSet};

use crate::sync::FileDiff;
use lurus_spec::Compiled;
use lurus_spec::plan::Plan;
use lurus_spec::record::{Change, NAME, Record, Subject};

use super::effect::Project;
use super::objects::Objects;
use crate::commands::options;
use crate::terminal::count;

/// Changes of the description, and the files that follow from any of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cause {
    /// The changes, as a person reads them; none where the description says what it said before.
    pub(super) changes: Vec<String>,
    /// Whether these are all changes that there are, of more than one.
    pub(super) everything: bool,
    /// How many files and objects, by target: `hosts: 9 files on 3 hosts; k3s: 1 ConfigMap; local: 7 files`.
    pub(super) files: String,
}

/// A changed file, with the components that own what changed in it.
pub(super) struct Owned<'a> {
    /// The path from the folder of the cluster.
    pub(super) path: &'a str,
    /// Their names.
    pub(super) owners: BTreeSet<String>,
    /// The objects that change in it; `None` where it is a file and nothing else.
    pub(super) objects: Option<Objects>,
}

/// The components that own what changed in a file, none where it belongs to no component alone.
pub(super) fn owners(
    compiled: &Compiled,
    diff: &FileDiff,
    before: &Project,
    after: &Project,
) -> BTreeSet<String> {
    let members: BTreeSet<&str> = match &diff.impact {
        Some(impact) => impact.workloads.iter().map(String::as_str).collect(),
        // What read a deleted file is told by its folder.
        None => diff.path.as_str().split('/').collect(),
    };
    let of_members = compiled.plans.values().flat_map(|plan| {
        let of_workloads = plan.workloads.iter().flat_map(|workload| {
            let names = workload.members.iter().map(|member| &member.name);
            // A target that writes a group as one thing knows it by the group's name.
            let names = names.chain([&workload.name]);
            names.map(move |name| (name, &workload.component))
        });
        let of_hosts = plan.host_services.iter();
        of_workloads.chain(of_hosts.map(|service| (&service.member.name, &service.component)))
    });
    let of_services = before.changed_components(after);
    if of_services.is_empty() {
        of_members
            .filter(|(member, _)| members.contains(member.as_str()))
            .map(|(_, component)| component.to_string())
            .collect()
    } else {
        of_services
    }
}

/// What the changed files of a cluster follow from: single changes first.
pub(super) fn causes(compiled: &Compiled, old: &Record, files: &[Owned<'_>]) -> Vec<Cause> {
    let sayings = sayings(compiled, &old.changes(&compiled.record));
    let follow_from = |components: &BTreeSet<String>| -> BTreeSet<usize> {
        let may_be = |saying: &Saying| match &saying.about {
            Some(about) => !about.is_disjoint(components),
            None => true,
        };
        let all = sayings.iter().enumerate();
        all.filter(|(_, saying)| may_be(saying))
            .map(|(number, _)| number)
            .collect()
    };
    let of_a_component = |causes: &BTreeSet<usize>| {
        let mut causes = causes.iter();
        causes.any(|number| sayings[*number].about.is_some())
    };
    let mut groups: BTreeMap<BTreeSet<usize>, Vec<&Owned<'_>>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.path != NAME) {
        let mut from = follow_from(&file.owners);
        if !of_a_component(&from) {
            let plans = compiled.plans.values();
            let near = plans
                .flat_map(|plan| neighbours(plan, &file.owners))
                .collect();
            from = follow_from(&near);
        }
        if !of_a_component(&from) {
            from = (0..sayings.len()).collect();
        }
        groups.entry(from).or_default().push(file);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(from, _)| from.len());
    groups
        .into_iter()
        .map(|(from, files)| Cause {
            everything: from.len() > 1 && from.len() == sayings.len(),
            changes: from
                .iter()
                .map(|number| sayings[*number].line.clone())
                .collect(),
            files: counted(compiled, &files),
        })
        .collect()
}

/// One thing that is said anew, of one subject or, in the same words, of several components.
struct Saying {
    /// `redis max_memory 768MiB → 1GiB (spec/minimal.rs:61); costs a new container`
    line: String,
    /// The components that it is about; `None` where it may be about any.
    about: Option<BTreeSet<String>>,
}

/// What changes say. A host that is added to a list from which many components are placed is one thing, not many.
fn sayings(compiled: &Compiled, changes: &[Change]) -> Vec<Saying> {
    let mut alike: Vec<Vec<&Change>> = Vec::new();
    for change in changes {
        let same = alike.iter_mut().find(|group| {
            let first = group[0];
            let words = |of: &Change| (of.option.clone(), of.difference(), of.cost);
            let of_components = |of: &Change| matches!(of.subject, Subject::Component(_));
            of_components(first) && of_components(change) && words(first) == words(change)
        });
        match same {
            Some(group) => group.push(change),
            None => alike.push(vec![change]),
        }
    }
    let plans = || compiled.plans.values();
    let about = |change: &&Change| match &change.subject {
        Subject::Component(name) => Some(BTreeSet::from([name.clone()])),
        Subject::Image(name) => Some(plans().flat_map(|plan| runners(plan, name)).collect()),
        Subject::Cluster | Subject::Host(_) | Subject::Network(_) => None,
    };
    let saying = |group: Vec<&Change>| Saying {
        line: said(&group),
        about: group
            .iter()
            .map(about)
            .collect::<Option<Vec<_>>>()
            .map(|about| about.into_iter().flatten().collect()),
    };
    alike.into_iter().map(saying).collect()
}

/// `redis max_memory 768MiB → 1GiB (spec/minimal.rs:61); costs a new container`
fn said(changes: &[&Change]) -> String {
    let subjects: Vec<String> = changes
        .iter()
        .map(|change| change.subject.to_string())
        .collect();
    let mut text = changes[0].said_of(&subjects.join(", "));
    let mut places: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for origin in changes.iter().filter_map(|change| change.origin.as_ref()) {
        places.entry(&origin.file).or_default().insert(origin.line);
    }
    if !places.is_empty() {
        let places = places.iter().map(|(file, lines)| {
            let lines: Vec<String> = lines.iter().map(u32::to_string).collect();
            format!("{file}:{}", lines.join(", "))
        });
        text += &format!(" ({})", places.collect::<Vec<_>>().join("; "));
    }
    if let Some(cost) = changes[0].cost {
        text += &format!("; costs {}", options::cost(cost));
    }
    if let Some(instead) = changes[0].instead {
        text += &format!(": {instead}");
    }
    text
}

/// The components that run the image that is pinned under a name.
fn runners<'p>(plan: &'p Plan, image: &str) -> impl Iterator<Item = String> + use<'p> {
    let image = plan.inventory.image(image).map(|pin| &pin.image);
    plan.workloads
        .iter()
        .filter(move |workload| Some(&workload.image) == image)
        .map(|workload| workload.component.to_string())
}

/// The components that connect to one of these, or to which one of these connects.
fn neighbours(plan: &Plan, components: &BTreeSet<String>) -> BTreeSet<String> {
    let of_group: BTreeMap<_, _> = plan
        .declared
        .iter()
        .map(|(group, declared)| (group, declared.component.as_str()))
        .collect();
    let ends = plan.flows.iter().filter_map(|flow| {
        let (from, to) = (of_group.get(&flow.from)?, of_group.get(&flow.to)?);
        Some((*from, *to))
    });
    ends.flat_map(|(from, to)| [(from, to), (to, from)])
        .filter(|(one, _)| components.contains(*one))
        .map(|(_, other)| other.to_owned())
        .collect()
}

/// Of one target, what changes.
#[derive(Default)]
struct Count<'a> {
    files: usize,
    hosts: BTreeSet<&'a str>,
    objects: BTreeMap<&'a str, usize>,
}

/// Files by target, and by host where a target has a folder for each, and objects by kind; the rest are for people.
fn counted(compiled: &Compiled, files: &[&Owned<'_>]) -> String {
    let mut by_target: BTreeMap<&str, Count<'_>> = BTreeMap::new();
    for Owned { path, objects, .. } in files {
        let mut parts = path.split('/');
        let target = parts
            .next()
            .filter(|part| compiled.plans.contains_key(part));
        let count = by_target.entry(target.unwrap_or_default()).or_default();
        if let Some(objects) = objects {
            for (kind, number) in objects.by_kind() {
                *count.objects.entry(kind).or_default() += number;
            }
            continue;
        }
        count.files += 1;
        let is_host = |part: &&str| {
            let of_plan = target.and_then(|target| compiled.plans.get(target));
            of_plan.is_some_and(|plan| {
                let mut known = plan.inventory.hosts().iter();
                known.any(|host| host.name.as_str() == *part)
            })
        };
        count.hosts.extend(parts.next().filter(is_host));
    }
    let people = by_target.remove("").map(|count| ("book", count));
    let said = by_target.into_iter().chain(people).map(|(target, found)| {
        let files = count(found.files, "file");
        let files = match (found.files, found.hosts.len()) {
            (0, _) => None,
            (_, 0) => Some(files),
            (_, hosts) => Some(format!("{files} on {}", count(hosts, "host"))),
        };
        let objects = found.objects.iter();
        let objects = objects.map(|(kind, number)| match (kind.strip_suffix('y'), number) {
            (Some(stem), 2..) => format!("{number} {stem}ies"),
            (Some(_) | None, number) => count(*number, kind),
        });
        let all: Vec<String> = files.into_iter().chain(objects).collect();
        format!("{target}: {}", all.join(", "))
    });
    said.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
