//! What a change does to what runs: the old and the new compose project and the changed files in, a line for each step out.
//!
//! A compose file is compared service by service, because the whole file changes whenever one of its services does. It must not know any
//! product: what a changed file costs its readers was said by the component.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::sync::{FileDiff, Kind};
use lurus_spec::plan::Cost;
use serde_json::Value;

use super::key::costs;

/// What one compose file says, or those of a folder together, of what a change can be seen in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Project {
    name: Option<String>,
    services: BTreeMap<String, Value>,
    networks: BTreeMap<String, Value>,
    volumes: BTreeMap<String, Value>,
}

/// One line of the price.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// What has to be done.
    pub(super) step: Step,
    /// To what, because of what, and how.
    pub(super) text: String,
}

/// What has to be done, from the most dangerous to the mildest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// Data or identity would be lost, emptied or split.
    Danger,
    /// Steps over the whole cluster, in an order.
    Procedure,
    /// Containers that are stopped and not started again, and objects that are described no more.
    Removed,
    /// Containers that are made anew.
    Recreate,
    /// Programs that start anew.
    Restart,
    /// Programs that are told to read their files again.
    Reload,
    /// Objects that are replaced while everything that runs goes on.
    Apply,
    /// Containers that there were not.
    New,
    /// Files that no running program reads.
    Nothing,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Danger => "danger",
            Step::Procedure => "procedure",
            Step::Removed => "removed",
            Step::Recreate => "recreate",
            Step::Restart => "restart",
            Step::Reload => "reload",
            Step::Apply => "apply",
            Step::New => "new",
            Step::Nothing => "no effect",
        })
    }
}

/// The label with which a compose service says to which component it belongs.
const COMPONENT: &str = "lurus.component";
/// The label with which a compose service says that its files changed.
const DIGEST: &str = "lurus.config";

impl Project {
    /// Reads a compose file.
    ///
    /// # Errors
    /// A file that is no YAML, as the reader says it.
    pub(crate) fn read(text: &str) -> Result<Project, String> {
        // The files are our own: there is no budget to hold.
        let options = serde_yaml::options! { budget: None };
        let mut value: Value =
            serde_yaml::from_str_with_options(text, options).map_err(|error| error.to_string())?;
        let mut entries = |key: &str| match value[key].take() {
            Value::Object(entries) => entries.into_iter().collect(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => BTreeMap::new(),
        };
        Ok(Project {
            services: entries("services"),
            networks: entries("networks"),
            volumes: entries("volumes"),
            name: value["name"].as_str().map(str::to_owned),
        })
    }

    /// Compose files that are started together.
    pub(super) fn of<'a>(files: impl IntoIterator<Item = &'a Project>) -> Project {
        let mut whole = Project::default();
        for file in files {
            let Project {
                name,
                services,
                networks,
                volumes,
            } = file.clone();
            whole.name = name.or(whole.name);
            whole.services.extend(services);
            whole.networks.extend(networks);
            whole.volumes.extend(volumes);
        }
        whole
    }

    /// Whether this project has a service that `before` had not, or had otherwise.
    pub(super) fn makes_anew(&self, before: &Project, service: &str) -> bool {
        let now = self.services.get(service);
        now.is_some() && now != before.services.get(service)
    }

    /// The components of services that come, go or change until `after`.
    pub(super) fn changed_components(&self, after: &Project) -> BTreeSet<String> {
        let services = self.services.iter().chain(&after.services);
        services
            .filter(|(name, _)| self.services.get(*name) != after.services.get(*name))
            .filter_map(|(_, service)| service["labels"][COMPONENT].as_str())
            .map(str::to_owned)
            .collect()
    }

    /// The components whose services have other volumes in `after`.
    pub(super) fn endangered_components(&self, after: &Project) -> BTreeSet<String> {
        let is_renamed = self.name != after.name;
        let differs = |volume: &String| {
            is_renamed || self.volumes.contains_key(volume) != after.volumes.contains_key(volume)
        };
        let volumes = self.volumes.keys().chain(after.volumes.keys());
        let volumes: Vec<&String> = volumes.filter(|volume| differs(volume)).collect();
        let services = self.services.values().chain(after.services.values());
        services
            .filter(|service| volumes.iter().any(|volume| mounts(service, volume)))
            .filter_map(|service| service["labels"][COMPONENT].as_str())
            .map(str::to_owned)
            .collect()
    }
}

