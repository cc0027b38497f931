//! `explain`: the code of a rule in, its long text out; or a generated file in, and out who reads it, what its change costs, and
//! which lines of `spec/` it comes from.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use lurus_spec::Compiled;
use lurus_spec::check::Rule;
use lurus_spec::file_tree::{File, TextImpact, TreePath};
use lurus_spec::model::{Cluster, SettingRecord};
use lurus_spec::plan::{Cost, Member, Plan, Workload};
use lurus_spec::report::nearest;

use crate::commands::diff::key::of_key;
use crate::description::{self, Warnings, rules};
use crate::outcome::{Failure, Verdict};
use crate::terminal::{HEADING, WIDTH, print, wrap};
use crate::workspace::Workspace;

/// Explain a rule, or where a generated file comes from
#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo xtask explain                  every rule, a line each
  cargo xtask explain L0204            what the rule wants, why, and how to mend a breach
  cargo xtask explain generated/minimal/local/docker-compose.nats-cluster.yml:12
                                       whose line it is, what changing it costs, and where
                                       in spec/ it comes from")]
pub(crate) struct Arguments {
    /// The code of a rule, or a generated file and perhaps a line of it
    #[arg(value_name = "CODE | FILE[:LINE]")]
    what: Option<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Verdict, Failure> {
    let text = match &arguments.what {
        None => list(workspace),
        // No code has either, and no generated file is without both.
        Some(what) if what.contains(['/', '.']) => file(workspace, what)?,
        Some(code) => rule(workspace, code)?,
    };
    print(&text)?;
    Ok(Verdict::Fine)
}

fn list(workspace: &Workspace) -> String {
    rules(workspace)
        .iter()
        .map(|rule| format!("{HEADING}{}{HEADING:#}  {}\n", rule.code, rule.ensures))
        .collect()
}

fn rule(workspace: &Workspace, code: &str) -> Result<String, Failure> {
    let rules = rules(workspace);
    let known = rules
        .iter()
        .find(|rule| rule.code.eq_ignore_ascii_case(code));
    let Some(Rule {
        code,
        ensures,
        explain,
        source,
        check: _,
    }) = known
    else {
        let hint = match nearest(code, rules.iter().map(|rule| rule.code)) {
            Some(near) => format!("did you mean {near}? "),
            None => String::new(),
        };
        return Err(Failure::Usage(format!(
            "there is no rule `{code}`; {hint}`cargo xtask explain` lists every rule"
        )));
    };
    Ok(format!(
        "{HEADING}{code}{HEADING:#}\n{}\n{}\n{HEADING}source{HEADING:#}\n{}",
        wrap(ensures, "", WIDTH),
        wrap(explain, "", WIDTH),
        wrap(source, "", WIDTH)
    ))
}

/// A place in a generated file.
struct Place {
    path: TreePath,
    line: Option<usize>,
}

fn file(workspace: &Workspace, what: &str) -> Result<String, Failure> {
    let place = place(workspace, what)?;
    let mut parts = place.path.as_str().split('/');
    let cluster = parts.next().unwrap_or_default();
    let target = parts.next().unwrap_or_default();
    let description = description::compiled(workspace, Some(cluster), Warnings::Hidden)?;
    let [compiled] = description.compiled.as_slice() else {
        return Err(Failure::Refused);
    };
    let Some(file) = compiled.tree.get(&place.path) else {
        return Err(unknown(compiled, &place.path));
    };
    let clusters = description::clusters(workspace, Some(cluster))?;
    let line = match place.line {
        None => None,
        Some(number) => Some(file.text.lines().nth(number - 1).ok_or_else(|| {
            Failure::Usage(format!(
                "{} has {} lines, so there is no line {number}",
                place.path,
                file.text.lines().count()
            ))
        })?),
    };
    let mut out = format!(
        "{HEADING}{}{HEADING:#}\n",
        match place.line {
            None => place.path.to_string(),
            Some(number) => format!("{}:{number}", place.path),
        }
    );
    if let Some(line) = line {
        out += &format!("  | {}\n", line.trim_end());
    }
    match compiled.plans.get(target) {
        None => out += "for people to read; no workload reads it\n",
        Some(plan) => {
            for cluster in &clusters {
                out += &readers(cluster, plan, file, &place, line);
            }
        }
    }
    Ok(out)
}

/// The path in the tree, whether it was typed from here, from the root of the workspace, or from the generated directory.
fn place(workspace: &Workspace, what: &str) -> Result<Place, Failure> {
    let (path, line) = match what.rsplit_once(':') {
        Some((path, line)) => match line.parse() {
            Ok(line) if line > 0 => (path, Some(line)),
            Ok(_) | Err(_) => {
                return Err(Failure::Usage(format!(
                    "`{line}` in `{what}` is no line: lines are counted from 1"
                )));
            }
        },
        None => (what, None),
    };
    let path = Utf8Path::new(path);
    let from_here = camino::absolute_utf8(path).ok();
    let from_root = workspace.root.join(path);
    let inside = [from_here.as_deref(), Some(from_root.as_path())]
        .into_iter()
        .flatten()
        .find_map(|path| {
            path.strip_prefix(&workspace.generated)
                .ok()
                .map(Utf8Path::to_owned)
        })
        .unwrap_or_else(|| Utf8PathBuf::from(path));
    match TreePath::new(inside.as_str()) {
        Ok(path) => Ok(Place { path, line }),
        Err(_) => Err(Failure::Usage(format!(
            "`{what}` is not a file that `gen` writes: give one below {}, or the code of a rule",
            workspace.shown(&workspace.generated)
        ))),
    }
}

fn unknown(compiled: &Compiled, path: &TreePath) -> Failure {
    let paths = compiled.tree.iter().map(|(path, _)| path.as_str());
    let hint = nearest(path.as_str(), paths)
        .map_or_else(String::new, |near| format!("; did you mean {near}?"));
    Failure::Usage(format!("`gen` writes no file {path}{hint}"))
}

/// Who reads the file or the line, what that costs, and where it was said.
fn readers(
    cluster: &Cluster,
    plan: &Plan,
    file: &File,
    place: &Place,
    line: Option<&str>,
) -> String {
    let service = place
        .line
        .and_then(|number| service_at(&file.text, number))
        .filter(|name| file.impact.workloads.contains(*name));
    let members: Vec<(&Workload, &Member)> = file
        .impact
        .workloads
        .iter()
        .filter(|name| service.is_none_or(|service| service == name.as_str()))
        .filter_map(|name| plan.member(&name.parse().ok()?))
        .collect();
    if members.is_empty() {
        return format!(
            "no workload reads it; changing it costs {}\n",
            file.impact.cost
        );
    }
    let key = place.line.and_then(|number| key_at(&file.text, number));
    let key = key.as_deref();
    let dearer = key.and_then(|key| of_key(key, &file.impact.keys));
    let cost = dearer.unwrap_or(&file.impact.cost);
    let mut out = format!("changing it costs: {cost}\n");
    let within = key.and_then(|key| text_at(key, &file.impact.texts));
    if let Some((name, more)) = within.filter(|(_, more)| *more > cost) {
        out += &format!("  besides, its component says of {name}: {more}\n");
    }
    if place.line.is_none() && !file.impact.keys.is_empty() {
        out += &format!(
            "  some of its keys cost something else: name a line, as in {}:20\n",
            place.path
        );
    }
    out += "read by:\n";
    for (workload, member) in &members {
        out += &format!(
            "  {} on {}, {}\n",
            member.name, member.host, workload.summary
        );
    }
    let mut components: Vec<_> = members
        .iter()
        .map(|(workload, _)| &workload.component)
        .collect();
    components.sort();
    components.dedup();
    for name in components {
        let described = cluster
            .components
            .iter()
            .find(|component| &component.meta().name.value == name);
        if let Some(component) = described {
            out += &format!(
                "comes from component {name} ({}), {}\n",
                component.kind(),
                component.meta().name.origin
            );
        }
        out += &settings(plan.settings.get(name).map_or(&[], Vec::as_slice), line);
    }
    out
}

/// The settings that the line names by option or value, or all when it names none.
fn settings(settings: &[SettingRecord], line: Option<&str>) -> String {
    let named: Vec<&SettingRecord> = settings
        .iter()
        .filter(|setting| line.is_some_and(|line| names(line, setting)))
        .collect();
    let shown = if named.is_empty() {
        settings.iter().collect()
    } else {
        named
    };
    shown
        .iter()
        .map(|setting| {
            format!(
                "  {} = {}, {}\n",
                setting.option, setting.value, setting.origin
            )
        })
        .collect()
}

fn names(line: &str, setting: &SettingRecord) -> bool {
    let mut words = line.split(|c: char| !(c.is_ascii_alphanumeric() || "_-.".contains(c)));
    words.any(|word| !word.is_empty() && (word == setting.option || word == setting.value))
}

/// The service of a compose file to which a line (from 1) belongs.
fn service_at(text: &str, line: usize) -> Option<&str> {
    let lines: Vec<&str> = text.lines().take(line).collect();
    let section = lines
        .iter()
        .rposition(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()))?;
    if lines[section] != "services:" {
        return None;
    }
    lines[section..].iter().rev().find_map(|line| {
        let name = line.strip_prefix("  ")?.strip_suffix(':')?;
        (!name.starts_with(' ')).then(|| name.trim_matches('"'))
    })
}

