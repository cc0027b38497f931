//! Objects of Kubernetes in a changed file: both of its texts in, which objects change, and what applying them does to what
//! runs, out.
//!
//! A manifest is compared object by object, because most of a group's objects stay as they are when one changes. Any change of
//! a group's files makes its pods anew, so that no program has to be told of it. What its component says of a file is said
//! here only where that does not bring the change about, or goes on in another order. It must not know any product.

mod object;

use std::collections::{BTreeMap, BTreeSet};

use crate::sync::FileDiff;
use lurus_spec::file_tree::Impact;
use lurus_spec::plan::Cost;
use serde_json::Value;

use super::effect::{Line, Step, line, ranges};
use super::key::of_texts;
use object::Object;

/// The objects of a file that come, go or change, each by its kind and its name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Objects {
    changed: BTreeMap<(String, String), Change>,
}

/// An object as it was and as it will be; `null` where there is none.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    before: Value,
    after: Value,
}

/// What changes in a ConfigMap.
#[derive(Default)]
struct Texts {
    /// `a.conf in ConfigMap a-config`
    named: BTreeSet<String>,
    /// What components say of whole files that change.
    whole: BTreeSet<Cost>,
    /// What they say of keys in them, each `ttl in a.yml`.
    keys: BTreeMap<Cost, BTreeSet<String>>,
}

impl Objects {
    /// What changes in a file; `None` where it holds no objects, or cannot be read.
    pub(super) fn of(diff: &FileDiff) -> Option<Self> {
        let path = diff.path.as_str();
        if !path.ends_with(".yaml") {
            return None;
        }
        let (before, after) = (
            documents(diff.before.as_deref()),
            documents(diff.after.as_deref()),
        );
        // What stands in both, word for word, does not change: reading it takes longer than all else.
        let mut of_before = read(before.difference(&after))?;
        let mut of_after = read(after.difference(&before))?;
        let keys: BTreeSet<_> = of_before.keys().chain(of_after.keys()).cloned().collect();
        let changes = keys.into_iter().map(|key| {
            let before = of_before.remove(&key).unwrap_or_default();
            let after = of_after.remove(&key).unwrap_or_default();
            (key, Change { before, after })
        });
        let changed: BTreeMap<_, _> = changes
            .filter(|(_, change)| change.before != change.after)
            .collect();
        (!changed.is_empty()).then_some(Self { changed })
    }

    /// How many objects of each kind change.
    pub(super) fn by_kind(&self) -> BTreeMap<&str, usize> {
        let mut kinds = BTreeMap::new();
        for (kind, _) in self.changed.keys() {
            *kinds.entry(kind.as_str()).or_default() += 1;
        }
        kinds
    }

    /// What applying the file does to what runs. `impact` is what was said of the file; nothing of one that is deleted.
    pub(super) fn lines(&self, impact: Option<&Impact>) -> Vec<Line> {
        let unknown = Impact::default();
        let impact = impact.unwrap_or(&unknown);
        let texts = self.texts(impact);
        let mut lines = texts.steps(impact);
        let mut applied = Vec::new();
        let mut gone = Vec::new();
        let makes_job_anew = self
            .changed
            .iter()
            .any(|((kind, _), change)| kind == "Job" && change.after.is_null());
        for ((kind, name), change) in &self.changed {
            let object = Object { kind, name, change };
            if change.after.is_null() {
                gone.push(object);
                continue;
            }
            let of_object = object.lines(impact, &texts, makes_job_anew);
            if of_object.is_empty() {
                applied.push(object);
            }
            lines.extend(of_object);
        }
        // Its files are named where pods are made anew for them.
        let rolls = lines.iter().any(|line| line.step == Step::Recreate);
        applied.retain(|object| !(rolls && object.kind == "ConfigMap" && !texts.named.is_empty()));
        if !applied.is_empty() {
            let names: Vec<String> = applied.iter().map(Object::to_string).collect();
            let how = match &impact.cost {
                Cost::Reload(how) => format!(": {how}"),
                Cost::Nothing
                | Cost::Restart
                | Cost::Recreate
                | Cost::Procedure(_)
                | Cost::DataDanger(_) => String::new(),
            };
            lines.push(Line {
                step: Step::Apply,
                text: format!("{}{how}", names.join(", ")),
            });
        }
        lines.extend(left(&gone));
        lines
    }