/// What is to be done in a place, the most dangerous first. `files` are the changed files other than compose files, each with its path
/// from the folder of the compose files.
pub(super) fn effects(old: &Project, new: &Project, files: &[(&str, &FileDiff)]) -> Vec<Line> {
    let mut lines = identities(old, new);
    let mut by_service: BTreeMap<&str, BTreeMap<Cost, BTreeSet<String>>> = BTreeMap::new();
    let mut steps: BTreeMap<(&str, Cost), BTreeSet<String>> = BTreeMap::new();
    let mut told: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut unread = BTreeSet::new();
    for (path, diff) in files {
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        let mut readers: BTreeMap<&str, Cost> = BTreeMap::new();
        for (service, definition) in &new.services {
            let context = definition["build"]["context"].as_str();
            let is_built_from = context
                .map(|folder| folder.trim_start_matches("./"))
                .is_some_and(|folder| path.starts_with(&format!("{folder}/")));
            if is_built_from {
                readers.insert(service, Cost::Recreate);
            }
        }
        let mut is_told = false;
        match &diff.impact {
            Some(impact) => {
                for (cost, keys) in costs(diff, impact) {
                    is_told |= cost != Cost::Nothing;
                    for workload in &impact.workloads {
                        // No program there had this file before, whose steps could be followed.
                        let is_first = diff.kind == Kind::Added
                            && old.services.contains_key(workload)
                            && new.services.contains_key(workload);
                        let cost = match is_first {
                            true => cost.clone().min(Cost::Recreate),
                            false => cost.clone(),
                        };
                        if keys.is_empty() || !has_steps(&cost) {
                            let whole = readers.entry(workload).or_default();
                            *whole = whole.clone().max(cost);
                        } else {
                            let keys = keys.iter().map(|key| format!("{key} in {name}"));
                            let step = steps.entry((workload.as_str(), cost));
                            step.or_default().extend(keys);
                            told.entry(workload).or_default().insert(name.clone());
                        }
                    }
                    if impact.workloads.is_empty() && cost != Cost::Nothing {
                        lines.push(line(&cost, path, ""));
                    }
                }
            }
            // What read a deleted file is told by its folder.
            None => {
                is_told = path.split('/').any(|part| old.services.contains_key(part));
                readers.extend(
                    path.split('/')
                        .filter(|part| new.services.contains_key(*part))
                        .map(|service| (service, Cost::Recreate)),
                );
            }
        }
        readers.retain(|_, cost| *cost != Cost::Nothing);
        if readers.is_empty() && !is_told {
            unread.insert((*path).to_owned());
        }
        for (reader, cost) in readers {
            let costs = by_service.entry(reader).or_default();
            costs.entry(cost).or_default().insert(name.clone());
        }
    }
    for (service, definition) in &new.services {
        let Some(before) = old.services.get(service) else {
            continue;
        };
        if before != definition {
            let costs = by_service.entry(service).or_default();
            let mut causes = changed_keys(before, definition);
            if causes.is_empty() && costs.is_empty() {
                // Only the digest of its files: of those that are told in steps.
                causes = told.remove(service.as_str()).unwrap_or_default();
            }
            costs.entry(Cost::Recreate).or_default().extend(causes);
        }
    }
    let is_new = |service: &&str| {
        new.services.contains_key(*service) && !old.services.contains_key(*service)
    };
    let added: Vec<&str> = new
        .services
        .keys()
        .map(String::as_str)
        .filter(is_new)
        .collect();
    let removed: Vec<&str> = old
        .services
        .keys()
        .map(String::as_str)
        .filter(|service| !new.services.contains_key(*service))
        .collect();
    for (step, services) in [(Step::New, added), (Step::Removed, removed)] {
        if !services.is_empty() {
            lines.push(Line {
                step,
                text: ranges(&services),
            });
        }
    }
    // A new container reads its files anyway.
    let mut groups: BTreeMap<(Cost, BTreeSet<String>), Vec<&str>> = BTreeMap::new();
    let steps = steps
        .into_iter()
        .map(|((service, cost), causes)| (service, (cost, causes)));
    let files = by_service.into_iter().flat_map(|(service, costs)| {
        let costs = together(costs).into_iter();
        costs.map(move |key| (service, key))
    });
    for (service, key) in files.chain(steps) {
        if !is_new(&service) {
            groups.entry(key).or_default().push(service);
        }
    }
    for ((cost, causes), services) in groups {
        let causes: Vec<String> = causes.into_iter().collect();
        let because = format!(" ({})", causes.join(", "));
        lines.push(line(&cost, &ranges(&services), &because));
    }
    if !unread.is_empty() {
        let paths: Vec<String> = unread.into_iter().collect();
        lines.push(Line {
            step: Step::Nothing,
            text: paths.join(", "),
        });
    }
    lines.sort_by_key(|line| line.step);
    lines
}

/// What the causes of one service cost together: the dearest of them does what the others ask for as well, unless they are
/// reloads, or steps, each with words of their own.
fn together(mut costs: BTreeMap<Cost, BTreeSet<String>>) -> Vec<(Cost, BTreeSet<String>)> {
    match costs.keys().next_back() {
        None | Some(Cost::Nothing | Cost::Reload(_)) => costs.into_iter().collect(),
        Some(Cost::Restart | Cost::Recreate | Cost::Procedure(_) | Cost::DataDanger(_)) => {
            let Some((dearest, mut causes)) = costs.pop_last() else {
                return Vec::new();
            };
            let (own, covered): (Vec<_>, Vec<_>) =
                costs.into_iter().partition(|(cost, _)| has_steps(cost));
            causes.extend(covered.into_iter().flat_map(|(_, causes)| causes));
            own.into_iter().chain([(dearest, causes)]).collect()
        }
    }
}

