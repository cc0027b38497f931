//! `verify`: the generated files in, what the programs that will read them say out. It judges what is on disk, and knows
//! nothing of the description.

mod judge;
mod place;
mod service;
mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use camino::Utf8Path;
use clap::Args;
use fs_err as fs;
use walkdir::WalkDir;

use self::judge::{Case, cases};
use self::place::{Places, Source};
use self::service::Project;
use crate::commands::secrets::provided;
use crate::outcome::{Failure, Verdict};
use crate::terminal::{ERROR, GOOD, HEADING, WARNING, count, eprint, print};
use crate::workspace::Workspace;

/// Let the real programs judge the generated files
#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo xtask verify                     judge with the programs and images that are on this machine
  cargo xtask verify --fetch --strict    pull or build the images that are missing; nothing may be skipped

Each service is judged in its own image, where the engine has it, with the folders that the service mounts and made-up
values for its secrets, without a network. Where the image is missing, the program on the PATH judges. What a host's own
system reads is judged by programs on the PATH, which want to be run as root.")]
pub(crate) struct Arguments {
    /// End with 1 also when something could not be judged
    #[arg(long)]
    strict: bool,
    /// First pull or build the images that are missing
    #[arg(long)]
    fetch: bool,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Verdict, Failure> {
    let start = Instant::now();
    let files = files(workspace)?;
    let mut projects = files
        .iter()
        .filter(|file| service::is_compose_file(file))
        .map(|file| Project::read(file))
        .collect::<Result<Vec<_>, _>>()?;
    let mut places = Places::look(&projects)?;
    stand_in(workspace, &mut projects, places.scratch())?;
    if arguments.fetch {
        places.fetch(&projects)?;
    }
    let cases = cases(&workspace.generated, &files, &projects);
    let judged = judge_all(&cases, &places);

    let unknown: BTreeSet<&str> = files
        .iter()
        .filter(|file| !cases.iter().any(|case| case.file == **file))
        .filter_map(|file| file.file_name())
        .collect();
    let number = |wanted: fn(&Opinion) -> bool| judged.iter().filter(|o| wanted(o)).count();
    let failed = number(|opinion| matches!(opinion, Opinion::Failed(..)));
    let skipped = number(|opinion| matches!(opinion, Opinion::Skipped(_)));
    print(&format!(
        "{}{}{}{} judged, {failed} failed, {skipped} skipped, {:.1} s\n",
        table(&cases, &judged),
        failures(&cases, &judged),
        skips(&cases, &judged),
        cases.len() - skipped,
        start.elapsed().as_secs_f64(),
    ))?;
    if !unknown.is_empty() {
        let names: Vec<_> = unknown.into_iter().collect();
        eprint(&format!("No program judges: {}\n", names.join(", ")));
    }
    Ok(if failed > 0 || (arguments.strict && skipped > 0) {
        Verdict::Findings
    } else {
        Verdict::Fine
    })
}

/// Puts a throw-away certificate where the operator has provided none: it is the file that is judged, not what the operator
/// has.
fn stand_in(
    workspace: &Workspace,
    projects: &mut [Project],
    scratch: &Utf8Path,
) -> Result<(), Failure> {
    let made = scratch.join("provided");
    for service in projects
        .iter_mut()
        .flat_map(|project| &mut project.services)
    {
        for mount in &mut service.mounts {
            if !mount.provided || mount.from.exists() {
                continue;
            }
            if !made.exists() {
                fs::create_dir(&made).map_err(Failure::machine)?;
                // Without one, who needs it is refused by its judge.
                if let Err(why) = provided::make(workspace, &made, &["example.com"]) {
                    eprint(&format!("{WARNING}warning:{WARNING:#} {why}\n"));
                }
            }
            mount.from.clone_from(&made);
        }
    }
    Ok(())
}

/// What a judge said.
enum Opinion {
    /// Accepted.
    Accepted(Source),
    /// Refused, with the judge's words.
    Failed(Source, String),
    /// Nobody judged.
    Skipped(Skip),
}

/// A judge that this machine does not have.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Skip {
    /// What its program said that is here and cannot run; nothing where there is none.
    why: Option<String>,
    /// How to get it.
    how: String,
}

/// Asks all judges, as many at once as there are processors. The answers are in the order of the cases.
fn judge_all(cases: &[Case], places: &Places) -> Vec<Opinion> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let queue = Mutex::new(cases.iter().enumerate());
    let answers = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    // The lock is released before the judge is asked.
                    let next = queue.lock().expect("no judge panics").next();
                    let Some((index, case)) = next else { break };
                    let answer = judge(case, places);
                    answers
                        .lock()
                        .expect("no judge panics")
                        .insert(index, answer);
                }
            });
        }
    });
    let answers = answers.into_inner().expect("no judge panics");
    answers.into_values().collect()
}

