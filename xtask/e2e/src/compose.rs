//! One compose project, through the `docker` command line.
//!
//! In: the files and the name of the project. Out: its services and their state. It must not know any product, and touches only
//! containers of its own project.

mod container;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::process::Command;

use self::container::{Container, parse_containers, shortfalls};
use crate::layout::{Kind, Layout};
use crate::patience;
use crate::process;

/// A project that this run may create and destroy.
pub(crate) struct Project {
    engine: Engine,
    name: String,
    files: Vec<PathBuf>,
    env_file: PathBuf,
    layout: Layout,
    left_out: BTreeSet<String>,
}

/// An engine: the words that the arguments of `docker` follow.
#[derive(Debug, Clone)]
pub(crate) struct Engine(Vec<String>);

/// Whoever can run a command in the container of a service.
pub(crate) trait Inside {
    /// Runs a command inside `service` and returns what it printed.
    ///
    /// # Errors
    /// When it fails, with what it printed on standard error.
    async fn exec(&self, service: &str, command: &[String]) -> Result<String>;
}

/// A service that is not started, because an image cannot be had.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LeftOut {
    pub(crate) service: String,
    /// The image: its own, or that of a service without which it does not start.
    pub(crate) image: String,
}

/// The beginning of every project name that this driver touches: it deletes the project's volumes.
const PREFIX: &str = "lurus-e2e";

/// How long a query of the engine may take.
const QUERY: Duration = Duration::from_secs(30);

/// How long all images that are missing may take to be pulled.
const PULL: Duration = Duration::from_secs(120);

/// How long `down` may take: the longest stop grace in use is two minutes.
const DOWN: Duration = Duration::from_secs(300);

/// What `down` does with the volumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Volumes {
    /// They stay, so that `up` finds the data again.
    Keep,
    /// They are deleted.
    Delete,
}

impl Project {
    /// The project `name` of these files on an engine that serves others too, with the groups that its services are in.
    ///
    /// # Errors
    /// When the name does not begin with `lurus-e2e`, another such project has containers on this engine, or compose refuses
    /// the files.
    pub(crate) async fn open_beside_others(
        engine: Engine,
        name: String,
        files: Vec<PathBuf>,
        env_file: PathBuf,
        groups: &BTreeMap<String, Vec<String>>,
    ) -> Result<Self> {
        must_be_ours(&name)?;
        let others = engine
            .docker(
                &[
                    "ps",
                    "--all",
                    "--filter",
                    "label=com.docker.compose.project",
                    "--format",
                    "{{.Label \"com.docker.compose.project\"}}",
                ],
                QUERY,
            )
            .await?;
        must_be_alone(&name, &others)?;
        Self::open(engine, name, files, env_file, groups).await
    }

    /// The project `name` of these files on an engine of its own.
    ///
    /// # Errors
    /// When compose refuses the files.
    pub(crate) async fn open(
        engine: Engine,
        name: String,
        files: Vec<PathBuf>,
        env_file: PathBuf,
        groups: &BTreeMap<String, Vec<String>>,
    ) -> Result<Self> {
        let config = compose(
            &engine,
            &name,
            &files,
            &env_file,
            &["config", "--format", "json"],
            QUERY,
        )
        .await?;
        Ok(Self {
            engine,
            name,
            files,
            env_file,
            layout: Layout::parse(&config, groups)?,
            left_out: BTreeSet::new(),
        })
    }

