//! `diff`: what `gen` would change, in, as a diff of the files and as its price for what runs, out. Nothing is written.

mod effect;

use std::collections::{BTreeMap, BTreeSet};

use anstyle::{AnsiColor, Style};
use clap::Args;
use fs_err as fs;
use lurus_spec::file_tree::{FileTree, TreePath};
use xtask::sync::{Changes, FileDiff, Mode, Outcome, sync};

use self::effect::{Project, Step, effects};
use crate::description::{self, Warnings};
use crate::outcome::{Failure, Verdict};
use crate::terminal::{ERROR, GOOD, HEADING, WARNING, print};
use crate::workspace::Workspace;

/// Show what gen would change, and what that costs the running clusters
#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo xtask diff
  cargo xtask diff --cluster minimal --summary

After the files comes the price, for each place to run:
  minimal/local
     recreate  redis-1..redis-6 (mem_limit, redis.conf)
       reload  haproxy-1..haproxy-3 (haproxy.cfg): kill -HUP 1

Ends with 1 when something would change.")]
pub(crate) struct Arguments {
    /// Only this cluster
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// Leave the files out and show only the price
    #[arg(long)]
    summary: bool,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Verdict, Failure> {
    let description =
        description::compiled(workspace, arguments.cluster.as_deref(), Warnings::Hidden)?;
    let tree = description.tree();
    let (changes, diffs) = match sync(&tree, &workspace.generated, &description.scope, Mode::Diff)?
    {
        Outcome::Differs(changes, diffs) => (changes, diffs),
        Outcome::Fresh | Outcome::Written(_) | Outcome::Stale(_) => {
            print(&format!("{GOOD}fresh:{GOOD:#} gen would change nothing\n"))?;
            return Ok(Verdict::Fine);
        }
    };
    let mut out = String::new();
    if !arguments.summary {
        for diff in &diffs {
            out += &paint(&diff.unified);
        }
        out.push('\n');
    }
    out += &summary(workspace, &tree, &changes, &diffs);
    for path in &changes.in_the_way {
        out += &format!(
            "{ERROR}in the way:{ERROR:#} {}; gen refuses until it is moved or deleted\n",
            path.display()
        );
    }
    print(&out)?;
    Ok(Verdict::Findings)
}

/// The colours of a unified diff.
fn paint(unified: &str) -> String {
    const AT: Style = AnsiColor::Cyan.on_default();
    const ADDED: Style = AnsiColor::Green.on_default();
    const REMOVED: Style = AnsiColor::Red.on_default();
    let mut is_header = true;
    let mut out = String::new();
    for line in unified.lines() {
        is_header &= !line.starts_with("@@");
        let style = match line.as_bytes().first() {
            _ if is_header => HEADING,
            Some(b'@') => AT,
            Some(b'+') => ADDED,
            Some(b'-') => REMOVED,
            Some(_) | None => Style::new(),
        };
        out += &format!("{style}{line}{style:#}\n");
    }
    out
}

/// The price, for each place to run.
fn summary(
    workspace: &Workspace,
    tree: &FileTree,
    changes: &Changes,
    diffs: &[FileDiff],
) -> String {
    let compose: BTreeSet<&TreePath> = tree
        .iter()
        .map(|(path, _)| path)
        .chain(&changes.stray)
        .filter(|path| is_compose(path))
        .collect();
    let folders: BTreeSet<&str> = compose.iter().map(|path| folder(path.as_str())).collect();
    let mut places: BTreeMap<String, Vec<&FileDiff>> = BTreeMap::new();
    for diff in diffs {
        places
            .entry(place(diff.path.as_str(), &folders))
            .or_default()
            .push(diff);
    }
    let mut out = String::new();
    for (place, diffs) in &places {
        let here = || {
            compose
                .iter()
                .filter(|path| folder(path.as_str()) == place.as_str())
        };
        let old: Vec<String> = here()
            .filter_map(|path| fs::read_to_string(workspace.generated.join(path.as_str())).ok())
            .collect();
        let new: Vec<&str> = here()
            .filter_map(|path| tree.get(path))
            .map(|file| file.text.as_str())
            .collect();
        let (old, new) = match (
            Project::read(old.iter().map(String::as_str)),
            Project::read(new),
        ) {
            (Ok(old), Ok(new)) => (old, new),
            (Err(error), _) | (_, Err(error)) => {
                out += &format!(
                    "{HEADING}{place}{HEADING:#}\n{WARNING}{:>11}{WARNING:#}  the compose files cannot be compared: {error}\n",
                    "unknown"
                );
                continue;
            }
        };
        out += &format!("{HEADING}{place}{HEADING:#}\n");
        let relative: Vec<(&str, &FileDiff)> = diffs
            .iter()
            .map(|diff| {
                let path = diff.path.as_str();
                let inside = path.strip_prefix(place.as_str());
                (
                    inside.map_or(path, |path| path.trim_start_matches('/')),
                    *diff,
                )
            })
            .filter(|(path, _)| !folder(path).is_empty() || !is_compose_name(path))
            .collect();
        for line in effects(&old, &new, &relative) {
            let style = match line.step {
                Step::Danger | Step::Removed => ERROR,
                Step::Procedure | Step::Recreate | Step::Restart => WARNING,
                Step::Reload | Step::New | Step::Nothing => GOOD,
            };
            out += &format!(
                "{style}{:>11}{style:#}  {}\n",
                line.step.to_string(),
                line.text
            );
        }
    }
    out
}

/// The folder from which a file's services are started: the nearest one that has compose files, or the folder of the target.
fn place(path: &str, folders: &BTreeSet<&str>) -> String {
    let mut above = folder(path);
    while !above.is_empty() {
        if folders.contains(above) {
            return above.to_owned();
        }
        above = folder(above);
    }
    let parts: Vec<&str> = folder(path).split('/').take(2).collect();
    parts.join("/")
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn is_compose(path: &TreePath) -> bool {
    is_compose_name(path.as_str())
}

fn is_compose_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with("docker-compose") && name.ends_with(".yml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_the_nearest_project() {
        let folders = BTreeSet::from(["a/local", "a/hosts/n1"]);
        let places = [
            "a/local/config/x/y.conf",
            "a/hosts/n1/docker-compose.yml",
            "a/k3s/x/y.yaml",
            "a/README.md",
        ]
        .map(|path| place(path, &folders));
        assert_eq!(places, ["a/local", "a/hosts/n1", "a/k3s", "a"]);
    }

    #[test]
    fn only_the_head_of_a_diff_is_a_heading() {
        let painted = paint("--- a/x\n+++ b/x\n@@ -1 +1 @@\n--- gone\n+++ new\n same\n");
        let styles: Vec<bool> = painted
            .lines()
            .map(|line| line.starts_with(&HEADING.to_string()))
            .collect();
        assert_eq!(styles, [true, true, false, false, false, false]);
    }
}
