//! A cluster on the local engine: its compose project in, its services and their state out.
//!
//! It runs the `docker` command line, and must not know any product.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use lurus_spec::target::Target as _;
use lurus_spec::target::local::Local;
use serde_json::Value;

use crate::outcome::Failure;
use crate::workspace::Workspace;

/// The compose project of a cluster.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    /// The file that includes every stack.
    pub(crate) file: Utf8PathBuf,
    /// Variables that its files ask for.
    variables: BTreeSet<String>,
}

/// A service, as the compose files describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    /// What it is for.
    pub(crate) kind: Kind,
    /// The host for which its container stands; empty when it does not say.
    pub(crate) host: String,
}

/// What a service is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It runs on.
    Server,
    /// It ends with 0 once its work is done.
    Task,
}

/// A container, as the engine lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Container {
    /// The service that it belongs to.
    pub(crate) service: String,
    id: String,
    state: String,
    health: String,
    exit_code: i64,
}

/// What is wrong with a service, or how it is well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// It does its work, or has done it; says how.
    Ready(String),
    /// It does not, yet or any more; says how.
    Waiting(String),
}

/// Whether the values of secrets are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Secrets {
    /// From the `.env` beside the compose files.
    Real,
    /// They are not, because the command does not use them; so it works without them, too.
    Unused,
}

/// How long a question to the engine may take.
const QUERY: Duration = Duration::from_secs(30);

impl Project {
    /// The generated project of a cluster, on an engine that answers.
    ///
    /// # Errors
    /// Nothing is generated for the cluster, or there is no engine.
    pub(crate) fn open(workspace: &Workspace, cluster: &str) -> Result<Project, Failure> {
        let folder = workspace.generated.join(cluster).join(Local.name());
        let file = folder.join("docker-compose.distributed.yml");
        if !file.exists() {
            return Err(Failure::Machine(format!(
                "there is no {}: run `cargo xtask gen`",
                workspace.shown(&file)
            )));
        }
        let variables = variables(&folder)?;
        must_answer()?;
        Ok(Project { file, variables })
    }

    /// The command that a person would type, up to the name of the file.
    pub(crate) fn typed(&self, workspace: &Workspace) -> String {
        format!("docker compose -f {}", workspace.shown(&self.file))
    }

    /// Starts what is not running, and makes anew what has changed. Compose prints what it does.
    ///
    /// # Errors
    /// Compose cannot be run. Its own failures are its status.
    pub(crate) fn up(&self, arguments: &[&str]) -> Result<ExitStatus, Failure> {
        self.shown(
            &[
                &["up", "--detach", "--quiet-pull", "--remove-orphans"],
                arguments,
            ]
            .concat(),
            Secrets::Real,
        )
    }

    /// Stops and removes every container and network. Compose prints what it does.
    ///
    /// # Errors
    /// Compose cannot be run. Its own failures are its status.
    pub(crate) fn down(&self, arguments: &[&str]) -> Result<ExitStatus, Failure> {
        self.shown(
            &[&["down", "--remove-orphans"], arguments].concat(),
            Secrets::Unused,
        )
    }

    /// Every service of the compose files.
    ///
    /// # Errors
    /// Compose refuses the files.
    pub(crate) fn services(&self) -> Result<BTreeMap<String, Service>, Failure> {
        let text = self.query(&["config", "--format", "json"])?;
        services(&text).ok_or_else(|| unknown("config"))
    }

    /// Every container of the project, running or not.
    ///
    /// # Errors
    /// The engine does not answer.
    pub(crate) fn containers(&self) -> Result<Vec<Container>, Failure> {
        let text = self.query(&["ps", "--all", "--format", "json"])?;
        containers(&text).ok_or_else(|| unknown("ps"))
    }

    fn shown(&self, arguments: &[&str], secrets: Secrets) -> Result<ExitStatus, Failure> {
        self.command(arguments, secrets)
            .status()
            .map_err(|error| missing(&error))
    }

    fn query(&self, arguments: &[&str]) -> Result<String, Failure> {
        let answer = ask(&mut self.command(arguments, Secrets::Unused))?;
        answer.succeeded(&format!("docker compose {}", arguments[0]))
    }

    fn command(&self, arguments: &[&str], secrets: Secrets) -> Command {
        let mut command = Command::new("docker");
        command.args(["compose", "--file", self.file.as_str()]);
        command.args(arguments).stdin(Stdio::null());
        for name in &self.variables {
            match secrets {
                // The shell's own variables would win over the file, and no one would know.
                Secrets::Real => command.env_remove(name),
                Secrets::Unused => command.env(name, "unused"),
            };
        }
        command
    }
}

