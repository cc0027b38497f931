//! `gen`: every cluster of `spec/` in, its files under `generated/` out, all or nothing.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::sync::{Changes, Mode, Outcome, sync};
use anstyle::Style;
use clap::Args;
use lurus_spec::file_tree::{FileTree, TreePath};
use lurus_spec::report::Report;

use crate::commands::diff::danger::dangers;
use crate::description::{self, Description, Warnings};
use crate::outcome::{Failure, Verdict};
use crate::terminal::{ERROR, GOOD, WARNING, count, print};
use crate::workspace::Workspace;

/// Compile the clusters and write their files, all or nothing
#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo xtask gen                      write the files of every cluster
  cargo xtask gen --cluster minimal    only those of minimal
  cargo xtask gen --check              write nothing; end with 1 when a file is not what spec/ says
  cargo xtask gen --allow-danger       write also what loses data, once `cargo xtask diff` has been read

Nothing is written unless every check has passed, nor a change by which data of a cluster that was written before would be
lost, emptied or split, such as another name of a volume. Files that gen did not write are kept.")]
pub(crate) struct Arguments {
    /// Compile only this cluster, and leave the files of the others as they are
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// Write nothing; list the files that are stale, missing or stray
    #[arg(long)]
    check: bool,
    /// Write changes that lose, empty or split data
    #[arg(long, conflicts_with = "check")]
    allow_danger: bool,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Verdict, Failure> {
    let start = Instant::now();
    let description =
        description::compiled(workspace, arguments.cluster.as_deref(), Warnings::Shown)?;
    let tree = description.tree();
    let mode = if arguments.check {
        Mode::Check
    } else {
        Mode::Write
    };
    let known = match (mode, arguments.allow_danger) {
        (Mode::Write, false) => Some(danger(workspace, &description, &tree)?),
        (Mode::Write, true) | (Mode::Check | Mode::Diff, _) => None,
    };
    let outcome = match known {
        Some(Known::Fresh) => Outcome::Fresh,
        Some(Known::Danger(report)) => {
            workspace.draw(&report);
            print(&format!(
                "{ERROR}refused:{ERROR:#} {} stays as it was\n",
                workspace.shown(&workspace.generated)
            ))?;
            return Ok(Verdict::Findings);
        }
        Some(Known::Safe) | None => sync(&tree, &workspace.generated, &description.scope, mode)?,
    };
    let of = format!(
        "{} of {}",
        count(tree.len(), "file"),
        count(description.compiled.len(), "cluster")
    );
    let folder = workspace.shown(&workspace.generated);
    let took = start.elapsed().as_secs_f64();
    let (text, verdict) = match outcome {
        Outcome::Fresh => (
            format!("{GOOD}fresh:{GOOD:#} {of} in {folder}, {took:.2} s\n"),
            Verdict::Fine,
        ),
        Outcome::Written(changes) => {
            let written = named(&changes.stale).len() + named(&changes.missing).len();
            let text = format!(
                "{}{GOOD}written:{GOOD:#} {written} and {} removed, of {of} in {folder}, {took:.2} s\n",
                list(&changes, WRITTEN),
                changes.stray.len(),
            );
            (text, Verdict::Fine)
        }
        Outcome::Stale(changes) | Outcome::Differs(changes, _) => {
            let cluster = arguments
                .cluster
                .as_ref()
                .map_or_else(String::new, |name| format!(" --cluster {name}"));
            let text = format!(
                "{}{ERROR}stale:{ERROR:#} {folder} is not what spec/ says: {} stale, {} missing, {} stray; to mend it:\n  cargo xtask gen{cluster}\n",
                list(&changes, FOUND),
                named(&changes.stale).len(),
                named(&changes.missing).len(),
                changes.stray.len(),
            );
            (text, Verdict::Findings)
        }
    };
    print(&text)?;
    Ok(verdict)
}

/// What would be written.
enum Known {
    /// Nothing.
    Fresh,
    /// Changes that keep all data.
    Safe,
    /// Changes that do not.
    Danger(Report),
}

/// What writing would do to data.
fn danger(
    workspace: &Workspace,
    description: &Description,
    tree: &FileTree,
) -> Result<Known, Failure> {
    let found = sync(tree, &workspace.generated, &description.scope, Mode::Diff)?;
    Ok(match found {
        Outcome::Fresh => Known::Fresh,
        // It is refused for what is in the way.
        Outcome::Differs(changes, _) if !changes.in_the_way.is_empty() => Known::Safe,
        Outcome::Differs(changes, diffs) => {
            let report = dangers(workspace, description, tree, &changes, &diffs, FLAG);
            match report.has_errors() {
                true => Known::Danger(report),
                false => Known::Safe,
            }
        }
        Outcome::Written(_) | Outcome::Stale(_) => Known::Safe,
    })
}

/// What is typed to write changes that do not keep all data.
const FLAG: &str = "--allow-danger";

/// What is said of the files that changed, of new ones and of old ones.
type Words = [&'static str; 3];

const WRITTEN: Words = ["changed", "new", "removed"];
const FOUND: Words = ["stale", "missing", "stray"];

/// How many files of a kind are listed by name.
const MOST: usize = 20;

/// The files by what happens to them, and what an operator may have lost or must do.
fn list(changes: &Changes, [stale, missing, stray]: Words) -> String {
    let in_the_way = changes
        .in_the_way
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    [
        (stale, WARNING, named(&changes.stale)),
        (missing, GOOD, named(&changes.missing)),
        (stray, ERROR, named(&changes.stray)),
        (
            "edited by hand, and replaced",
            WARNING,
            named(&changes.edited),
        ),
        ("edited by hand, so kept", WARNING, named(&changes.kept)),
        ("in the way; move or delete it", ERROR, in_the_way),
    ]
    .into_iter()
    .map(|(word, style, paths)| section(word, style, &paths))
    .collect()
}

/// The files by name. The manifest only repeats what the others say, so it is named when it is alone.
fn named(paths: &BTreeSet<TreePath>) -> Vec<String> {
    paths
        .iter()
        .map(ToString::to_string)
        .filter(|path| path != crate::manifest::NAME || paths.len() == 1)
        .collect()
}

fn section(word: &str, style: Style, paths: &[String]) -> String {
    let mut text: String = paths
        .iter()
        .take(MOST)
        .map(|path| format!("{style}{word:>9}{style:#} {path}\n"))
        .collect();
    if paths.len() > MOST {
        text += &format!("{:>9} and {} more\n", "", paths.len() - MOST);
    }
    text
}
