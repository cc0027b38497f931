//! The clusters of `spec/`: a name or none in, the compiled clusters and the files that they stand for out.

use std::panic::resume_unwind;
use std::thread;

use lurus_spec::check::Rule;
use lurus_spec::file_tree::{FileTree, TreePath};
use lurus_spec::model::Cluster;
use lurus_spec::report::{Diagnostic, Report, nearest};
use lurus_spec::{Compiled, check::all_rules, compile};

use crate::outcome::Failure;
use crate::sync::{Mode, Outcome, Scope, sync};
use crate::terminal::{ERROR, WARNING, count, eprint};
use crate::workspace::Workspace;

/// Clusters that passed every check.
pub(crate) struct Description {
    /// The clusters, in the order of `spec/lib.rs`.
    pub(crate) compiled: Vec<Compiled>,
    /// The part of the generated files for which they stand.
    pub(crate) scope: Scope,
}

/// Whether findings that are no errors are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Warnings {
    /// They are, on standard error.
    Shown,
    /// They are not: the command is about something else.
    Hidden,
}

/// The cluster of this name, or every cluster.
///
/// # Errors
/// [`Failure::Usage`] when there is no such cluster; the text names those that exist.
pub(crate) fn clusters(workspace: &Workspace, name: Option<&str>) -> Result<Vec<Cluster>, Failure> {
    let mut clusters = (workspace.spec.clusters)();
    let Some(name) = name else {
        return Ok(clusters);
    };
    let names: Vec<String> = clusters
        .iter()
        .map(|cluster| cluster.name.value.to_string())
        .collect();
    clusters.retain(|cluster| cluster.name.value.as_str() == name);
    if clusters.is_empty() {
        let hint = match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`? "),
            None => String::new(),
        };
        return Err(Failure::Usage(format!(
            "there is no cluster `{name}`; {hint}spec/lib.rs has: {}",
            names.join(", ")
        )));
    }
    Ok(clusters)
}

/// The findings of each cluster, and what those without errors compile to.
pub(crate) fn judge(clusters: &[Cluster]) -> Vec<(&Cluster, Report, Option<Compiled>)> {
    let results: Vec<_> = thread::scope(|scope| {
        let compiled = clusters
            .iter()
            .map(|cluster| scope.spawn(|| compile(cluster)));
        let running: Vec<_> = compiled.collect();
        let results = running.into_iter().map(thread::ScopedJoinHandle::join);
        results
            .map(|result| result.unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    });
    let mut judged: Vec<_> = clusters
        .iter()
        .zip(results)
        .map(|(cluster, result)| match result {
            Ok(compiled) => (cluster, compiled.warnings.clone(), Some(compiled)),
            Err(report) => (cluster, report, None),
        })
        .collect();
    // One cluster alone cannot see this: two of one name would write the same folder.
    for later in 1..clusters.len() {
        let name = &clusters[later].name;
        let earlier = clusters[..later]
            .iter()
            .find(|cluster| cluster.name.value == name.value);
        if let Some(earlier) = earlier {
            let finding =
                Diagnostic::error(None, format!("two clusters are called `{}`", name.value))
                    .primary(name.origin.clone(), "the same name again")
                    .secondary(earlier.name.origin.clone(), "first here")
                    .help("give one of them another name: it is the folder of its files");
            judged[later].1.push(finding);
            judged[later].2 = None;
        }
    }
    judged
}

/// The line that ends the findings of a cluster; none when there is none.
pub(crate) fn summary(cluster: &Cluster, report: &Report) -> Option<String> {
    let mut parts = Vec::new();
    if report.has_errors() {
        parts.push(count(report.errors(), "error"));
    }
    if report.warnings() > 0 {
        parts.push(count(report.warnings(), "warning"));
    }
    let (style, word) = if report.has_errors() {
        (ERROR, "error")
    } else {
        (WARNING, "warning")
    };
    (!parts.is_empty()).then(|| {
        format!(
            "{style}{word}:{style:#} {}: {}\n",
            cluster.name.value,
            parts.join(", ")
        )
    })
}

/// What was found in all clusters. A finding of a function that several of them share is one finding.
pub(crate) fn found(judged: &[(&Cluster, Report, Option<Compiled>)]) -> Report {
    let reports = judged.iter().map(|(_, report, _)| report);
    reports.flat_map(Report::iter).cloned().collect()
}

/// Compiles the cluster of this name, or all. The findings of all clusters are drawn before any refuses, and one that several
/// clusters share once.
///
/// # Errors
/// No such cluster, or findings that are errors.
pub(crate) fn compiled(
    workspace: &Workspace,
    name: Option<&str>,
    warnings: Warnings,
) -> Result<Description, Failure> {
    let clusters = clusters(workspace, name)?;
    let judged = judge(&clusters);
    let mut compiled = Vec::new();
    let mut found = Report::default();
    let mut summaries = String::new();
    let mut refused = false;
    for (cluster, report, result) in judged {
        if report.has_errors() || warnings == Warnings::Shown {
            summaries.extend(summary(cluster, &report));
            found.extend(report);
        }
        refused |= result.is_none();
        compiled.extend(result);
    }
    workspace.draw(&found);
    eprint(&summaries);
    if refused {
        return Err(Failure::Refused);
    }
    let scope = match name {
        None => Scope::Whole,
        Some(name) => {
            Scope::Folder(TreePath::new(name).expect("the name of a cluster is a folder's"))
        }
    };
    Ok(Description { compiled, scope })
}

impl Description {
    /// Every file of every cluster.
    pub(crate) fn tree(&self) -> FileTree {
        let mut tree = FileTree::new();
        for compiled in &self.compiled {
            for (path, file) in compiled.tree.iter() {
                tree.insert(path.clone(), file.clone())
                    .expect("clusters have different names, and each its own folder");
            }
        }
        tree
    }

    /// Refuses generated files that are not what the description says now.
    ///
    /// # Errors
    /// They are stale, or cannot be read.
    pub(crate) fn must_be_fresh(&self, workspace: &Workspace) -> Result<(), Failure> {
        match sync(&self.tree(), &workspace.generated, &self.scope, Mode::Check)? {
            Outcome::Fresh => Ok(()),
            Outcome::Stale(_) | Outcome::Written(_) | Outcome::Differs(..) => {
                Err(Failure::Machine(format!(
                    "{} is not what spec/ says now: run `cargo xtask diff` to see how it differs, and `cargo xtask gen` to write it",
                    workspace.shown(&workspace.generated)
                )))
            }
        }
    }
}

/// Every rule that a cluster of `spec/` can break, by code: those of the compiler, and those of components that `spec/` defines.
pub(crate) fn rules(workspace: &Workspace) -> Vec<&'static Rule> {
    let mut rules = all_rules();
    for cluster in (workspace.spec.clusters)() {
        for component in &cluster.components {
            rules.extend(component.rules());
        }
    }
    rules.sort_by_key(|rule| rule.code);
    rules.dedup_by_key(|rule| rule.code);
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_that_clusters_share_is_found_once() {
        let clusters = lurus::clusters();
        let mut judged = judge(&clusters);
        let before = found(&judged).errors();
        for (_, report, _) in &mut judged {
            report.push(Diagnostic::error(None, "of a function that both call"));
        }
        assert!(judged.len() > 1, "several clusters are described");
        assert_eq!(found(&judged).errors(), before + 1);
    }

    #[test]
    fn clusters_of_one_name_are_refused() {
        let mut twice = lurus::clusters();
        twice.extend(lurus::clusters());
        let judged = judge(&twice);
        let (first, second) = judged.split_at(twice.len() / 2);
        assert!(first.iter().all(|(_, report, _)| !report.has_errors()));
        for (cluster, report, compiled) in second {
            assert!(report.has_errors() && compiled.is_none());
            let summary = summary(cluster, report).unwrap();
            assert!(
                summary.contains(&format!("{}: 1 error", cluster.name.value)),
                "{summary}"
            );
        }
    }
}
