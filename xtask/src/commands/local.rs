//! `up`, `down` and `status`: a generated cluster in, its life on the local engine out.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::commands::secrets;
use crate::description::{self, Warnings, clusters};
use crate::engine::{Condition, Container, Project, Service, conditions};
use crate::neighbours;
use crate::outcome::{Failure, Verdict};
use crate::terminal::{ERROR, GOOD, HEADING, WARNING, count, eprint, print};
use crate::workspace::Workspace;

/// Start a cluster on the local Docker engine, and wait until all of it works
#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo xtask up minimal
  cargo xtask up minimal --timeout 600

Makes the secrets that are missing. Whatever runs already and has not changed is left alone.")]
pub(crate) struct Up {
    /// The cluster's name
    cluster: String,
    /// How long to wait, once all containers are started
    #[arg(long, value_name = "SECONDS", default_value_t = 180)]
    timeout: u64,
    /// Build images anew that are built here, after a change of their recipe
    #[arg(long)]
    build: bool,
}

/// Stop a cluster on the local Docker engine
#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo xtask down minimal
  cargo xtask down minimal --volumes    and delete its data")]
pub(crate) struct Down {
    /// The cluster's name
    cluster: String,
    /// Delete its volumes, with all data in them
    #[arg(long)]
    volumes: bool,
}

/// Show the services of a cluster on the local Docker engine
#[derive(Args)]
#[command(after_help = "\
Example:
  cargo xtask status minimal

Ends with 0 when every service works and every task is done, else with 1.")]
pub(crate) struct Status {
    /// The cluster's name
    cluster: String,
}

pub(crate) fn up(workspace: &Workspace, arguments: &Up) -> Result<Verdict, Failure> {
    let cluster = &arguments.cluster;
    let description = description::compiled(workspace, Some(cluster), Warnings::Hidden)?;
    description.must_be_fresh(workspace)?;
    let project = Project::open(workspace, cluster)?;
    let mut values = BTreeMap::new();
    for compiled in &description.compiled {
        values.extend(secrets::keep(workspace, compiled)?.values);
    }
    let services = project.services()?;
    neighbours::warn(services.len());
    let build: &[&str] = if arguments.build { &["--build"] } else { &[] };
    if !project.up(build)?.success() {
        explain(&services, &project.containers()?, &values);
        return Err(Failure::Machine(format!(
            "`{} up` failed; above is what it printed",
            project.typed(workspace)
        )));
    }
    let start = Instant::now();
    let bound = Duration::from_secs(arguments.timeout);
    let mut progress = Progress::new(services.len());
    loop {
        let containers = project.containers()?;
        let waiting = waiting(&services, &containers);
        progress.show(services.len() - waiting.len(), &waiting);
        if waiting.is_empty() {
            progress.end();
            print(&format!(
                "{GOOD}up:{GOOD:#} {cluster}, {} ready after {:.0} s; `cargo xtask status {cluster}` lists them\n",
                count(services.len(), "service"),
                start.elapsed().as_secs_f64()
            ))?;
            return Ok(Verdict::Fine);
        }
        if start.elapsed() >= bound {
            progress.end();
            explain(&services, &containers, &values);
            return Err(Failure::Machine(format!(
                "{cluster} is not up after {} s: {} not ready; it runs on, and `cargo xtask status {cluster}` shows how it goes",
                bound.as_secs(),
                count(waiting.len(), "service")
            )));
        }
        thread::sleep(Duration::from_secs(1));
    }
}

pub(crate) fn down(workspace: &Workspace, arguments: &Down) -> Result<Verdict, Failure> {
    clusters(workspace, Some(&arguments.cluster))?;
    let project = Project::open(workspace, &arguments.cluster)?;
    let volumes: &[&str] = if arguments.volumes {
        &["--volumes"]
    } else {
        &[]
    };
    if !project.down(volumes)?.success() {
        return Err(Failure::Machine(format!(
            "`{} down` failed; above is what it printed",
            project.typed(workspace)
        )));
    }
    print(&format!("{GOOD}down:{GOOD:#} {}\n", arguments.cluster))?;
    Ok(Verdict::Fine)
}

pub(crate) fn status(workspace: &Workspace, arguments: &Status) -> Result<Verdict, Failure> {
    clusters(workspace, Some(&arguments.cluster))?;
    let project = Project::open(workspace, &arguments.cluster)?;
    let services = project.services()?;
    let conditions = conditions(&services, &project.containers()?);
    let is_fine = conditions
        .values()
        .all(|condition| matches!(condition, Condition::Ready(_)));
    print(&table(&services, &conditions))?;
    Ok(if is_fine {
        Verdict::Fine
    } else {
        Verdict::Findings
    })
}

