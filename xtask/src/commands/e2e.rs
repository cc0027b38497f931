//! `e2e`: a generated cluster in, its way through faults under load out. The work is done by the crate `lurus-e2e`, which only this command
//! builds, because its clients would slow down every other one.

use std::io::Write as _;

use clap::Args;
use lurus_spec::Compiled;

use crate::commands::secrets;
use crate::description::{self, Warnings};
use crate::engine::Project;
use crate::outcome::{Failure, Verdict};
use crate::workspace::Workspace;

/// Start clusters from nothing, kill their members under load, and show that no acknowledged write is lost
#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo xtask e2e
  cargo xtask e2e minimal
  cargo xtask e2e minimal -- --keep --bound-up 600

It uses a compose project and volumes of its own, lurus-e2e-<cluster>, deleted before and after, and secrets of its
own. It cannot run beside `cargo xtask up`, because both need the same ports: `cargo xtask down` first.")]
pub(crate) struct Arguments {
    /// The cluster's name; every cluster when left out
    cluster: Option<String>,
    /// Arguments for lurus-e2e, as `cargo run --package lurus-e2e -- --help` lists them
    #[arg(last = true, value_name = "ARGUMENT")]
    rest: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Verdict, Failure> {
    let description =
        description::compiled(workspace, arguments.cluster.as_deref(), Warnings::Hidden)?;
    description.must_be_fresh(workspace)?;
    let mut verdict = Verdict::Fine;
    for compiled in &description.compiled {
        if drill(workspace, compiled, &arguments.rest)? == Verdict::Findings {
            verdict = Verdict::Findings;
        }
    }
    Ok(verdict)
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
