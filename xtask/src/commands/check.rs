//! `check`: every cluster of `spec/` in, its findings out, as text or as the JSON of cargo. Nothing is written.

use std::process::Stdio;

use clap::{Args, ValueEnum};
use lurus_spec::report::json::{Package, messages};

use crate::description::{clusters, found, judge, rules, summary};
use crate::outcome::{Failure, Verdict};
use crate::terminal::{GOOD, count, eprint, print};
use crate::workspace::Workspace;

/// Check the clusters and print every finding
#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo xtask check
  cargo xtask check --message-format json

For rust-analyzer, which then shows findings on the lines of spec/ that cause them
(.vscode/settings.json sets it; the messages of cargo run are those of spec/ when it does
not compile, --rustc adds those of all other crates):
  cargo run --quiet --package xtask --message-format=json -- check --message-format json --rustc")]
pub(crate) struct Arguments {
    /// How findings are printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    message_format: Format,
    /// Run `cargo check --workspace --all-targets` first, and pass its messages on
    #[arg(long)]
    rustc: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// With the lines of spec/, on standard error
    Human,
    /// A line of JSON for each, as cargo prints the messages of rustc, on standard output
    Json,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Verdict, Failure> {
    let mut verdict = Verdict::Fine;
    if arguments.rustc && rustc(workspace, arguments.message_format)? == Verdict::Findings {
        verdict = Verdict::Findings;
    }
    let clusters = clusters(workspace, None)?;
    let judged = judge(&clusters);
    if judged.iter().any(|(_, report, _)| report.has_errors()) {
        verdict = Verdict::Findings;
    }
    let found = found(&judged);
    match arguments.message_format {
        Format::Human => {
            let mut summaries = String::new();
            for (cluster, report, _) in &judged {
                summaries.extend(summary(cluster, report));
            }
            workspace.draw(&found);
            eprint(&summaries);
            if summaries.is_empty() {
                let checked = count(clusters.len(), "cluster");
                print(&format!("{GOOD}fine:{GOOD:#} {checked}, no finding\n"))?;
            }
        }
        Format::Json => {
            let rules = rules(workspace);
            let explain = |code: lurus_spec::report::Code| {
                rules
                    .iter()
                    .find(|rule| rule.code == code.as_str())
                    .map(|rule| rule.explain.to_owned())
            };
            let (id, manifest, library) = (
                package_id(workspace),
                workspace.root.join("Cargo.toml"),
                workspace.root.join("spec/lib.rs"),
            );
            let package = Package {
                id: &id,
                manifest_path: manifest.as_str(),
                library: "lurus",
                library_path: library.as_str(),
            };
            let source = |file: &str| workspace.source(file);
            print(&messages(&found, &package, &source, &explain))?;
        }
    }
    Ok(verdict)
}

/// The package of the description, as cargo writes it: its name is left out where the folder says it.
fn package_id(workspace: &Workspace) -> String {
    let name = match workspace.root.file_name() {
        Some("lurus") => "",
        Some(_) | None => "lurus@",
    };
    let root = workspace.root.as_str().replace(' ', "%20");
    format!("path+file://{root}#{name}{}", env!("CARGO_PKG_VERSION"))
}

/// What rustc finds, printed by cargo itself.
fn rustc(workspace: &Workspace, format: Format) -> Result<Verdict, Failure> {
    let mut cargo = workspace.cargo();
    cargo.args(["check", "--quiet", "--workspace", "--all-targets"]);
    if format == Format::Json {
        cargo.arg("--message-format=json");
    }
    let status = cargo
        .stdin(Stdio::null())
        .status()
        .map_err(|error| Failure::Machine(format!("cannot run cargo: {error}")))?;
    Ok(if status.success() {
        Verdict::Fine
    } else {
        Verdict::Findings
    })
}
