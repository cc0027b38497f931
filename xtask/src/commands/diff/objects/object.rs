//! One object of Kubernetes that changes: how it was and how it will be in, what becomes of its pods out.

use std::fmt;

use lurus_spec::file_tree::Impact;
use serde_json::Value;

use super::super::effect::{Line, Step, ranges};
use super::{Change, Texts};

/// An object that changes.
pub(super) struct Object<'a> {
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    pub(super) change: &'a Change,
}

impl Object<'_> {
    /// What becomes of the pods that it keeps running, and what has to be done before it is applied; nothing where applying
    /// it is all.
    ///
    /// A job cannot be changed, only be another one: `makes_job_anew` says that one goes.
    pub(super) fn lines(&self, impact: &Impact, texts: &Texts, makes_job_anew: bool) -> Vec<Line> {
        let Change { before, after } = self.change;
        let (old, new) = (self.pods(before, impact), self.pods(after, impact));
        let without = |all: &[String], others: &[String]| -> Vec<String> {
            let left = all.iter().filter(|pod| !others.contains(pod));
            left.cloned().collect()
        };
        let added = without(&new, &old);
        let removed = without(&old, &new);
        let stay = without(&new, &added);
        let mut lines: Vec<Line> = self.refused(&stay).into_iter().collect();
        if !added.is_empty() {
            lines.push(match makes_job_anew && self.kind == "Job" {
                true => Line {
                    step: Step::Recreate,
                    text: format!("{} ({}): runs again", drawn(&added), self.because(texts)),
                },
                false => Line {
                    step: Step::New,
                    text: format!("{} ({self})", drawn(&added)),
                },
            });
        }
        if !removed.is_empty() {
            lines.push(Line {
                step: Step::Removed,
                text: format!("{} ({self})", drawn(&removed)),
            });
        }
        if !stay.is_empty() && before["spec"]["template"] != after["spec"]["template"] {
            let order = match (self.kind, stay.as_slice()) {
                ("StatefulSet", [_, .., last]) => {
                    Some(format!("from {last} down, each ready before the next"))
                }
                ("DaemonSet", [_, _, ..]) => Some("host by host".to_owned()),
                _ => None,
            };
            let order: Vec<String> = order.into_iter().chain(texts.orders()).collect();
            let order = match order.as_slice() {
                [] => String::new(),
                parts => format!(": {}", parts.join(", ")),
            };
            lines.push(Line {
                step: Step::Recreate,
                text: format!("{} ({}){order}", drawn(&stay), self.because(texts)),
            });
        }
        lines
    }

    /// The pods that an object keeps running, by number; of one that numbers none, the members of the file.
    fn pods(&self, object: &Value, impact: &Impact) -> Vec<String> {
        if object.is_null() {
            return Vec::new();
        }
        match self.kind {
            "StatefulSet" => {
                let first = object["spec"]["ordinals"]["start"].as_u64().unwrap_or(0);
                let count = object["spec"]["replicas"].as_u64().unwrap_or(1);
                let numbers = first..first.saturating_add(count);
                numbers.map(|n| format!("{}-{n}", self.name)).collect()
            }
            "Deployment" => vec![self.name.to_owned()],
            "DaemonSet" | "Job" => impact.workloads.iter().cloned().collect(),
            _ => Vec::new(),
        }
    }

    /// What has to be done before it can be applied, where fields change that nobody can change in an object that is there.
    fn refused(&self, pods: &[String]) -> Option<Line> {
        let fixed: &[&str] = match self.kind {
            "DaemonSet" | "Deployment" => &["selector"],
            "PersistentVolume" => &["local", "nodeAffinity"],
            "Service" => &["clusterIP"],
            "StatefulSet" => &[
                "podManagementPolicy",
                "selector",
                "serviceName",
                "volumeClaimTemplates",
            ],
            _ => &[],
        };
        let Change { before, after } = self.change;
        if before.is_null() {
            return None;
        }
        let mut fields = fixed.to_vec();
        fields.retain(|field| before["spec"][field] != after["spec"][field]);
        if fields.is_empty() {
            return None;
        }
        let delete = delete(&[self]);
        let (step, how) = match self.kind {
            "PersistentVolume" => (
                Step::Danger,
                "it is refused: what the volume has stays where it is".to_owned(),
            ),
            "Service" => (
                Step::Procedure,
                format!("it is refused until `{delete}`, after which its name leads nowhere"),
            ),
            // Pods that the new selector does not choose are nobody's, and have the names that its own need.
            _ if fields.contains(&"selector") => (
                Step::Procedure,
                format!("it is refused until `{delete}`, which stops its pods"),
            ),
            _ => (
                Step::Procedure,
                format!(
                    "it is refused until `{delete} --cascade=orphan`, after which its pods run on; claims that are there stay as they are"
                ),
            ),
        };
        let what = match pods {
            [] => self.to_string(),
            pods => format!("{} ({self})", drawn(pods)),
        };
        Some(Line {
            step,
            text: format!("{what}, {}: {how}", fields.join(", ")),
        })
    }

    /// The namespace that it is, or was, in.
    pub(super) fn space(&self) -> Option<&str> {
        let Change { before, after } = self.change;
        let known = [after, before].into_iter();
        known
            .filter_map(|object| object["metadata"]["namespace"].as_str())
            .next()
    }

    /// Why its pods are made anew.
    fn because(&self, texts: &Texts) -> String {
        let named = texts.named.iter().cloned();
        named
            .chain([self.to_string()])
            .collect::<Vec<_>>()
            .join(", ")
    }
}

impl fmt::Display for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// The command that deletes objects of one namespace.
pub(super) fn delete(objects: &[&Object<'_>]) -> String {
    let space = objects.first().and_then(|first| first.space());
    let space = space.map_or_else(String::new, |space| format!(" -n {space}"));
    let names = objects.iter();
    let names =
        names.map(|object| format!(" {}/{}", object.kind.to_ascii_lowercase(), object.name));
    format!("kubectl{space} delete{}", names.collect::<String>())
}

fn drawn(pods: &[String]) -> String {
    let pods: Vec<&str> = pods.iter().map(String::as_str).collect();
    ranges(&pods)
}
