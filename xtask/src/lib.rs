//! The command line, as a table of contents: a line for each command, and what its end means.
//!
//! A library that does not know `spec/`: the program is [`run`] with the description as its argument. So an edit of `spec/`
//! compiles the description and links the program again, and nothing of the commands.

mod commands;
mod description;
mod engine;
mod neighbours;
mod outcome;
mod terminal;
mod workspace;

pub mod change;
pub mod manifest;
pub mod scheme;
pub mod sync;

use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::{Parser, Subcommand};
use lurus_spec::model::Cluster;

use crate::change::Change;
use crate::commands::{check, diff, e2e, explain, r#gen, graph, local, options, secrets, verify};
use crate::outcome::Ending;
use crate::scheme::Scheme;
use crate::workspace::Workspace;

/// What is described in this repository.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Makes every cluster of `spec/`, in the order in which `gen` names them.
    pub clusters: fn() -> Vec<Cluster>,
    /// What the end-to-end test starts besides them.
    pub schemes: &'static [Scheme],
    /// What it changes in a cluster that runs on hosts.
    pub change: Change,
}

/// Compiles the clusters of `spec/` into the files that their hosts need.
///
/// Ends with 0 when all is well, 1 when there are findings, stale files or a fault of the machine, 2 when it was used wrongly.
#[derive(Parser)]
#[command(name = "xtask", bin_name = "cargo xtask", version)]
struct CommandLine {
    /// Where the generated files are [default: generated/ of this workspace]
    #[arg(long, global = true, value_name = "DIR")]
    generated: Option<Utf8PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Gen(r#gen::Arguments),
    Diff(diff::Arguments),
    Check(check::Arguments),
    Explain(explain::Arguments),
    Options(options::Arguments),
    Graph(graph::Arguments),
    Secrets(secrets::Arguments),
    Up(local::Up),
    Down(local::Down),
    Status(local::Status),
    E2e(e2e::Arguments),
    Verify(verify::Arguments),
}

/// Runs the command that the arguments of the process name.
pub fn run(spec: Spec) -> ExitCode {
    let CommandLine { generated, command } = CommandLine::parse();
    let ending = Workspace::new(spec, generated).and_then(|workspace| match command {
        Command::Gen(arguments) => r#gen::run(&workspace, &arguments),
        Command::Diff(arguments) => diff::run(&workspace, &arguments),
        Command::Check(arguments) => check::run(&workspace, &arguments),
        Command::Explain(arguments) => explain::run(&workspace, &arguments),
        Command::Options(arguments) => options::run(&workspace, &arguments),
        Command::Graph(arguments) => graph::run(&workspace, &arguments),
        Command::Secrets(arguments) => secrets::run(&workspace, &arguments),
        Command::Up(arguments) => local::up(&workspace, &arguments),
        Command::Down(arguments) => local::down(&workspace, &arguments),
        Command::Status(arguments) => local::status(&workspace, &arguments),
        Command::E2e(arguments) => e2e::run(&workspace, &arguments),
        Command::Verify(arguments) => verify::run(&workspace, &arguments),
    });
    Ending::of(ending).exit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <CommandLine as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        for command in <CommandLine as clap::CommandFactory>::command().get_subcommands() {
            let shown = command.get_after_help().map(ToString::to_string);
            let example = format!("cargo xtask {}", command.get_name());
            assert!(
                shown.is_some_and(|text| text.contains(&example)),
                "`{example} --help` has no example"
            );
        }
    }
}
