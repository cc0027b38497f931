//! Objects of Kubernetes in a changed file: both of its texts in, which objects change, and whether pods are made anew, out.
//!
//! A manifest is compared object by object, because most of a group's objects stay as they are when one changes.

use std::collections::{BTreeMap, BTreeSet};

use crate::sync::FileDiff;
use serde_json::Value;

use super::effect::{Line, Step, ranges};

/// The objects of a file that come, go or change, each by its kind and its name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Objects {
    changed: BTreeSet<(String, String)>,
    /// Whether pods are made anew: their template changed.
    rolls: bool,
}

impl Objects {
    /// What changes in a file; `None` where it holds no objects, or cannot be read.
    pub(super) fn of(diff: &FileDiff) -> Option<Self> {
        let path = diff.path.as_str();
        if !path.ends_with(".yaml") {
            return None;
        }
        let before = read(diff.before.as_deref())?;
        let after = read(diff.after.as_deref())?;
        let keys: BTreeSet<_> = before.keys().chain(after.keys()).cloned().collect();
        let changed: BTreeSet<_> = keys
            .into_iter()
            .filter(|key| before.get(key) != after.get(key))
            .collect();
        let template = |objects: &BTreeMap<_, Value>, key| {
            let object: Option<&Value> = objects.get(key);
            object.map(|object| object["spec"]["template"].clone())
        };
        let rolls = changed.iter().any(|key| {
            let after = template(&after, key);
            after.as_ref().is_some_and(Value::is_object) && after != template(&before, key)
        });
        (!changed.is_empty()).then_some(Self { changed, rolls })
    }

    /// How many objects of each kind change.
    pub(super) fn by_kind(&self) -> BTreeMap<&str, usize> {
        let mut kinds = BTreeMap::new();
        for (kind, _) in &self.changed {
            *kinds.entry(kind.as_str()).or_default() += 1;
        }
        kinds
    }

    /// What applying the file does to what runs: `members` are those who read it.
    pub(super) fn line(&self, members: &BTreeSet<String>) -> Line {
        let objects = self.changed.iter();
        let objects: Vec<String> = objects
            .map(|(kind, name)| format!("{kind} {name}"))
            .collect();
        let members: Vec<&str> = members.iter().map(String::as_str).collect();
        match self.rolls {
            true => Line {
                step: Step::Recreate,
                text: format!("{} ({})", ranges(&members), objects.join(", ")),
            },
            false => Line {
                step: Step::Apply,
                text: objects.join(", "),
            },
        }
    }
}

/// The objects of a file by kind and name; none of a file that is not there.
fn read(text: Option<&str>) -> Option<BTreeMap<(String, String), Value>> {
    let mut objects = BTreeMap::new();
    for document in text.into_iter().flat_map(|text| text.split("\n---\n")) {
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
mod tests {
    use lurus_spec::file_tree::TreePath;

    use super::*;

    const OLD: &str = "\
# Generated.
kind: ConfigMap
metadata: {name: a-config}
data: {x: '1'}
---
kind: StatefulSet
metadata: {name: a}
spec: {replicas: 3, template: {annotations: {digest: '1'}}}
---
kind: NetworkPolicy
metadata: {name: a}
spec: {ingress: [1]}
";

    #[track_caller]
    fn check(replace: &[(&str, &str)], expected: &str) {
        let after = replace
            .iter()
            .fold(OLD.to_owned(), |text, (from, to)| text.replace(from, to));
        let diff = FileDiff {
            path: TreePath::new("a/k3s/groups/a.yaml").unwrap(),
            kind: crate::sync::Kind::Changed,
            unified: String::new(),
            before: Some(OLD.to_owned()),
            after: Some(after),
            impact: None,
        };
        let members = ["a-1", "a-2", "a-3"].map(str::to_owned).into();
        let said = Objects::of(&diff).map(|objects| {
            let line = objects.line(&members);
            format!("{}: {}", line.step, line.text)
        });
        assert_eq!(said.unwrap_or_default(), expected);
    }

    #[test]
    fn a_changed_template_makes_pods_anew() {
        check(
            &[("x: '1'", "x: '2'"), ("digest: '1'", "digest: '2'")],
            "recreate: a-1..a-3 (ConfigMap a-config, StatefulSet a)",
        );
    }

    #[test]
    fn other_objects_leave_pods_alone() {
        check(
            &[("ingress: [1]", "ingress: [2]")],
            "apply: NetworkPolicy a",
        );
        check(&[("replicas: 3", "replicas: 4")], "apply: StatefulSet a");
    }

    #[test]
    fn what_is_no_object_is_a_file() {
        check(&[("kind: ConfigMap", "sort: ConfigMap")], "");
        check(&[], "");
    }
}
