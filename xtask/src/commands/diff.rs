//! `diff`: what `gen` would change, in, as a diff of the files, with its cause and its price for what runs, out. Nothing is
//! written.

mod cause;
pub(super) mod danger;
pub(super) mod effect;
pub(super) mod key;
mod objects;
pub(super) mod rollout;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::thread;

use anstyle::{AnsiColor, Style};
use clap::Args;
use fs_err as fs;
use lurus_spec::file_tree::{FileTree, TreePath};
use lurus_spec::record::{self, Record};
use lurus_spec::target::Target as _;
use lurus_spec::target::hosts::Hosts;

use self::cause::{Owned, causes, owners};
use self::effect::{Line, Project, Step, effects};
use self::objects::Objects;
use crate::description::{self, Description, Warnings};
use crate::outcome::{Failure, Verdict};
use crate::sync::{Changes, FileDiff, Mode, Outcome, sync};
use crate::terminal::{ERROR, GOOD, HEADING, WARNING, print};
use crate::workspace::Workspace;

/// Show what gen would change, and what that costs the running clusters
#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo xtask diff
  cargo xtask diff --cluster minimal --summary

After the files comes why they change, for each change of the description:
  minimal follows from
    nats memory 512MiB → 1GiB (spec/minimal.rs:61); costs a new container
      hosts: 3 files on 3 hosts; local: 1 file; book: 2 files

Then the price, for each place to run:
  minimal/local
     recreate  nats-1..nats-3 (mem_limit)
       reload  haproxy-1..haproxy-3 (haproxy.cfg): kill -HUP 1

And the order in which it goes to hosts, with the members that are made anew:
  minimal/hosts goes in this order, one host at a time; minimal/README.md says how
            1  nats: node-1 (nats-1), node-2 (nats-2), node-3 (nats-3)