    /// What the files describe.
    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Leaves out the services whose image is not on the engine and cannot be pulled, and those that wait for them.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub(crate) async fn leave_out_what_cannot_be_had(&mut self) -> Result<BTreeSet<LeftOut>> {
        let images: BTreeSet<&str> = self
            .layout
            .services()
            .filter(|(_, service)| !service.is_built)
            .map(|(_, service)| service.image.as_str())
            .collect();
        let engine = &self.engine;
        let tried = images.into_iter().map(|image| async move {
            let known = engine
                .docker(&["image", "inspect", "--format", "{{.Id}}", image], QUERY)
                .await;
            if known.is_ok() {
                return None;
            }
            eprintln!("  pulling {image}");
            let pulled = engine.docker(&["pull", "--quiet", image], PULL).await;
            pulled.is_err().then(|| image.to_owned())
        });
        let missing = futures_util::future::join_all(tried).await;
        let mut left_out = BTreeSet::new();
        for image in missing.into_iter().flatten() {
            let roots = self
                .layout
                .services()
                .filter(|(_, service)| service.image == image)
                .map(|(name, _)| name.to_owned())
                .collect();
            for service in self.layout.waiting_for(&roots) {
                if self.left_out.insert(service.clone()) {
                    let image = image.clone();
                    left_out.insert(LeftOut { service, image });
                }
            }
        }
        Ok(left_out)
    }

    /// Whether every service that is described is started.
    pub(crate) fn is_complete(&self) -> bool {
        self.left_out.is_empty()
    }

    /// Whether a service is started at all.
    pub(crate) fn has(&self, service: &str) -> bool {
        self.layout.service(service).is_some() && !self.left_out.contains(service)
    }