impl Container {
    /// Whether it is ready, for a service of this kind.
    pub(crate) fn condition(&self, kind: Kind) -> Condition {
        match (kind, self.state.as_str(), self.health.as_str()) {
            (Kind::Server, "running", "") => Condition::Ready("running".to_owned()),
            (Kind::Server, "running", "healthy") => Condition::Ready("healthy".to_owned()),
            (Kind::Task, "exited", _) if self.exit_code == 0 => Condition::Ready("done".to_owned()),
            (Kind::Server, "running", health) => Condition::Waiting(health.to_owned()),
            (_, "exited", _) => Condition::Waiting(format!("exited with {}", self.exit_code)),
            (_, state, _) => Condition::Waiting(state.to_owned()),
        }
    }

    /// The last thing that its health check printed.
    pub(crate) fn last_health(&self) -> Option<String> {
        let format = "{{if .State.Health}}{{range .State.Health.Log}}{{.Output}}\n{{end}}{{end}}";
        let mut command = Command::new("docker");
        command.args(["inspect", "--format", format, &self.id]);
        let answer = ask(&mut command).ok()?;
        let last = answer.out.lines().rfind(|line| !line.trim().is_empty())?;
        Some(last.trim().to_owned())
    }

    /// The last lines that it printed.
    pub(crate) fn last_lines(&self) -> Vec<String> {
        let mut command = Command::new("docker");
        command.args(["logs", "--tail", "20", &self.id]);
        let Ok(answer) = ask(&mut command) else {
            return Vec::new();
        };
        let lines = answer.out.lines().chain(answer.err.lines());
        lines.map(str::to_owned).collect()
    }
}

/// The condition of each service. A service with several containers is as its worst one.
pub(crate) fn conditions(
    services: &BTreeMap<String, Service>,
    containers: &[Container],
) -> BTreeMap<String, Condition> {
    services
        .iter()
        .map(|(name, service)| {
            let mut own: Vec<Condition> = containers
                .iter()
                .filter(|container| &container.service == name)
                .map(|container| container.condition(service.kind))
                .collect();
            own.sort_by_key(|condition| matches!(condition, Condition::Ready(_)));
            let worst = own.into_iter().next();
            let condition = worst.unwrap_or_else(|| Condition::Waiting("not created".to_owned()));
            (name.clone(), condition)
        })
        .collect()
}

/// Whether a command of docker succeeds, and soon. Not where there is no docker.
pub(crate) fn succeeds(arguments: &[&str]) -> bool {
    ask(Command::new("docker").args(arguments)).is_ok_and(|answer| answer.status.success())
}

/// What a command printed.
struct Answer {
    status: ExitStatus,
    out: String,
    err: String,
}

impl Answer {
    /// The standard output, when the command succeeded.
    fn succeeded(self, what: &str) -> Result<String, Failure> {
        if self.status.success() {
            return Ok(self.out);
        }
        Err(Failure::Machine(format!(
            "`{what}` failed:\n  {}",
            self.err.trim().replace('\n', "\n  ")
        )))
    }
}

