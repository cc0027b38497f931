//! Changes that endanger data: what `gen` would change in, a finding for each cluster whose data would be lost, emptied, split
//! or given to a program that does not read it out.
//!
//! It is what `diff` calls a danger, and what the manual calls one of a setting. A cluster that was never written has no data.
//! It must not know any product.

use std::collections::{BTreeMap, BTreeSet};

use fs_err as fs;
use lurus_spec::Compiled;
use lurus_spec::file_tree::{FileTree, TreePath};
use lurus_spec::literal::{Duration, Size};
use lurus_spec::model::OptionCost;
use lurus_spec::plan::Cost;
use lurus_spec::record::{self, Change, Record, Subject};
use lurus_spec::report::{Diagnostic, Report};

use super::cause::owners;
use super::effect::{Project, Step};
use super::key::costs;
use super::objects::Objects;
use super::{Compose, by_place, compose_files, folder, lines_at};
use crate::description::Description;
use crate::sync::{Changes, FileDiff};
use crate::workspace::Workspace;

/// How many steps of a cluster are named one by one: `diff` has all of them.
const MOST: usize = 8;

/// What of all changes endangers data, cluster by cluster. `flag` is what lets them be written all the same.
pub(in crate::commands) fn dangers(
    workspace: &Workspace,
    description: &Description,
    tree: &FileTree,
    changes: &Changes,
    diffs: &[FileDiff],
    flag: &str,
) -> Report {
    let compose = compose_files(workspace, tree, changes, diffs);
    let mut by_cluster: BTreeMap<&str, Vec<&FileDiff>> = BTreeMap::new();
    for diff in diffs {
        let cluster = diff.path.as_str().split('/').next().unwrap_or_default();
        by_cluster.entry(cluster).or_default().push(diff);
    }
    let was_written = |cluster: &str| workspace.generated.join(cluster).is_dir();
    let findings = by_cluster
        .into_iter()
        .filter(|(cluster, _)| was_written(cluster))
        .filter_map(|(cluster, diffs)| {
            let mut all = description.compiled.iter();
            let compiled = all.find(|compiled| compiled.name.as_str() == cluster);
            let recorded = workspace.generated.join(cluster).join(record::NAME);
            let said = match (compiled, fs::read_to_string(recorded)) {
                (Some(compiled), Ok(old)) => Record::parse(&old).changes(&compiled.record),
                (Some(_) | None, Ok(_) | Err(_)) => Vec::new(),
            };
            let found = Danger::of(compiled, &compose, &diffs);
            finding(cluster, &found, &said, flag)
        });
    findings.collect()
}

/// What the files of a cluster do to its data.
#[derive(Default)]
struct Danger {
    /// Each with its place: `minimal/local: volume data of redis-1 is a new one`.
    steps: Vec<String>,
    /// The components whose data it is.
    components: BTreeSet<String>,
}

impl Danger {
    fn of(
        compiled: Option<&Compiled>,
        compose: &BTreeMap<TreePath, Compose>,
        diffs: &[&FileDiff],
    ) -> Self {
        let mut found = Self::default();
        for (place, diffs) in by_place(compose, diffs.iter().copied()) {
            // A file that cannot be read is one that somebody edited, and is mended by being written.
            let lines = lines_at(&place, compose, &diffs).unwrap_or_default();
            let lines = lines.into_iter().filter(|line| line.step == Step::Danger);
            let before = found.steps.len();
            found
                .steps
                .extend(lines.map(|line| format!("{place}: {}", line.text)));
            if found.steps.len() == before {
                continue;
            }
            let here = compose
                .iter()
                .filter(|(path, _)| folder(path.as_str()) == place);
            for (before, after) in here.filter_map(|(_, read)| read.as_ref().ok()) {
                found.components.extend(before.endangered_components(after));
            }
            let none = Project::default();
            if let Some(compiled) = compiled {
                let dangerous = diffs.iter().filter(|diff| is_dangerous(diff));
                let owners = dangerous.flat_map(|diff| owners(compiled, diff, &none, &none));
                found.components.extend(owners);
            }
        }
        found
    }
}