fn table(services: &BTreeMap<String, Service>, conditions: &BTreeMap<String, Condition>) -> String {
    let width = services.keys().map(String::len).max().unwrap_or(0).max(7);
    let mut out = format!(
        "{HEADING}{:width$}  {:16}  host{HEADING:#}\n",
        "service", "state"
    );
    for (name, condition) in conditions {
        let (style, state) = match condition {
            Condition::Ready(how) => (GOOD, how),
            Condition::Waiting(how) => (WARNING, how),
        };
        out += &format!(
            "{name:width$}  {style}{state:16}{style:#}  {}\n",
            services[name].host
        );
    }
    out
}

/// What is not ready, and how.
fn waiting(services: &BTreeMap<String, Service>, containers: &[Container]) -> Vec<String> {
    conditions(services, containers)
        .into_iter()
        .filter_map(|(name, condition)| match condition {
            Condition::Ready(_) => None,
            Condition::Waiting(how) => Some(format!("{name} ({how})")),
        })
        .collect()
}

/// How many services a line of progress names.
const NAMED: usize = 6;

/// The first of what is not ready, and how many there are besides.
fn brief(waiting: &[String]) -> String {
    let (named, rest) = waiting.split_at(waiting.len().min(NAMED));
    let more = match rest.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    named.join(", ") + &more
}

/// How many services are explained: one cause often has many victims.
const CULPRITS: usize = 3;

/// Prints why services are not ready, without the values of secrets.
fn explain(
    services: &BTreeMap<String, Service>,
    containers: &[Container],
    secrets: &BTreeMap<String, String>,
) {
    let mask = |text: String| {
        secrets.iter().fold(text, |text, (name, value)| {
            text.replace(value.as_str(), &format!("<{name}>"))
        })
    };
    let mut culprits: Vec<(&Container, String)> = containers
        .iter()
        .filter_map(|container| {
            let service = services.get(&container.service)?;
            match container.condition(service.kind) {
                Condition::Ready(_) => None,
                Condition::Waiting(how) => Some((container, how)),
            }
        })
        .collect();
    // What has failed says more than what is still on its way.
    culprits.sort_by_key(|(container, how)| {
        let is_on_its_way = ["starting", "running", "created"].contains(&how.as_str());
        (is_on_its_way, container.service.clone())
    });
    for (container, how) in culprits.into_iter().take(CULPRITS) {
        eprint(&format!("{ERROR}{}:{ERROR:#} {how}\n", container.service));
        if let Some(text) = container.last_health() {
            eprint(&format!("  its health check says: {}\n", mask(text)));
        }
        let lines = container.last_lines();
        if !lines.is_empty() {
            eprint("  its last lines:\n");
        }
        for line in lines {
            eprint(&format!("    {}\n", mask(line)));
        }
    }
}

/// A bar on a terminal, a line for each change elsewhere.
enum Progress {
    Bar(ProgressBar),
    Lines { shown: Vec<String>, all: usize },
}

impl Progress {
    fn new(all: usize) -> Progress {
        if !io::stderr().is_terminal() {
            return Progress::Lines {
                shown: Vec::new(),
                all,
            };
        }
        let style =
            ProgressStyle::with_template("{spinner} [{elapsed}] {bar:24} {pos}/{len} {wide_msg}")
                .expect("the template is a literal");
        let bar = ProgressBar::new(u64::try_from(all).unwrap_or(u64::MAX)).with_style(style);
        bar.enable_steady_tick(Duration::from_millis(120));
        Progress::Bar(bar)
    }

    fn show(&mut self, ready: usize, waiting: &[String]) {
        match self {
            Progress::Bar(bar) => {
                bar.set_position(u64::try_from(ready).unwrap_or(u64::MAX));
                bar.set_message(brief(waiting));
            }
            Progress::Lines { shown, all } => {
                if shown.as_slice() != waiting {
                    let list = match waiting {
                        [] => String::new(),
                        _ => format!(", waiting for {}", brief(waiting)),
                    };
                    eprint(&format!("{ready} of {all} ready{list}\n"));
                    *shown = waiting.to_vec();
                }
            }
        }
    }

    fn end(&self) {
        match self {
            Progress::Bar(bar) => bar.finish_and_clear(),
            Progress::Lines { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::brief;

    #[test]
    fn a_line_of_progress_is_short() {
        let names: Vec<String> = (1..=8).map(|number| format!("a-{number}")).collect();
        assert_eq!(brief(&names), "a-1, a-2, a-3, a-4, a-5, a-6 and 2 more");
        assert_eq!(brief(&names[..2]), "a-1, a-2");
    }
}