fn judge(case: &Case, places: &Places) -> Opinion {
    let source = match places.find(case) {
        Ok(source) => source,
        Err(how) => return Opinion::Skipped(Skip { why: None, how }),
    };
    let end = match trial::run(case, &source, places) {
        Ok(end) => end,
        Err(words) => return Opinion::Failed(source, words),
    };
    if source == Source::Path
        && let Some(why) = end.cannot_run()
    {
        return Opinion::Skipped(Skip {
            why: Some(why.to_owned()),
            how: places.instead(case),
        });
    }
    match (case.reads)(&source, &end) {
        Ok(()) => Opinion::Accepted(source),
        Err(words) => Opinion::Failed(source, words),
    }
}

/// All files of the directory, sorted.
fn files(workspace: &Workspace) -> Result<Vec<camino::Utf8PathBuf>, Failure> {
    let mut files = Vec::new();
    for entry in WalkDir::new(&workspace.generated).sort_by_file_name() {
        let entry = entry.map_err(Failure::machine)?;
        if entry.file_type().is_file() {
            let path = camino::Utf8PathBuf::try_from(entry.into_path());
            files.push(path.map_err(Failure::machine)?);
        }
    }
    if files.is_empty() {
        return Err(Failure::Machine(format!(
            "{} is empty: nothing to judge; write it with `cargo xtask gen`",
            workspace.shown(&workspace.generated)
        )));
    }
    Ok(files)
}

fn table(cases: &[Case], judged: &[Opinion]) -> String {
    let rows: Vec<[String; 3]> = cases
        .iter()
        .zip(judged)
        .map(|(case, opinion)| {
            let from = match opinion {
                Opinion::Accepted(source) | Opinion::Failed(source, _) => source.to_string(),
                Opinion::Skipped(_) => "-".to_owned(),
            };
            [case.artifact.clone(), case.judge.to_owned(), from]
        })
        .collect();
    let heads = ["ARTIFACT", "JUDGE", "FROM"];
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].len());
        cells.chain([heads[column].len()]).max().unwrap_or_default()
    };
    let (first, second, third) = (width(0), width(1), width(2));
    let mut text = format!(
        "{HEADING}{:first$}  {:second$}  {:third$}  RESULT{HEADING:#}\n",
        heads[0], heads[1], heads[2]
    );
    for ([artifact, judge, from], opinion) in rows.iter().zip(judged) {
        let (style, result) = match opinion {
            Opinion::Accepted(_) => (GOOD, "ok"),
            Opinion::Failed(..) => (ERROR, "failed"),
            Opinion::Skipped(_) => (WARNING, "skipped"),
        };
        text += &format!(
            "{artifact:first$}  {judge:second$}  {from:third$}  {style}{result}{style:#}\n"
        );
    }
    text
}

fn failures(cases: &[Case], judged: &[Opinion]) -> String {
    /// How many lines of a judge are shown.
    const MOST: usize = 8;
    let mut text = String::new();
    for (case, opinion) in cases.iter().zip(judged) {
        let Opinion::Failed(_, words) = opinion else {
            continue;
        };
        text += &format!(
            "\n{ERROR}failed:{ERROR:#} {}, says {}\n",
            case.artifact, case.judge
        );
        for line in words.lines().take(MOST) {
            text += &format!("  {line}\n");
        }
        let more = words.lines().count().saturating_sub(MOST);
        if more > 0 {
            text += &format!("  and {} more\n", count(more, "line"));
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn skips(cases: &[Case], judged: &[Opinion]) -> String {
    let mut skips: BTreeMap<(&str, &Skip), usize> = BTreeMap::new();
    for (case, opinion) in cases.iter().zip(judged) {
        if let Opinion::Skipped(skip) = opinion {
            *skips.entry((case.judge, skip)).or_default() += 1;
        }
    }
    skips
        .into_iter()
        .map(|((judge, Skip { why, how }), times)| {
            let times = count(times, "artifact");
            let why = why.as_ref();
            let why = why.map_or_else(String::new, |why| {
                format!(", which cannot run here ({why})")
            });
            format!("{WARNING}skipped:{WARNING:#} {judge} on {times}{why}; to get it: {how}\n")
        })
        .collect()
}