    /// Starts every service and waits until each server is healthy and each task has ended with 0.
    ///
    /// # Errors
    /// After `bound`, with the services that are not ready, or when compose gives up.
    pub(crate) async fn up(&self, bound: Duration) -> Result<()> {
        let start = Instant::now();
        let kinds = self.kinds();
        let mut shown = String::new();
        // With nothing left out no service is named, so that the run does what a person does who types `up`.
        let named: Vec<&str> = match self.left_out.is_empty() {
            true => Vec::new(),
            false => kinds.keys().map(String::as_str).collect(),
        };
        let arguments = [&["up", "--detach", "--quiet-pull"], named.as_slice()].concat();
        let started = async {
            self.compose(&arguments, bound).await?;
            patience::until(
                "up",
                bound.saturating_sub(start.elapsed()),
                Duration::from_secs(1),
                async || self.waiting(&kinds).await,
            )
            .await
        };
        let progress = async {
            loop {
                if let Err(waiting) = self.waiting(&kinds).await {
                    let waiting = format!("{waiting:#}");
                    if waiting != shown {
                        eprintln!("  {:5.1} s  {waiting}", start.elapsed().as_secs_f64());
                        shown = waiting;
                    }
                }
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        };
        tokio::select! {
            outcome = started => outcome,
            never = progress => never,
        }
    }

    /// Stops and removes every container and network of the project.
    ///
    /// An engine of version 20 sometimes takes a network for used of which no container is left, until it is restarted
    /// (moby/moby#43286). That is said, and no failure of the project: `up` takes the network as it is.
    ///
    /// # Errors
    /// When compose fails or does not end in time.
    pub(crate) async fn down(&self, volumes: Volumes) -> Result<()> {
        let arguments: &[&str] = match volumes {
            Volumes::Keep => &["down", "--remove-orphans"],
            // Nobody needs the data any more, so nothing is given time to save it.
            Volumes::Delete => &["down", "--remove-orphans", "--volumes", "--timeout", "1"],
        };
        let Err(why) = self.compose(arguments, DOWN).await else {
            return Ok(());
        };
        if is_of_network(&why) && self.engine.containers(&self.name).await?.is_empty() {
            eprintln!(
                "  the engine keeps a network that nothing uses, until it is restarted: {why:#}"
            );
            return Ok(());
        }
        Err(why)
    }

    /// Ends the main process of `service` with SIGKILL, and returns once it is gone.
    ///
    /// # Errors
    /// When it does not run.
    pub(crate) async fn kill(&self, service: &str) -> Result<()> {
        let id = self.container(service).await?;
        self.engine
            .docker(&["kill", "--signal", "KILL", &id], QUERY)
            .await
            .with_context(|| format!("{service} cannot be killed"))?;
        let what = format!("{service} is gone");
        patience::until(&what, QUERY, Duration::from_millis(100), async || {
            let format = "{{.State.Running}}";
            let running = self
                .engine
                .docker(&["inspect", "--format", format, &id], QUERY)
                .await;
            match running?.trim() {
                "false" => Ok(()),
                _ => bail!("it runs after SIGKILL"),
            }
        })
        .await
    }

    /// Starts the killed `service` again.
    ///
    /// # Errors
    /// When it was running already: then something else started it, and the fault was not the one to be tried.
    pub(crate) async fn start(&self, service: &str) -> Result<()> {
        let containers = self.containers().await?;
        let running = containers
            .iter()
            .any(|container| container.service == service && container.state == "running");
        ensure!(
            !running,
            "{service} was killed and came back by itself before it was started again"
        );
        let id = self.container(service).await?;
        self.engine
            .docker(&["start", &id], QUERY)
            .await
            .with_context(|| format!("{service} cannot be started again"))
            .map(drop)
    }

    /// Whether every service is ready; if not, which are not.
    pub(crate) async fn all_ready(&self) -> Result<()> {
        self.waiting(&self.kinds()).await
    }

    /// Whether `service` is ready; if not, why.
    pub(crate) async fn ready(&self, service: &str) -> Result<()> {
        let mut only = self.kinds();
        only.retain(|name, _| name == service);
        self.waiting(&only).await
    }

    /// Prints the reason of each service that is not ready, and the last lines of these and of `suspects`.
    pub(crate) async fn autopsy(&self, suspects: &[String]) {
        let Ok(containers) = self.containers().await else {
            return;
        };
        self.explain(&self.kinds()).await;
        for container in containers
            .iter()
            .filter(|container| suspects.contains(&container.service))
        {
            self.print_logs(container).await;
        }
    }

    /// Prints why each service that is not ready is not.
    async fn explain(&self, kinds: &BTreeMap<String, Kind>) {
        let Ok(containers) = self.containers().await else {
            return;
        };
        for (service, kind) in kinds {
            for container in containers
                .iter()
                .filter(|container| container.service == *service)
            {
                let Some(reason) = container.shortfall(*kind) else {
                    continue;
                };
                eprintln!("  {service} is not ready: {reason}");
                let format =
                    "{{if .State.Health}}{{range .State.Health.Log}}{{.Output}}{{end}}{{end}}";
                if let Ok(output) = self
                    .engine
                    .docker(&["inspect", "--format", format, &container.id], QUERY)
                    .await
                    && let Some(last) = output.lines().rfind(|line| !line.trim().is_empty())
                {
                    eprintln!("    last health check: {}", last.trim());
                }
                self.print_logs(container).await;
            }
        }
    }

    /// Which services are not ready; `Ok` when all are.
    async fn waiting(&self, kinds: &BTreeMap<String, Kind>) -> Result<()> {
        shortfalls(kinds, &self.containers().await?)
    }

    /// The id of the one container of `service`.
    async fn container(&self, service: &str) -> Result<String> {
        let containers = self.containers().await?;
        let mut ids = containers
            .into_iter()
            .filter(|container| container.service == service)
            .map(|container| container.id);
        match (ids.next(), ids.next()) {
            (Some(id), None) => Ok(id),
            (Some(_), Some(_)) => {
                bail!("service {service} has several containers, so it is not one member")
            }
            (None, _) => bail!(
                "service {service} of the contract has no container in project {}",
                self.name
            ),
        }
    }

    async fn containers(&self) -> Result<Vec<Container>> {
        parse_containers(
            &self
                .compose(&["ps", "--all", "--format", "json"], QUERY)
                .await?,
        )
    }

    /// What each service is for that is started.
    fn kinds(&self) -> BTreeMap<String, Kind> {
        self.layout
            .services()
            .filter(|(name, _)| !self.left_out.contains(*name))
            .map(|(name, service)| (name.to_owned(), service.kind))
            .collect()
    }

    async fn compose(&self, command: &[&str], bound: Duration) -> Result<String> {
        compose(
            &self.engine,
            &self.name,
            &self.files,
            &self.env_file,
            command,
            bound,
        )
        .await
    }

    /// Prints the last lines that a container wrote.
    async fn print_logs(&self, container: &Container) {
        eprintln!("    last lines of {}:", container.service);
        let output = self
            .engine
            .command(&["logs", "--tail", "20", &container.id])
            .output();
        if let Ok(Ok(output)) = tokio::time::timeout(QUERY, output).await {
            for stream in [output.stdout, output.stderr] {
                for line in String::from_utf8_lossy(&stream).lines() {
                    eprintln!("      {line}");
                }
            }
        }
    }
}

impl Inside for Project {
    async fn exec(&self, service: &str, command: &[String]) -> Result<String> {
        let id = self.container(service).await?;
        let mut arguments = vec!["exec", id.as_str()];
        arguments.extend(command.iter().map(String::as_str));
        let printed = self.engine.docker(&arguments, QUERY).await;
        printed.with_context(|| format!("inside {service}"))
    }
}

impl Engine {
    /// The one of this machine.
    pub(crate) fn here() -> Self {
        Self(vec!["docker".to_owned()])
    }

