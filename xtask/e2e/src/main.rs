//! The command line of the end-to-end test; `cargo xtask e2e` fills it in.

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand};
use lurus_e2e::drill::{self, Bounds, Course, Ending, Options, Procedure, Verdict};
use lurus_e2e::hosts::{self, Faults, agent};

/// Starts a local cluster from nothing, kills one member after the other under load, and shows that no acknowledged write is lost.
///
/// Ends with 0 when every check passed, 1 when one failed, 2 when the run could not begin.
#[derive(Parser)]
#[command(
    name = "lurus-e2e",
    version,
    subcommand_negates_reqs = true,
    args_conflicts_with_subcommands = true,
    after_help = "Example:\n  lurus-e2e --cluster minimal --project lurus-e2e-minimal \\\n    \
        --compose generated/minimal/local/docker-compose.distributed.yml --env-file generated/minimal/local/.env"
)]
struct Arguments {
    #[command(subcommand)]
    elsewhere: Option<Elsewhere>,
    #[command(flatten)]
    here: Option<Here>,
    // Beside the others and not among them: clap takes arguments that hold further ones in this way for none at all.
    #[command(flatten)]
    bounds: BoundArguments,
}

#[derive(Subcommand)]
enum Elsewhere {
    /// Brings the cluster up on hosts that a program makes, cuts off and kills one after the other under load, and shows the same
    Hosts(OnHosts),
    /// Serves questions of the above, on a host
    #[command(hide = true)]
    Agent(AgentArguments),
}

#[derive(Args)]
struct OnHosts {
    /// The cluster's name
    #[arg(long, value_name = "NAME")]
    cluster: String,
    /// The compose project on each host, as its files name it
    #[arg(long, value_name = "NAME")]
    project: String,
    /// The program that makes hosts; the documentation of hosts::program says how it is called
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
    /// The folder that the hosts see
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    bounds: BoundArguments,
    /// A service that need not answer on every port, because the image that stands for it here has not all of them; left out
    #[arg(long, value_name = "SERVICE")]
    unseen: Vec<String>,
    /// Lose no host: bring the cluster up, use it and change it
    #[arg(long)]
    no_faults: bool,
    /// Leave the hosts at the end, to look at them
    #[arg(long)]
    keep: bool,
}

#[derive(Args)]
struct AgentArguments {
    #[arg(long)]
    host: String,
    #[arg(long)]
    own: Vec<IpAddr>,
    #[arg(long)]
    through: Option<IpAddr>,
    #[arg(long)]
    cluster: String,
    #[arg(long)]
    clients: PathBuf,
    #[arg(long)]
    env_file: PathBuf,
}

#[derive(Args)]
struct Here {
    /// The cluster's name
    #[arg(long, value_name = "NAME")]
    cluster: String,
    /// The compose project, deleted with its volumes before and after; must begin with lurus-e2e
    #[arg(long, value_name = "NAME")]
    project: String,
    /// The compose file; given again, the later file is laid over the earlier one
    #[arg(long, value_name = "FILE", required = true)]
    compose: Vec<PathBuf>,
    /// The file with the values of the secrets
    #[arg(long, value_name = "FILE")]
    env_file: PathBuf,
    /// The facts about the cluster [default: clients.json beside the first compose file]
    #[arg(long, value_name = "FILE")]
    clients: Option<PathBuf>,
    /// Only start it, wait until every service is ready, and use it once
    #[arg(long)]
    only_up: bool,
    /// After that, follow the procedure in this file while everything is written to: JSON with its title, the directory in
    /// which its commands are typed, and steps, each with what it says, commands, and what the last of them prints
    #[arg(long, value_name = "FILE", conflicts_with = "only_up")]
    follow: Option<PathBuf>,
    /// A service of whose metrics nothing is expected, because the image that stands for it here tells none; counted as left out
    #[arg(long, value_name = "SERVICE")]
    unseen: Vec<String>,
    /// A name and a path at which the edge leads to a server that speaks WebSocket: each of its members is asked for one
    #[arg(long, value_name = "HOST/PATH")]
    upgrade: Vec<String>,
    /// Leave the project running at the end, to look at it
    #[arg(long)]
    keep: bool,
}

