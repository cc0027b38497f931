//! `e2e`: a generated cluster in, its way through faults under load out. The work is done by the crate `lurus-e2e`, which only this command
//! builds, because its clients would slow down every other one.

mod book;
mod hosts;

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use crate::sync::{Mode, Scope, sync};
use camino::Utf8PathBuf;
use clap::Args;
use fs_err as fs;
use lurus_spec::model::Cluster;
use lurus_spec::target::Target as _;
use lurus_spec::target::local::Local;
use lurus_spec::{Compiled, compile};

use crate::commands::secrets;
use crate::description::{self, Warnings};
use crate::engine::{Project, succeeds};
use crate::neighbours;
use crate::outcome::{Failure, Verdict};
use crate::scheme::{Outside, Scheme};
use crate::terminal::eprint;
use crate::workspace::Workspace;

/// Start clusters from nothing, kill one of each kind under load, provoke alerts, and show that no acknowledged write is lost
#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo xtask e2e
  cargo xtask e2e minimal
  cargo xtask e2e --schemes
  cargo xtask e2e minimal --hosts ./make-hosts
  cargo xtask e2e minimal --hosts ./make-hosts -- --no-faults
  cargo xtask e2e minimal -- --keep --bound-up 600

Real clients write to every store, ask through the edge and read streams of events, while members are killed: leaders,
followers, what watches, and then the way of a request layer by layer. Tables at the end say what each loss cost, and the
bound that it was held to. A service whose image cannot be had here is left out by name, and counted as left out.

With --hosts each host of the cluster is one of its own, with its generated folder only. They come up in the order of the
book, whose commands are typed as they stand; one value of the description is changed, as the book says; then each host is
cut off and killed as a whole, while clients on the other hosts and outside go on. The program makes them; the documentation
of lurus_e2e::hosts says how it is called.

It uses a compose project and volumes of its own, lurus-e2e-<cluster>, deleted before and after, and secrets of its
own. It cannot run beside `cargo xtask up`, because both need the same ports: `cargo xtask down` first. A second run on
the same engine is refused.")]
pub(crate) struct Arguments {
    /// The cluster's name; every cluster, and then every scheme, when left out
    cluster: Option<String>,
    /// Only start each way to have PostgreSQL that no cluster shows, with an application that lives on it, and switch over by
    /// hand as its book says; and an edge in front of a server that speaks WebSocket
    #[arg(long, conflicts_with = "cluster")]
    schemes: bool,
    /// Test the files for hosts, on hosts that this program makes
    #[arg(
        long,
        value_name = "PROGRAM",
        requires = "cluster",
        conflicts_with = "schemes"
    )]
    hosts: Option<Utf8PathBuf>,
    /// Arguments for lurus-e2e, as `cargo run --package lurus-e2e -- --help` lists them
    #[arg(last = true, value_name = "ARGUMENT")]
    rest: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Verdict, Failure> {
    let mut verdicts = Vec::new();
    if !arguments.schemes {
        let description =
            description::compiled(workspace, arguments.cluster.as_deref(), Warnings::Hidden)?;
        description.must_be_fresh(workspace)?;
        for compiled in &description.compiled {
            verdicts.push(match &arguments.hosts {
                Some(program) => hosts::drill(workspace, compiled, program, &arguments.rest)?,
                None => drill(workspace, compiled, &arguments.rest)?,
            });
        }
    }
    if arguments.cluster.is_none() {
        for scheme in workspace.spec.schemes {
            verdicts.push(start(workspace, scheme, &arguments.rest)?);
        }
    }
    Ok(if verdicts.contains(&Verdict::Findings) {
        Verdict::Findings
    } else {
        Verdict::Fine
    })
}

/// Starts a scheme's cluster, from files that are written for this only, does what people do with it, and takes it down again.
fn start(workspace: &Workspace, scheme: &Scheme, rest: &[String]) -> Result<Verdict, Failure> {
    let compiled = passed(workspace, &(scheme.cluster)())?;
    let outside = scheme.outside.map(|outside| outside());
    if let Some(image) = missing(&compiled, outside.as_ref()) {
        eprint(&format!(
            "left out: the scheme {} ({image} cannot be had here)\n",
            compiled.name
        ));
        return Ok(Verdict::Fine);
    }
    let directory = tempfile::Builder::new()
        .prefix("lurus-e2e-")
        .tempdir()
        .map_err(Failure::machine)?;
    let root = Utf8PathBuf::try_from(directory.path().to_owned()).map_err(Failure::machine)?;
    let own = Workspace {
        generated: root.join("generated"),
        ..workspace.clone()
    };
    write(&own, &compiled)?;
    let mut arguments = Vec::new();
    match &scheme.switch {
        None => arguments.push("--only-up".to_owned()),
        Some(switch) => {
            let new = Workspace {
                generated: root.join("new").join("generated"),
                ..own.clone()
            };
            write(&new, &passed(workspace, &(switch.after)())?)?;
            let file = root.join("switch.json");
            let procedure = book::switchover(&compiled, switch.component, &root);
            fs::write(&file, procedure.to_string()).map_err(Failure::machine)?;
            arguments.extend(["--follow".to_owned(), file.into_string()]);
        }
    }
    if let Some(at) = scheme.upgrade {
        arguments.extend(["--upgrade".to_owned(), at.to_owned()]);
    }
    if let Some(outside) = outside {
        let local = own.generated.join(compiled.name.as_str()).join("local");
        let folder = local.join("outside");
        fs::create_dir(&folder).map_err(Failure::machine)?;
        secrets::provided::make(&own, &folder, &[outside.host]).map_err(Failure::Machine)?;
        let file = local.join("docker-compose.outside.yml");
        fs::write(&file, outside.compose).map_err(Failure::machine)?;
        arguments.extend(["--compose".to_owned(), file.into_string()]);
    }
    arguments.extend(rest.iter().cloned());
    // Where compose looks for them, so that what a book says can be typed as it is.
    secrets::keep(&own, &compiled)?;
    let values = own
        .generated
        .join(compiled.name.as_str())
        .join("local/.env");
    let project = format!("lurus-{}", compiled.name);
    drive(&own, &compiled, &project, values.as_std_path(), &arguments)
}

