//! `e2e`: a generated cluster in, its way through faults under load out. The work is done by the crate `lurus-e2e`, which only this command
//! builds, because its clients would slow down every other one.

mod scheme;

use std::io::Write as _;

use camino::Utf8PathBuf;
use clap::Args;
use fs_err as fs;
use lurus_spec::{Compiled, compile};
use xtask::sync::{Mode, Scope, sync};

use self::scheme::{SCHEMES, Scheme};
use crate::commands::secrets;
use crate::description::{self, Warnings};
use crate::engine::Project;
use crate::outcome::{Failure, Verdict};
use crate::workspace::Workspace;

/// Start clusters from nothing, kill one of each kind under load, provoke alerts, and show that no acknowledged write is lost
#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo xtask e2e
  cargo xtask e2e minimal
  cargo xtask e2e --schemes
  cargo xtask e2e minimal -- --keep --bound-up 600

Real clients write to every store, ask through the edge and read streams of events, while members are killed: leaders,
followers, what watches, and then the way of a request layer by layer. Tables at the end say what each loss cost, and the
bound that it was held to. A service whose image cannot be had here is left out by name, and counted as left out.

It uses a compose project and volumes of its own, lurus-e2e-<cluster>, deleted before and after, and secrets of its
own. It cannot run beside `cargo xtask up`, because both need the same ports: `cargo xtask down` first. A second run on
the same engine is refused.")]
pub(crate) struct Arguments {
    /// The cluster's name; every cluster, and then every scheme, when left out
    cluster: Option<String>,
    /// Only start each way to have PostgreSQL that no cluster shows, with an application that lives on it
    #[arg(long, conflicts_with = "cluster")]
    schemes: bool,
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
            verdicts.push(drill(workspace, compiled, &arguments.rest)?);
        }
    }
    if arguments.cluster.is_none() {
        for scheme in &SCHEMES {
            verdicts.push(start(workspace, scheme, &arguments.rest)?);
        }
    }
    Ok(if verdicts.contains(&Verdict::Findings) {
        Verdict::Findings
    } else {
        Verdict::Fine
    })
}

/// Starts a scheme's cluster, from files that are written for this only, and takes it down again.
fn start(workspace: &Workspace, scheme: &Scheme, rest: &[String]) -> Result<Verdict, Failure> {
    let cluster = (scheme.cluster)();
    let compiled = compile(&cluster).map_err(|report| {
        workspace.draw(&report);
        Failure::Machine(format!("the scheme {} is refused", cluster.name.value))
    })?;
    let directory = tempfile::Builder::new()
        .prefix("lurus-e2e-")
        .tempdir()
        .map_err(Failure::machine)?;
    let generated =
        Utf8PathBuf::try_from(directory.path().join("generated")).map_err(Failure::machine)?;
    sync(&compiled.tree, &generated, &Scope::Whole, Mode::Write).map_err(Failure::machine)?;
    let own = Workspace {
        generated,
        ..workspace.clone()
    };
    let mut arguments = vec!["--only-up".to_owned()];
    if let Some(outside) = scheme.outside {
        let outside = outside();
        let local = own.generated.join(compiled.name.as_str()).join("local");
        let folder = local.join("outside");
        fs::create_dir(&folder).map_err(Failure::machine)?;
        secrets::provided::make(&own, &folder, &[outside.host]).map_err(Failure::Machine)?;
        let file = local.join("docker-compose.outside.yml");
        fs::write(&file, outside.compose).map_err(Failure::machine)?;
        arguments.extend(["--compose".to_owned(), file.into_string()]);
    }
    arguments.extend(rest.iter().cloned());
    drill(&own, &compiled, &arguments)
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
    secrets::provided::provide(workspace, compiled, &workspace.generated.join(name))?;
    let status = workspace
        .cargo()
        .args(["run", "--quiet", "--package", "lurus-e2e", "--"])
        .args(["--cluster", name])
        .args(["--project", &format!("lurus-e2e-{name}")])
        .args(["--compose", project.file.as_str()])
        .arg("--env-file")
        .arg(values.path())
        .args(rest)
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