Ends with 1 when something would change.")]
pub(crate) struct Arguments {
    /// Only this cluster
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// Leave the files out and show only why they change and the price
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
    let compose = compose_files(workspace, &tree, &changes, &diffs);
    out += &reasons(workspace, &description, &compose, &diffs);
    out += &summary(&compose, &diffs);
    out += &orders(&description, &compose, &diffs);
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

/// A compose file as it is and as it will be; nothing where there is none. Or why it cannot be read.
type Compose = Result<(Project, Project), String>;

/// The compose files of every place in which something changes.
fn compose_files(
    workspace: &Workspace,
    tree: &FileTree,
    changes: &Changes,
    diffs: &[FileDiff],
) -> BTreeMap<TreePath, Compose> {
    let paths = tree.iter().map(|(path, _)| path).chain(&changes.stray);
    let paths: BTreeSet<&TreePath> = paths
        .filter(|path| is_compose_name(path.as_str()))
        .collect();
    let folders: BTreeSet<&str> = paths.iter().map(|path| folder(path.as_str())).collect();
    let places = diffs.iter().map(|diff| place(diff.path.as_str(), &folders));
    let places: BTreeSet<String> = places.collect();
    let read = |path: &TreePath| -> Compose {
        let new = tree.get(path).map(|file| file.text.as_str());
        let old = fs::read_to_string(workspace.generated.join(path.as_str())).ok();
        let project = |text: Option<&str>| text.map_or(Ok(Project::default()), Project::read);
        let after = project(new)?;
        let before = match old.as_deref() {
            same if same == new => after.clone(),
            other => project(other)?,
        };
        Ok((before, after))
    };
    let here = paths
        .into_iter()
        .filter(|path| places.contains(folder(path.as_str())));
    // Reading them takes as long as compiling a cluster does.
    thread::scope(|scope| {
        let read = &read;
        let running = here.map(|path| (path.clone(), scope.spawn(move || read(path))));
        let running: Vec<_> = running.collect();
        let read = running.into_iter().map(|(path, thread)| {
            let result = thread.join();
            (path, result.unwrap_or_else(|panic| resume_unwind(panic)))
        });
        read.collect()
    })
}

/// Why the files of each cluster change.
fn reasons(
    workspace: &Workspace,
    description: &Description,
    compose: &BTreeMap<TreePath, Compose>,
    diffs: &[FileDiff],
) -> String {
    let none = (Project::default(), Project::default());
    let mut out = String::new();
    for compiled in &description.compiled {
        let folder = format!("{}/", compiled.name);
        let files: Vec<Owned<'_>> = diffs
            .iter()
            .filter_map(|diff| {
                let path = diff.path.as_str().strip_prefix(&folder)?;
                let projects = compose.get(&diff.path).and_then(|read| read.as_ref().ok());
                let (before, after) = projects.unwrap_or(&none);
                let owners = owners(compiled, diff, before, after);
                let objects = Objects::of(diff);
                Some(Owned {
                    path,
                    owners,
                    objects,
                })
            })
            .collect();
        let recorded = workspace
            .generated
            .join(format!("{folder}{}", record::NAME));
        if files.is_empty() || !workspace.generated.join(&folder).exists() {
            continue;
        }
        out += &format!("{HEADING}{}{HEADING:#} follows from\n", compiled.name);
        let Ok(old) = fs::read_to_string(&recorded) else {
            out += &format!(
                "    what it said before is not known: {} is written by the next gen\n",
                workspace.shown(&recorded)
            );
            continue;
        };
        let causes = causes(compiled, &Record::parse(&old), &files);
        let lines = causes.iter().flat_map(|cause| {
            let what = match (cause.everything, cause.changes.as_slice()) {
                (true, _) if causes.len() > 1 => vec!["all of it together".to_owned()],
                (_, []) => vec![
                    "no setting: from a file beside the description, or from the compiler"
                        .to_owned(),
                ],
                (_, changes) => changes.to_vec(),
            };
            what.into_iter()
                .map(|line| format!("    {line}\n"))
                .chain([format!("      {}\n", cause.files)])
        });
        out.extend(lines);
    }
    out
}

/// The price, for each place to run.
fn summary(compose: &BTreeMap<TreePath, Compose>, diffs: &[FileDiff]) -> String {
    let mut out = String::new();
    for (place, diffs) in &by_place(compose, diffs) {
        out += &format!("{HEADING}{place}{HEADING:#}\n");
        let lines = match lines_at(place, compose, diffs) {
            Ok(lines) => lines,
            Err(error) => {
                out += &format!(
                    "{WARNING}{:>11}{WARNING:#}  the compose files cannot be compared: {error}\n",
                    "unknown"
                );
                continue;
            }
        };
        for line in lines {
            let style = match line.step {
                Step::Danger | Step::Removed => ERROR,
                Step::Procedure | Step::Recreate | Step::Restart => WARNING,
                Step::Reload | Step::Apply | Step::New | Step::Nothing => GOOD,
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

/// The changed files of each place to run.
fn by_place<'d>(
    compose: &BTreeMap<TreePath, Compose>,
    diffs: impl IntoIterator<Item = &'d FileDiff>,
) -> BTreeMap<String, Vec<&'d FileDiff>> {
    let folders: BTreeSet<&str> = compose.keys().map(|path| folder(path.as_str())).collect();
    let mut places: BTreeMap<String, Vec<&FileDiff>> = BTreeMap::new();
    for diff in diffs {
        let place = place(diff.path.as_str(), &folders);
        places.entry(place).or_default().push(diff);
    }
    places
}

/// What is to be done in a place, the most dangerous first; or why its compose files cannot be compared.
fn lines_at<'c>(
    place: &str,
    compose: &'c BTreeMap<TreePath, Compose>,
    diffs: &[&FileDiff],
) -> Result<Vec<Line>, &'c String> {
    let here: Vec<_> = compose
        .iter()
        .filter(|(path, _)| folder(path.as_str()) == place)
        .map(|(_, read)| read.as_ref())
        .collect::<Result<_, _>>()?;
    let old = Project::of(here.iter().map(|(old, _)| old));
    let new = Project::of(here.iter().map(|(_, new)| new));
    let relative: Vec<(&str, &FileDiff)> = diffs
        .iter()
        .map(|diff| {
            let path = diff.path.as_str();
            let inside = path.strip_prefix(place);
            (
                inside.map_or(path, |path| path.trim_start_matches('/')),
                *diff,
            )
        })
        .filter(|(path, _)| !folder(path).is_empty() || !is_compose_name(path))
        .collect();
    let (objects, files): (Vec<_>, Vec<_>) = relative
        .into_iter()
        .map(|(path, diff)| (Objects::of(diff), path, diff))
        .partition(|(objects, ..)| objects.is_some());
    let files: Vec<_> = files
        .into_iter()
        .map(|(_, path, diff)| (path, diff))
        .collect();
    let mut lines = effects(&old, &new, &files);
    for (objects, _, diff) in &objects {
        let objects = objects.iter();
        lines.extend(objects.flat_map(|objects| objects.lines(diff.impact.as_ref())));
    }
    lines.sort_by_key(|line| line.step);
    Ok(lines)
}

/// The order in which each cluster's change goes to its hosts, where there is anything to be done on them.
fn orders(
    description: &Description,
    compose: &BTreeMap<TreePath, Compose>,
    diffs: &[FileDiff],
) -> String {
    let mut out = String::new();
    for compiled in &description.compiled {
        let Some(plan) = compiled.plans.get(Hosts.name()) else {
            continue;
        };
        let place = format!("{}/{}", compiled.name, Hosts.name());
        let below = |path: &'_ str| -> Option<(String, String)> {
            let path = path.strip_prefix(&place)?.strip_prefix('/')?;
            let (host, path) = path.split_once('/')?;
            Some((host.to_owned(), path.to_owned()))
        };
        let systems: BTreeSet<String> = diffs
            .iter()
            .filter_map(|diff| below(diff.path.as_str()))
            .filter(|(_, path)| path.starts_with("system/"))
            .map(|(host, _)| host)
            .collect();
        let projects: Vec<(String, &(Project, Project))> = compose
            .iter()
            .filter_map(|(path, read)| Some((below(path.as_str())?.0, read.as_ref().ok()?)))
            .collect();
        let projects = projects
            .iter()
            .map(|(host, (before, after))| (host.as_str(), (before, after)))
            .collect();
        let rounds = rollout::rounds(plan, &projects);
        let mut steps = Vec::new();
        if !systems.is_empty() {
            let hosts: Vec<String> = systems.into_iter().collect();
            steps.push(format!("the systems of {}", hosts.join(", ")));
        }
        steps.extend(rounds.iter().map(rollout::Round::line));
        if !steps.is_empty() {
            out += &format!(
                "{HEADING}{place}{HEADING:#} goes in this order, one host at a time; {}/README.md says how\n",
                compiled.name
            );
        }
        for (number, step) in (1..).zip(steps) {
            out += &format!("{number:>11}  {step}\n");
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