#[derive(Args)]
struct BoundArguments {
    /// Until every service is ready
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    bound_up: u64,
    /// Without an answer of PostgreSQL when its leader is lost
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    bound_postgres: u64,
    /// Without an answer of Redis when a master is lost
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    bound_redis: u64,
    /// Without an answer of NATS when the stream's leader is lost
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    bound_nats: u64,
    /// Failing requests from outside when a member of the edge, or of what answers, is lost: asked every 2 s, 1 s to connect
    #[arg(long, value_name = "SECONDS", default_value_t = 4)]
    bound_edge: u64,
    /// Without an answer of a service that lost no leader, also when it is etcd that lost one
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    bound_others: u64,
    /// Until a member that was started again is in its place and up to date
    #[arg(long, value_name = "SECONDS", default_value_t = 180)]
    bound_rejoin: u64,
}

impl From<BoundArguments> for Bounds {
    fn from(arguments: BoundArguments) -> Self {
        Self {
            up: Duration::from_secs(arguments.bound_up),
            postgres: Duration::from_secs(arguments.bound_postgres),
            redis: Duration::from_secs(arguments.bound_redis),
            nats: Duration::from_secs(arguments.bound_nats),
            edge: Duration::from_secs(arguments.bound_edge),
            others: Duration::from_secs(arguments.bound_others),
            rejoin: Duration::from_secs(arguments.bound_rejoin),
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments {
        elsewhere,
        here,
        bounds,
    } = Arguments::parse();
    let outcome = match (elsewhere, here) {
        (Some(Elsewhere::Agent(arguments)), _) => {
            let options = arguments.into();
            agent::run(&options).await.map(|()| Verdict::Passed)
        }
        (Some(Elsewhere::Hosts(arguments)), _) => hosts::run(&arguments.into()).await,
        (None, Some(arguments)) => match options(arguments, bounds) {
            Ok(options) => drill::run(&options).await,
            Err(error) => Err(error),
        },
        (None, None) => <Arguments as clap::CommandFactory>::command()
            .error(
                clap::error::ErrorKind::MissingRequiredArgument,
                "neither a compose file nor a subcommand is given",
            )
            .exit(),
    };
    match outcome {
        Ok(Verdict::Passed) => ExitCode::SUCCESS,
        Ok(Verdict::Failed) => ExitCode::from(1),
        Err(error) => cannot(&error),
    }
}

/// What the arguments ask for on the engine of this machine.
fn options(arguments: Here, bounds: BoundArguments) -> Result<Options> {
    Ok(Options {
        course: course(&arguments)?,
        cluster: arguments.cluster,
        project: arguments.project,
        compose: arguments.compose,
        env_file: arguments.env_file,
        clients: arguments.clients,
        bounds: bounds.into(),
        unseen: arguments.unseen.into_iter().collect(),
        upgrades: arguments.upgrade,
        ending: ending(arguments.keep),
    })
}

fn course(arguments: &Here) -> Result<Course> {
    if arguments.only_up {
        return Ok(Course::OnlyUp);
    }
    let Some(file) = &arguments.follow else {
        return Ok(Course::Drill);
    };
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    Procedure::parse(&text).map(Course::Follow)
}

/// Says why the run could not begin.
fn cannot(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    ExitCode::from(2)
}

impl From<OnHosts> for hosts::Options {
    fn from(arguments: OnHosts) -> Self {
        Self {
            cluster: arguments.cluster,
            project: arguments.project,
            program: arguments.program,
            folder: arguments.folder,
            unseen: arguments.unseen.into_iter().collect(),
            bounds: arguments.bounds.into(),
            faults: match arguments.no_faults {
                true => Faults::None,
                false => Faults::All,
            },
            ending: ending(arguments.keep),
        }
    }
}

impl From<AgentArguments> for agent::Options {
    fn from(arguments: AgentArguments) -> Self {
        Self {
            host: arguments.host,
            own: arguments.own,
            through: arguments.through,
            cluster: arguments.cluster,
            clients: arguments.clients,
            env_file: arguments.env_file,
        }
    }
}

fn ending(keep: bool) -> Ending {
    if keep { Ending::Keep } else { Ending::Delete }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn a_compose_file_is_taken_with_and_without_bounds() {
        let words = "lurus-e2e --cluster a --project b --compose c --env-file d";
        for bound in ["", " --bound-up 600"] {
            let words = format!("{words}{bound}");
            let arguments = Arguments::try_parse_from(words.split(' ')).unwrap();
            assert!(arguments.here.is_some(), "{words}");
        }
    }
}
