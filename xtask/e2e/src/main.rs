//! The command line of the end-to-end test; `cargo xtask e2e` fills it in.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Parser;
use lurus_e2e::drill::{self, Bounds, Course, Ending, Options, Procedure, Verdict};

/// Starts a local cluster from nothing, kills one member after the other under load, and shows that no acknowledged write is lost.
///
/// Ends with 0 when every check passed, 1 when one failed, 2 when the run could not begin.
#[derive(Parser)]
#[command(
    name = "lurus-e2e",
    version,
    after_help = "Example:\n  lurus-e2e --cluster minimal --project lurus-e2e-minimal \\\n    \
        --compose generated/minimal/local/docker-compose.distributed.yml --env-file generated/minimal/local/.env"
)]
struct Arguments {
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
    /// Failing requests from outside when a member of the edge, or of what answers, is lost
    #[arg(long, value_name = "SECONDS", default_value_t = 2)]
    bound_edge: u64,
    /// Without an answer of a service that lost no leader, also when it is etcd that lost one
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    bound_others: u64,
    /// Until a member that was started again is in its place and up to date
    #[arg(long, value_name = "SECONDS", default_value_t = 180)]
    bound_rejoin: u64,
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
    /// Leave the project running at the end, to look at it
    #[arg(long)]
    keep: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let course = match course(&arguments) {
        Ok(course) => course,
        Err(error) => return cannot(&error),
    };
    let options = Options {
        cluster: arguments.cluster,
        project: arguments.project,
        compose: arguments.compose,
        env_file: arguments.env_file,
        clients: arguments.clients,
        bounds: Bounds {
            up: Duration::from_secs(arguments.bound_up),
            postgres: Duration::from_secs(arguments.bound_postgres),
            redis: Duration::from_secs(arguments.bound_redis),
            nats: Duration::from_secs(arguments.bound_nats),
            edge: Duration::from_secs(arguments.bound_edge),
            others: Duration::from_secs(arguments.bound_others),
            rejoin: Duration::from_secs(arguments.bound_rejoin),
        },
        unseen: arguments.unseen.into_iter().collect(),
        course,
        ending: if arguments.keep {
            Ending::Keep
        } else {
            Ending::Delete
        },
    };
    match drill::run(&options).await {
        Ok(Verdict::Passed) => ExitCode::SUCCESS,
        Ok(Verdict::Failed) => ExitCode::from(1),
        Err(error) => cannot(&error),
    }
}

fn course(arguments: &Arguments) -> Result<Course> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }
}