/// Runs a command that answers soon, and ends it when it does not.
fn ask(command: &mut Command) -> Result<Answer, Failure> {
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| missing(&error))?;
    let (out, err) = (listen(child.stdout.take()), listen(child.stderr.take()));
    loop {
        if let Some(status) = child.try_wait().map_err(Failure::machine)? {
            let text = |thread: thread::JoinHandle<String>| thread.join().unwrap_or_default();
            return Ok(Answer {
                status,
                out: text(out),
                err: text(err),
            });
        }
        if start.elapsed() > QUERY {
            child
                .kill()
                .and_then(|()| child.wait())
                .map_err(Failure::machine)?;
            return Err(Failure::Machine(format!(
                "the Docker engine did not answer within {} s: look at it with `docker info`",
                QUERY.as_secs()
            )));
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Reads a stream beside the others, so that none of them fills up and stops the command.
fn listen(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // What was read until then is all that there is.
            let _ = stream.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Says what to install or to start where there is no engine.
fn must_answer() -> Result<(), Failure> {
    let plugin = ask(Command::new("docker").args(["compose", "version"]))?;
    if !plugin.status.success() {
        return Err(Failure::Machine(
            "docker has no compose plugin: install the package docker-compose-plugin (https://docs.docker.com/compose/install/)"
                .to_owned(),
        ));
    }
    let engine = ask(Command::new("docker").args(["version", "--format", "{{.Server.Version}}"]))?;
    if !engine.status.success() {
        return Err(Failure::Machine(format!(
            "the Docker engine does not answer; is it started (`systemctl start docker`), and may you use it?\n  {}",
            engine.err.trim()
        )));
    }
    Ok(())
}

fn missing(error: &io::Error) -> Failure {
    Failure::Machine(if error.kind() == io::ErrorKind::NotFound {
        "there is no `docker` on the PATH: install Docker Engine with its compose plugin (https://docs.docker.com/engine/install/)".to_owned()
    } else {
        format!("docker cannot be run: {error}")
    })
}

/// The text is not quoted, since it may hold values of secrets.
fn unknown(command: &str) -> Failure {
    Failure::Machine(format!(
        "`docker compose {command}` printed something unknown: version 2.20 or later is needed"
    ))
}

/// The variables without which the compose files of a folder are refused: `${NAME:?…}`.
fn variables(folder: &Utf8Path) -> Result<BTreeSet<String>, Failure> {
    let mut variables = BTreeSet::new();
    for entry in folder.read_dir_utf8().map_err(Failure::machine)? {
        let path = entry.map_err(Failure::machine)?.into_path();
        if path.extension() == Some("yml") {
            let text = fs::read_to_string(&path).map_err(Failure::machine)?;
            variables.extend(
                text.split("${")
                    .skip(1)
                    .filter_map(|rest| Some(rest.split_once(":?")?.0.to_owned()))
                    .filter(|name| {
                        name.bytes()
                            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                    }),
            );
        }
    }
    Ok(variables)
}

/// Reads `docker compose config --format json`.
fn services(text: &str) -> Option<BTreeMap<String, Service>> {
    let config: Value = serde_json::from_str(text).ok()?;
    let services = config["services"].as_object()?;
    let service = |definition: &Value| Service {
        kind: match definition["restart"].as_str() {
            Some("always" | "unless-stopped") => Kind::Server,
            Some(_) | None => Kind::Task,
        },
        host: definition["labels"]["lurus.host"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    };
    Some(
        services
            .iter()
            .map(|(name, definition)| (name.clone(), service(definition)))
            .collect(),
    )
}

/// Reads `docker compose ps --format json`: one object a line, or one array in versions before 2.21.
fn containers(text: &str) -> Option<Vec<Container>> {
    let objects: Vec<Value> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text).ok()?
    } else {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        lines
            .map(|line| serde_json::from_str(line).ok())
            .collect::<Option<_>>()?
    };
    objects
        .iter()
        .map(|object| {
            let text = |key: &str| object[key].as_str().map(str::to_owned);
            Some(Container {
                service: text("Service")?,
                id: text("ID")?,
                state: text("State")?,
                health: text("Health").unwrap_or_default(),
                exit_code: object["ExitCode"].as_i64().unwrap_or_default(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = r#"{"services": {
        "redis-1": {"restart": "unless-stopped", "labels": {"lurus.host": "node-1"}},
        "redis-form": {"restart": "on-failure"}}}"#;

    /// The state of each service, with `!` before what is not ready.
    #[track_caller]
    fn check(listed: &str, expected: &[&str]) {
        let services = services(CONFIG).unwrap();
        let conditions = conditions(&services, &containers(listed).unwrap());
        let said: Vec<String> = conditions
            .iter()
            .map(|(name, condition)| match condition {
                Condition::Ready(how) => format!("{name} {how}"),
                Condition::Waiting(how) => format!("!{name} {how}"),
            })
            .collect();
        assert_eq!(said, expected);
    }

    #[test]
    fn servers_are_healthy_and_tasks_have_ended() {
        check("", &["!redis-1 not created", "!redis-form not created"]);
        check(
            r#"{"ID": "1", "Service": "redis-1", "State": "running", "Health": "healthy", "ExitCode": 0}
               {"ID": "2", "Service": "redis-form", "State": "exited", "Health": "", "ExitCode": 0}"#,
            &["redis-1 healthy", "redis-form done"],
        );
        check(
            r#"[{"ID": "1", "Service": "redis-1", "State": "running", "Health": "unhealthy", "ExitCode": 0},
                {"ID": "2", "Service": "redis-form", "State": "exited", "Health": "", "ExitCode": 3}]"#,
            &["!redis-1 unhealthy", "!redis-form exited with 3"],
        );
        check(
            r#"{"ID": "1", "Service": "redis-1", "State": "exited", "Health": "", "ExitCode": 0}
               {"ID": "2", "Service": "redis-form", "State": "running", "Health": "", "ExitCode": 0}"#,
            &["!redis-1 exited with 0", "!redis-form running"],
        );
    }

    #[test]
    fn the_host_is_a_label() {
        assert_eq!(services(CONFIG).unwrap()["redis-1"].host, "node-1");
    }

    #[test]
    fn variables_are_found_in_compose_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap();
        fs::write(
            path.join("docker-compose.a.yml"),
            "x: \"${A:?run it}:${B_2:?run it}\"\ny: \"$${NOT} ${DEFAULT:-d}\"\n",
        )
        .unwrap();
        fs::write(path.join("notes.txt"), "${C:?no}").unwrap();
        let found: Vec<String> = variables(path).unwrap().into_iter().collect();
        assert_eq!(found, ["A", "B_2"]);
    }
}
