//! One judge at work: a case and where its judge is in, the end of the program and its words out. Bounded in time, without
//! a network where it runs in a container.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use camino::Utf8Path;
use fs_err as fs;

use super::judge::{Case, Setting};
use super::place::{Places, Source};
use super::service::Service;

/// How long a judge may take. Each takes about a second; a busy machine is given more.
const LIMIT: Duration = Duration::from_secs(90);
/// How often a running judge is looked at.
const GLANCE: Duration = Duration::from_millis(20);

/// How a judge ended.
#[derive(Debug)]
pub(super) enum End {
    /// By itself.
    Exited(ExitStatus, String),
    /// It said what the case waits for, and was stopped.
    Said,
}

impl End {
    /// Why a program on the PATH could not run at all, in its own first words; nothing where it ran.
    ///
    /// A launcher that stands for a program that is not there ends as a shell does: with 126 for one that cannot be run,
    /// and with 127 for one that is not found (POSIX, `env`).
    pub(super) fn cannot_run(&self) -> Option<&str> {
        match self {
            End::Exited(status, said) if matches!(status.code(), Some(126 | 127)) => {
                let mut lines = said.lines().map(str::trim);
                let first = lines.find(|line| !line.is_empty());
                Some(first.unwrap_or("it does not say why"))
            }
            End::Exited(..) | End::Said => None,
        }
    }
}

/// Asks a judge.
///
/// # Errors
/// It cannot be started, or does not end in time.
pub(super) fn run(case: &Case, source: &Source, places: &Places) -> Result<End, String> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let scratch = places.scratch().join(number.to_string());
    let text = |error: std::io::Error| error.to_string();
    fs::create_dir(&scratch).map_err(text)?;
    let container = format!("lurus-verify-{}-{number}", std::process::id());
    let mut command = command(case, source, places, &scratch, &container);
    let words = scratch.join("words");
    let out = fs::File::create(&words).map_err(text)?.into_parts().0;
    let err = out.try_clone().map_err(text)?;
    command.stdin(Stdio::null()).stdout(out).stderr(err);
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .spawn()
        .map_err(|error| format!("cannot start {name}: {error}"))?;
    let end = watch(&mut child, case.until, &words);
    let container = match source {
        Source::Image(_) => Some(container.as_str()),
        Source::Path => None,
    };
    match end.map_err(text)? {
        Some(End::Said) => {
            stop(&mut child, container);
            Ok(End::Said)
        }
        Some(end) => Ok(end),
        None => {
            stop(&mut child, container);
            let words = fs::read_to_string(&words).unwrap_or_default();
            Err(format!("no end after {} s\n{words}", LIMIT.as_secs()))
        }
    }
}

/// Waits for the end. `None` when it does not come in time.
fn watch(
    child: &mut Child,
    until: Option<&str>,
    words: &Utf8Path,
) -> Result<Option<End>, std::io::Error> {
    let read = || fs::read(words).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        if let Some(until) = until
            && read()?.contains(until)
        {
            return Ok(Some(End::Said));
        }
        if let Some(status) = child.try_wait()? {
            return Ok(Some(End::Exited(status, read()?)));
        }
        std::thread::sleep(GLANCE);
    }
    Ok(None)
}

/// Ends a judge that runs. A container does not end with the client that started it.
fn stop(child: &mut Child, container: Option<&str>) {
    if let Some(container) = container {
        let mut kill = Command::new("docker");
        // It may have ended meanwhile; then there is nothing to kill.
        let _ = kill.args(["kill", container]).output();
    }
    let _ = child.kill();
    let _ = child.wait();
}

fn command(
    case: &Case,
    source: &Source,
    places: &Places,
    scratch: &Utf8Path,
    container: &str,
) -> Command {
    match (source, case.service) {
        (Source::Image(image), Some(service)) => {
            let words = (case.asks)(&Setting {
                case,
                config: case.inside.clone().unwrap_or_default(),
                scratch: "/tmp".into(),
                env_file: places.env_file(),
            });
            in_image(service, image, &words, container)
        }
        (Source::Image(_) | Source::Path, service) => {
            let words = (case.asks)(&Setting {
                case,
                config: case.file.to_string(),
                scratch: scratch.to_owned(),
                env_file: places.env_file(),
            });
            let mut command = Command::new(&words[0]);
            command.args(&words[1..]);
            command.envs(service.iter().flat_map(|service| &service.environment));
            command
        }
    }
}

/// The service's container as compose would start it, but with another command, no network and nothing to write on.
fn in_image(service: &Service, image: &str, words: &[String], container: &str) -> Command {
    let mut command = Command::new("docker");
    command.args(["run", "--rm", "--pull", "never", "--name", container]);
    command.args(["--network", "none", "--read-only", "--tmpfs", "/tmp"]);
    command.args(["--cap-drop", "ALL", "--security-opt", "no-new-privileges"]);
    // A judge that opens what it will listen on finds no address of the host here.
    command.args(["--sysctl", "net.ipv4.ip_nonlocal_bind=1"]);
    for mount in &service.mounts {
        command.arg(format!("--volume={}:{}:ro", mount.from, mount.to));
    }
    for (name, value) in &service.environment {
        command.arg(format!("--env={name}={value}"));
    }
    if let Some(user) = &service.user {
        command.arg(format!("--user={user}"));
    }
    command.arg(format!("--entrypoint={}", words[0]));
    command.arg(image).args(&words[1..]);
    command
}