/// An image that cannot be had: of a workload, of what stands outside, or one that another is built on. Without any of them
/// a scheme shows nothing.
fn missing(compiled: &Compiled, outside: Option<&Outside>) -> Option<String> {
    let has = |image: &str| succeeds(&["image", "inspect", image]);
    let workloads = compiled.plans[Local.name()].workloads.iter();
    let needed = workloads.flat_map(|workload| {
        let image = workload.image.to_string();
        match &workload.build {
            Some(build) if !has(&image) => bases(&build.recipe),
            Some(_) | None => vec![image],
        }
    });
    needed
        .chain(outside.map(|outside| outside.image.clone()))
        .find(|image| !has(image) && !succeeds(&["manifest", "inspect", image]))
}

/// The images that a recipe begins with.
fn bases(recipe: &str) -> Vec<String> {
    let lines = recipe.lines();
    let bases = lines.filter_map(|line| line.strip_prefix("FROM ")?.split(' ').next());
    bases.map(str::to_owned).collect()
}

/// A scheme's cluster, which passes every check.
fn passed(workspace: &Workspace, cluster: &Cluster) -> Result<Compiled, Failure> {
    compile(cluster).map_err(|report| {
        workspace.draw(&report);
        Failure::Machine(format!("the scheme {} is refused", cluster.name.value))
    })
}

fn write(workspace: &Workspace, compiled: &Compiled) -> Result<(), Failure> {
    sync(
        &compiled.tree,
        &workspace.generated,
        &Scope::Whole,
        Mode::Write,
    )
    .map(drop)
    .map_err(Failure::machine)
}

fn drill(workspace: &Workspace, compiled: &Compiled, rest: &[String]) -> Result<Verdict, Failure> {
    let name = compiled.name.as_str();
    let project = Project::open(workspace, name)?;
    if !project.containers()?.is_empty() {
        return Err(Failure::Machine(format!(
            "{name} has containers on this engine, which hold the ports that the test needs: run `cargo xtask down {name}`; its data stays"
        )));
    }
    // Made with mode 0600, and deleted when dropped.
    let mut values = tempfile::NamedTempFile::new().map_err(Failure::machine)?;
    for secret in compiled.plans.values().flat_map(|plan| &plan.secrets) {
        writeln!(values, "{}={}", secret.name.env_name(), secrets::random()?)
            .map_err(Failure::machine)?;
    }
    let own = format!("lurus-e2e-{name}");
    drive(workspace, compiled, &own, values.path(), rest)
}

/// Runs the test on a generated cluster, in this compose project and with these values of its secrets.
fn drive(
    workspace: &Workspace,
    compiled: &Compiled,
    project: &str,
    values: &Path,
    rest: &[String],
) -> Result<Verdict, Failure> {
    let name = compiled.name.as_str();
    let files = Project::open(workspace, name)?;
    neighbours::warn(files.services()?.len());
    secrets::provided::provide(workspace, compiled, &workspace.generated.join(name))?;
    let mut command = driver(workspace);
    command
        .args(["--cluster", name])
        .args(["--project", project])
        .args(["--compose", files.file.as_str()])
        .arg("--env-file")
        .arg(values)
        .args(rest);
    verdict(name, &mut command)
}

/// The driver, to be given its arguments.
fn driver(workspace: &Workspace) -> Command {
    let mut command = workspace.cargo();
    command.args(["run", "--quiet", "--package", "lurus-e2e", "--"]);
    command
}

/// Runs the driver to its end.
fn verdict(name: &str, command: &mut Command) -> Result<Verdict, Failure> {
    let status = command
        .status()
        .map_err(|error| Failure::Machine(format!("cannot run cargo: {error}")))?;
    match status.code() {
        Some(0) => Ok(Verdict::Fine),
        Some(1) => Ok(Verdict::Findings),
        Some(_) | None => Err(Failure::Machine(format!(
            "the end-to-end test of {name} could not be run to its end ({status}); above is why"
        ))),
    }
}