/// Whether a cost has steps of its own, which no dearer one takes the place of.
fn has_steps(cost: &Cost) -> bool {
    match cost {
        Cost::Procedure(_) | Cost::DataDanger(_) => true,
        Cost::Nothing | Cost::Reload(_) | Cost::Restart | Cost::Recreate => false,
    }
}

/// The line of a cost that something has because of something.
pub(super) fn line(cost: &Cost, what: &str, because: &str) -> Line {
    let (step, how) = match cost {
        Cost::Nothing => (Step::Nothing, None),
        Cost::Reload(how) => (Step::Reload, Some(how.clone())),
        Cost::Restart => (Step::Restart, None),
        Cost::Recreate => (Step::Recreate, None),
        Cost::Procedure(how) => (Step::Procedure, Some(how.to_string())),
        Cost::DataDanger(how) => (Step::Danger, Some(how.to_string())),
    };
    let how = how.map_or_else(String::new, |how| format!(": {how}"));
    Line {
        step,
        text: format!("{what}{because}{how}"),
    }
}

/// Changes of what has a name on the engine: the project, its volumes and its networks.
fn identities(old: &Project, new: &Project) -> Vec<Line> {
    let mut lines = Vec::new();
    let danger = |text| Line {
        step: Step::Danger,
        text,
    };
    if let (Some(before), Some(after)) = (&old.name, &new.name)
        && before != after
    {
        lines.push(danger(format!(
            "the project {before} becomes {after}: every volume of it starts empty, and the containers of {before} run on until `docker compose --project-name {before} down`"
        )));
    }
    for volume in old
        .volumes
        .keys()
        .filter(|name| !new.volumes.contains_key(*name))
    {
        lines.push(danger(format!(
            "nothing uses volume {volume} any more: its data stays on the engine, unread"
        )));
    }
    for volume in new
        .volumes
        .keys()
        .filter(|name| !old.volumes.contains_key(*name))
    {
        let users: Vec<&str> = new
            .services
            .iter()
            .filter(|(service, definition)| {
                old.services.contains_key(*service) && mounts(definition, volume)
            })
            .map(|(service, _)| service.as_str())
            .collect();
        if !users.is_empty() {
            lines.push(danger(format!(
                "volume {volume} of {} is a new one, and empty: what is kept now is not in it",
                ranges(&users)
            )));
        }
    }
    for (network, definition) in &new.networks {
        if old
            .networks
            .get(network)
            .is_some_and(|before| before != definition)
        {
            lines.push(Line {
                step: Step::Procedure,
                text: format!("network {network} is made anew: `down` and `up`, since every service on it has to leave it"),
            });
        }
    }
    lines
}

fn mounts(definition: &Value, volume: &str) -> bool {
    definition["volumes"].as_array().is_some_and(|mounts| {
        mounts
            .iter()
            .filter_map(Value::as_str)
            .any(|mount| mount.split(':').next() == Some(volume))
    })
}

/// The keys in which two definitions of a service differ; of variables and labels, their names. The digest of the files is left out,
/// because the files say it themselves.
fn changed_keys(before: &Value, after: &Value) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for key in keys_of(before).chain(keys_of(after)) {
        let (before, after) = (&before[key], &after[key]);
        if before == after {
            continue;
        }
        match key {
            "environment" | "labels" => keys.extend(
                keys_of(before)
                    .chain(keys_of(after))
                    .filter(|name| before[*name] != after[*name] && *name != DIGEST)
                    .map(str::to_owned),
            ),
            key => drop(keys.insert(key.to_owned())),
        }
    }
    keys
}

fn keys_of(value: &Value) -> impl Iterator<Item = &str> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str())
}

/// Names with runs of numbers drawn together: `redis-1..redis-6, redis-form`.
pub(super) fn ranges(names: &[&str]) -> String {
    let mut parts: Vec<(&str, Option<u32>)> = names
        .iter()
        .map(|name| match name.rsplit_once('-') {
            Some((stem, number)) => match number.parse() {
                Ok(number) => (stem, Some(number)),
                Err(_) => (*name, None),
            },
            None => (*name, None),
        })
        .collect();
    parts.sort_unstable();
    let mut out = Vec::new();
    let mut rest = parts.as_slice();
    while let Some((stem, first)) = rest.first() {
        let Some(first) = first else {
            out.push((*stem).to_owned());
            rest = &rest[1..];
            continue;
        };
        let run = (*first..)
            .zip(rest)
            .take_while(|(number, part)| part == &&(*stem, Some(*number)))
            .count();
        let last = rest[run - 1].1.unwrap_or(*first);
        match run {
            1 => out.push(format!("{stem}-{first}")),
            2 => out.extend([format!("{stem}-{first}"), format!("{stem}-{last}")]),
            _ => out.push(format!("{stem}-{first}..{stem}-{last}")),
        }
        rest = &rest[run..];
    }
    out.join(", ")
}

#[cfg(test)]
mod tests;