/// Whether the change of one file endangers data by itself.
fn is_dangerous(diff: &FileDiff) -> bool {
    let of_file = diff.impact.as_ref().is_some_and(|impact| {
        let mut costs = costs(diff, impact).into_keys();
        costs.any(|cost| matches!(cost, Cost::DataDanger(_)))
    });
    of_file
        || Objects::of(diff).is_some_and(|objects| {
            let mut lines = objects.lines(diff.impact.as_ref()).into_iter();
            lines.any(|line| line.step == Step::Danger)
        })
}

/// What is said of a cluster; nothing where its data is safe.
fn finding(cluster: &str, found: &Danger, said: &[Change], flag: &str) -> Option<Diagnostic> {
    let is_cause = |change: &&Change| match &change.subject {
        _ if is_danger(change) => true,
        Subject::Component(name) => found.components.contains(name),
        Subject::Cluster | Subject::Host(_) | Subject::Network(_) => !found.steps.is_empty(),
        Subject::Image(_) => false,
    };
    let causes: Vec<&Change> = said.iter().filter(is_cause).collect();
    if found.steps.is_empty() && causes.is_empty() {
        return None;
    }
    let mut finding = Diagnostic::error(None, format!("data of {cluster} is in danger"));
    for change in causes {
        finding = match &change.origin {
            Some(origin) => finding.primary(origin.clone(), change.to_string()),
            None => finding.note(change.to_string()),
        };
        finding = change.instead.into_iter().fold(finding, Diagnostic::note);
    }
    for step in found.steps.iter().take(MOST) {
        finding = finding.note(step.clone());
    }
    if found.steps.len() > MOST {
        let more = found.steps.len() - MOST;
        finding = finding.note(format!(
            "and {more} more: `cargo xtask diff --cluster {cluster} --summary`"
        ));
    }
    Some(finding.help(format!(
        "take the change back; or save what is worth it, and run `cargo xtask gen --cluster {cluster} {flag}`"
    )))
}

/// Whether the manual says that a change of a setting endangers data, and this one does not only give it more room.
fn is_danger(change: &Change) -> bool {
    match (change.cost, &change.before, &change.after) {
        (Some(OptionCost::DataDanger), Some(before), Some(after)) => !only_grows(before, after),
        // What was not said before had no data; what is said no more stays as it is.
        (_, None, _) | (_, _, None) => false,
        (
            None
            | Some(
                OptionCost::Nothing
                | OptionCost::Reload
                | OptionCost::Restart
                | OptionCost::Recreate
                | OptionCost::Procedure,
            ),
            Some(_),
            Some(_),
        ) => false,
    }
}

/// Whether two values differ in sizes and durations only, each of which is larger than before.
fn only_grows(before: &str, after: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let words = text.split([' ', ',', '(', ')']);
        words.map(str::to_owned).collect()
    };
    let (before, after) = (words(before), words(after));
    let grows = |before: &str, after: &str| {
        let sizes = before.parse::<Size>().ok().zip(after.parse::<Size>().ok());
        let times = || before.parse::<Duration>().ok().zip(after.parse().ok());
        match sizes {
            Some((before, after)) => before < after,
            None => times().is_some_and(|(before, after)| before < after),
        }
    };
    before.len() == after.len()
        && before
            .iter()
            .zip(&after)
            .all(|(before, after)| before == after || grows(before, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_room_endangers_nothing() {
        for (before, after, grows) in [
            ("30d", "60d", true),
            ("60d", "30d", false),
            (
                "USAGE (usage.>, 3 replicas, 512MiB)",
                "USAGE (usage.>, 3 replicas, 1GiB)",
                true,
            ),
            (
                "USAGE (usage.>, 3 replicas, 1GiB)",
                "USAGE (usage.>, 3 replicas, 512MiB)",
                false,
            ),
            (
                "USAGE (usage.>, 3 replicas, 1GiB)",
                "EVENTS (usage.>, 3 replicas, 1GiB)",
                false,
            ),
            ("dc1", "dc2", false),
            ("51", "52", false),
        ] {
            assert_eq!(only_grows(before, after), grows, "{before} → {after}");
        }
    }
}