    /// The texts that change in ConfigMaps that were there.
    fn texts(&self, impact: &Impact) -> Texts {
        let mut texts = Texts::default();
        let maps = self.changed.iter().filter(|((kind, _), change)| {
            kind == "ConfigMap" && !change.before.is_null() && !change.after.is_null()
        });
        for ((kind, name), change) in maps {
            let (before, after) = (&change.before["data"], &change.after["data"]);
            let keys = [before, after].into_iter().filter_map(Value::as_object);
            let keys: BTreeSet<&String> = keys.flat_map(serde_json::Map::keys).collect();
            for key in keys.into_iter().filter(|key| before[*key] != after[*key]) {
                let Some(said) = impact.texts.get(key) else {
                    // Nobody reads it any more.
                    texts.named.insert(format!("{key} in {kind} {name}"));
                    continue;
                };
                texts
                    .named
                    .insert(format!("{} in {kind} {name}", said.name));
                let (before, after) = (before[key].as_str(), after[key].as_str());
                for (cost, keys) in of_texts(before, after, &said.cost, &said.keys) {
                    if keys.is_empty() {
                        texts.whole.insert(cost);
                    } else {
                        let keys = keys.iter().map(|key| format!("{key} in {}", said.name));
                        texts.keys.entry(cost).or_default().extend(keys);
                    }
                }
            }
        }
        texts
    }
}

impl Texts {
    /// What new pods do not bring about by themselves.
    fn steps(&self, impact: &Impact) -> Vec<Line> {
        let members: Vec<&str> = impact.workloads.iter().map(String::as_str).collect();
        let whole = self.whole.iter().filter_map(|cost| match cost {
            Cost::DataDanger(_) => Some((cost, String::new())),
            Cost::Nothing
            | Cost::Reload(_)
            | Cost::Restart
            | Cost::Recreate
            | Cost::Procedure(_) => None,
        });
        let keys = self.keys.iter().filter_map(|(cost, keys)| match cost {
            Cost::Nothing | Cost::Procedure(_) | Cost::DataDanger(_) => {
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                Some((cost, format!(" ({})", keys.join(", "))))
            }
            Cost::Reload(_) | Cost::Restart | Cost::Recreate => None,
        });
        whole
            .chain(keys)
            .map(|(cost, because)| line(cost, &ranges(&members), &because))
            .collect()
    }

    /// The orders that its component asks for, and Kubernetes does not keep.
    fn orders(&self) -> Vec<String> {
        let orders = self.whole.iter().filter_map(|cost| match cost {
            Cost::Procedure(how) => Some(format!("not as it asks: {how}")),
            Cost::Nothing
            | Cost::Reload(_)
            | Cost::Restart
            | Cost::Recreate
            | Cost::DataDanger(_) => None,
        });
        orders.collect()
    }
}

/// Objects that are described no more: who applies the rest leaves them as they are.
fn left(gone: &[Object<'_>]) -> Vec<Line> {
    // A job that has run is deleted in time, because it says so itself.
    let stay = gone.iter().filter(|object| object.kind != "Job");
    let mut by_space: BTreeMap<Option<&str>, Vec<&Object<'_>>> = BTreeMap::new();
    for object in stay {
        by_space.entry(object.space()).or_default().push(object);
    }
    let lines = by_space.into_values().map(|objects| {
        let names: Vec<String> = objects.iter().map(ToString::to_string).collect();
        let text = format!(
            "{}: there until `{}`",
            names.join(", "),
            object::delete(&objects)
        );
        let step = Step::Removed;
        Line { step, text }
    });
    lines.collect()
}

/// The documents of a file; none of a file that is not there.
fn documents(text: Option<&str>) -> BTreeSet<&str> {
    let texts = text.into_iter();
    texts
        .flat_map(|text| text.trim_end().split("\n---\n"))
        .collect()
}

/// Objects by kind and name.
fn read<'d>(
    documents: impl IntoIterator<Item = &'d &'d str>,
) -> Option<BTreeMap<(String, String), Value>> {
    let mut objects = BTreeMap::new();
    for document in documents {
        // The files are our own: there is no budget to hold.
        let options = serde_yaml::options! { budget: None };
        let object: Value = serde_yaml::from_str_with_options(document, options).ok()?;
        let kind = object["kind"].as_str()?.to_owned();
        let name = object["metadata"]["name"].as_str()?.to_owned();
        objects.insert((kind, name), object);
    }
    Some(objects)
}

#[cfg(test)]
mod tests;