/// The key of a YAML file that a line (from 1) says, after those of the maps that it is in; of a list, that of the list.
fn key_at(text: &str, line: usize) -> Option<String> {
    let lines: Vec<&str> = text.lines().take(line).collect();
    let mut inside = usize::MAX;
    let mut keys = Vec::new();
    for line in lines.into_iter().rev() {
        let entry = line.trim_start();
        let indent = line.len() - entry.len();
        let key = entry.split_once(':').map(|(key, _)| key.trim_matches('"'));
        let Some(key) = key.filter(|_| indent < inside && !entry.starts_with(['#', '-'])) else {
            continue;
        };
        keys.push(key);
        inside = indent;
    }
    keys.reverse();
    (!keys.is_empty()).then(|| keys.join("."))
}

/// The file that stands in another one as the value of a key of `data`, and what changing this key of it would cost.
fn text_at<'k>(key: &str, texts: &'k BTreeMap<String, TextImpact>) -> Option<(&'k str, &'k Cost)> {
    let inside = key.strip_prefix("data.")?;
    texts.iter().find_map(|(name, text)| {
        let rest = inside.strip_prefix(name.as_str())?;
        let own = match rest.strip_prefix('.') {
            Some(rest) => of_key(rest, &text.keys),
            None if rest.is_empty() => None,
            None => return None,
        };
        Some((text.name.as_str(), own.unwrap_or(&text.cost)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_another_one_keeps_its_costs() {
        let text = TextImpact {
            name: "a.yml".to_owned(),
            cost: Cost::Restart,
            keys: [("store.ttl".to_owned(), Cost::Procedure("tell it".into()))].into(),
        };
        let texts = [("a-1.x.a.yml".to_owned(), text)].into();
        let check = |key: &str, expected: Option<&str>| {
            let said = text_at(key, &texts).map(|(name, cost)| format!("{name}: {cost}"));
            assert_eq!(said.as_deref(), expected, "{key}");
        };
        check(
            "data.a-1.x.a.yml.store.ttl",
            Some("a.yml: procedure: tell it"),
        );
        check("data.a-1.x.a.yml.store", Some("a.yml: restart"));
        check("data.a-1.x.a.yml", Some("a.yml: restart"));
        check("data.a-1.x.a.ymls", None);
        check("spec.a-1.x.a.yml", None);
    }

    #[test]
    fn a_key_is_known_by_the_maps_that_it_is_in() {
        let text = "# header: x\na:\n  b:\n    c: 1\n  d:\n    - \"x: y\"\n    - z\ne: 2\n";
        let keys = (1..=8).map(|line| key_at(text, line));
        let keys: Vec<String> = keys.map(Option::unwrap_or_default).collect();
        assert_eq!(keys, ["", "a", "a.b", "a.b.c", "a.d", "a.d", "a.d", "e"]);
    }

    const COMPOSE: &str = "# header\nname: x\nservices:\n  a-1:\n    image: y\n    labels:\n      k: v\n  b-1:\n    image: z\nvolumes:\n  a-1-data: {}\n";

    #[test]
    fn a_line_belongs_to_the_service_above_it() {
        let services = [2, 3, 4, 7, 8, 9, 11].map(|line| service_at(COMPOSE, line));
        assert_eq!(
            services,
            [
                None,
                None,
                Some("a-1"),
                Some("a-1"),
                Some("b-1"),
                Some("b-1"),
                None
            ]
        );
    }
}