    /// Another one, reached by what these words run before the arguments of `docker`.
    pub(crate) fn through(words: impl IntoIterator<Item = String>) -> Self {
        Self(words.into_iter().chain(["docker".to_owned()]).collect())
    }

    /// Its identity, which is the same for everyone who uses it.
    ///
    /// # Errors
    /// When it does not answer.
    pub(crate) async fn identity(&self) -> Result<String> {
        let id = self.docker(&["info", "--format", "{{.ID}}"], QUERY).await?;
        Ok(id.trim().to_owned())
    }

    /// The containers of a project, those that do not run as well, one a line.
    async fn containers(&self, project: &str) -> Result<String> {
        let label = format!("label=com.docker.compose.project={project}");
        let arguments = ["ps", "--all", "--quiet", "--filter", &label];
        self.docker(&arguments, QUERY).await
    }

    /// Runs `docker` and returns its standard output.
    async fn docker(&self, arguments: &[&str], bound: Duration) -> Result<String> {
        let called = format!("docker {}", arguments[0]);
        process::run(&called, self.command(arguments), bound).await
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.0[0]);
        command.args(&self.0[1..]).args(arguments);
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }
}

/// Refuses a name under which somebody's data may be: the project is deleted with its volumes.
fn must_be_ours(name: &str) -> Result<()> {
    ensure!(
        name.starts_with(PREFIX),
        "project `{name}` would be deleted with its volumes: give --project a name that begins with {PREFIX}"
    );
    Ok(())
}

/// Refuses to begin beside another project of this driver, which holds the same ports and networks. `others` has the project of
/// each container on the engine, one a line.
fn must_be_alone(name: &str, others: &str) -> Result<()> {
    let other = others
        .lines()
        .find(|other| other.starts_with(PREFIX) && *other != name);
    match other {
        None => Ok(()),
        Some(other) => bail!(
            "project {other} has containers on this engine, which hold ports and networks: delete it with `docker compose -p {other} down -v`"
        ),
    }
}

/// Whether the engine refuses to remove a network, because it believes that somebody is on it.
fn is_of_network(why: &anyhow::Error) -> bool {
    format!("{why:#}").contains("has active endpoints")
}

/// Runs compose on these files.
async fn compose(
    engine: &Engine,
    name: &str,
    files: &[PathBuf],
    env_file: &Path,
    command: &[&str],
    bound: Duration,
) -> Result<String> {
    let mut arguments = vec![
        "compose".to_owned(),
        "--project-name".to_owned(),
        name.to_owned(),
    ];
    for file in files {
        arguments.extend(["--file".to_owned(), file.display().to_string()]);
    }
    arguments.extend(["--env-file".to_owned(), env_file.display().to_string()]);
    arguments.extend(command.iter().map(|&word| word.to_owned()));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let called = format!("docker compose {}", command[0]);
    process::run(&called, engine.command(&arguments), bound).await
}

#[cfg(test)]
mod tests;
