//! The judges: generated files and services in, the questions to ask out. A row for each kind of file that a program reads;
//! which of them apply is read from the files, so that every cluster, also one of a team's own components, is judged.

mod caddy;
mod clickhouse;
mod consul;
mod etcd;
mod haproxy;
mod host;
mod manifest;
mod nats;
mod nginx;
mod patroni;
mod pgbouncer;
mod prometheus;
mod redis;

use camino::{Utf8Path, Utf8PathBuf};

use super::place::Source;
use super::service::{Project, Service, is_compose_file};
use super::trial::End;

/// The programs that services run, each with the question that makes it judge and not serve.
const PROGRAMS: [Program; 13] = [
    caddy::PROGRAM,
    clickhouse::PROGRAM,
    consul::PROGRAM,
    etcd::PROGRAM,
    haproxy::PROGRAM,
    nats::PROGRAM,
    nginx::PROGRAM,
    patroni::PROGRAM,
    pgbouncer::PROGRAM,
    prometheus::ALERTMANAGER,
    prometheus::CONFIGURATION,
    prometheus::TESTS,
    redis::PROGRAM,
];

/// What judges a file alone, by its name.
const FORMS: [Form; 8] = [
    COMPOSE,
    SCHEMA,
    SHELL,
    INVENTORY,
    manifest::OBJECTS,
    manifest::KUSTOMIZATION,
    host::PACKET_FILTER,
    host::ADDRESS,
];

const COMPOSE: Form = Form {
    judge: "docker compose config",
    program: "docker",
    get: "Compose v2 for the docker command (https://docs.docker.com/compose/install/)",
    rights: Rights::Any,
    applies: is_compose_file,
    asks: |setting| {
        let env_file = setting.env_file.as_str();
        words(&["docker", "compose", "--env-file", env_file, "-f"])
            .chain(words(&[&setting.config, "config", "--quiet"]))
            .collect()
    },
    // Compose only warns of a variable that has no value.
    reads: |_, end| silent(end),
};

const SCHEMA: Form = Form {
    judge: "check-jsonschema",
    program: "check-jsonschema",
    get: "pip install check-jsonschema",
    rights: Rights::Any,
    applies: is_compose_file,
    asks: |setting| {
        words(&["check-jsonschema", "--builtin-schema"])
            .chain(words(&["vendor.compose-spec", &setting.config]))
            .collect()
    },
    reads: |_, end| succeeded(end),
};

const SHELL: Form = Form {
    judge: "sh -n",
    program: "sh",
    get: "a POSIX shell as sh on the PATH",
    rights: Rights::Any,
    applies: |file| file.extension() == Some("sh"),
    asks: |setting| words(&["sh", "-n", &setting.config]).collect(),
    reads: |_, end| succeeded(end),
};

const INVENTORY: Form = Form {
    judge: "ansible-inventory --list",
    program: "ansible-inventory",
    get: "pip install ansible-core",
    rights: Rights::Any,
    applies: |file| file.file_name() == Some("inventory.yml"),
    // By itself it only warns of a file that it cannot read.
    asks: |setting| {
        words(&["env", "ANSIBLE_INVENTORY_UNPARSED_FAILED=1"])
            .chain(words(&[
                "ansible-inventory",
                "-i",
                &setting.config,
                "--list",
            ]))
            .collect()
    },
    reads: |_, end| succeeded(end),
};

/// A program that services run.
pub(super) struct Program {
    /// Its question, as the table shows it.
    judge: &'static str,
    /// The programs that are needed on the PATH when the image is missing; none where only the image can judge.
    programs: &'static [&'static str],
    /// How to get them, after "put … on the PATH".
    get: &'static str,
    /// What of a service it reads. `None`: it does not judge this service.
    reads_of: fn(&Service) -> Option<Subject>,
    asks: Asks,
    /// A program without a question is started, and stopped as soon as it says this.
    until: Option<&'static str>,
    reads: Reads,
}

/// What of a service is judged.
pub(super) enum Subject {
    /// A file, by its path in the container.
    File(String),
    /// The command's own words.
    Command,
}

/// A kind of file that a program of this machine judges, without an image.
struct Form {
    judge: &'static str,
    program: &'static str,
    get: &'static str,
    rights: Rights,
    applies: fn(&Utf8Path) -> bool,
    asks: Asks,
    reads: Reads,
}

/// What a judge must be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rights {
    /// What everyone may.
    Any,
    /// What root may, the network included.
    Root,
}

/// The words to start a judge with.
pub(super) type Asks = fn(&Setting<'_>) -> Vec<String>;
/// What the end of a judge means; refused with its words.
pub(super) type Reads = fn(&Source, &End) -> Result<(), String>;

/// What a judge sees where it is asked.
pub(super) struct Setting<'a> {
    pub(super) case: &'a Case<'a>,
    /// The judged file.
    pub(super) config: String,
    /// A directory that it may write to.
    pub(super) scratch: Utf8PathBuf,
    /// The made-up values of secrets, for compose.
    pub(super) env_file: Utf8PathBuf,
}

/// One question to one judge.
pub(super) struct Case<'a> {
    /// What is judged, as the table shows it.
    pub(super) artifact: String,
    pub(super) judge: &'static str,
    /// The judged file, or the one that the judged command is in.
    pub(super) file: Utf8PathBuf,
    /// The judged file in the service's container.
    pub(super) inside: Option<String>,
    /// The service that reads it, whose image may judge.
    pub(super) service: Option<&'a Service>,
    pub(super) programs: &'static [&'static str],
    pub(super) get: &'static str,
    pub(super) rights: Rights,
    pub(super) asks: Asks,
    pub(super) until: Option<&'static str>,
    pub(super) reads: Reads,
}

/// All questions about these files and services, in the order of the files.
pub(super) fn cases<'a>(
    root: &Utf8Path,
    files: &[Utf8PathBuf],
    projects: &'a [Project],
) -> Vec<Case<'a>> {
    let shown = |file: &Utf8Path| file.strip_prefix(root).unwrap_or(file).to_string();
    let mut cases = Vec::new();
    for form in &FORMS {
        for file in files.iter().filter(|file| (form.applies)(file)) {
            cases.push(Case {
                artifact: shown(file),
                judge: form.judge,
                file: file.clone(),
                inside: None,
                service: None,
                programs: std::slice::from_ref(&form.program),
                get: form.get,
                rights: form.rights,
                asks: form.asks,
                until: None,
                reads: form.reads,
            });
        }
    }
    for service in projects.iter().flat_map(|project| &project.services) {
        for program in &PROGRAMS {
            let (artifact, file, inside) = match (program.reads_of)(service) {
                None => continue,
                Some(Subject::Command) => (
                    format!("{} {}", shown(&service.file), service.name),
                    service.file.clone(),
                    None,
                ),
                Some(Subject::File(inside)) => {
                    let Some(file) = service.on_disk(&inside) else {
                        continue;
                    };
                    (shown(&file), file, Some(inside))
                }
            };
            cases.push(Case {
                artifact,
                judge: program.judge,
                file,
                inside,
                service: Some(service),
                programs: program.programs,
                get: program.get,
                rights: Rights::Any,
                asks: program.asks,
                until: program.until,
                reads: program.reads,
            });
        }
    }
    cases.sort_by(|a, b| (&a.artifact, a.judge).cmp(&(&b.artifact, b.judge)));
    cases
}

fn words<'a>(words: &'a [&'a str]) -> impl Iterator<Item = String> + 'a {
    words.iter().map(|word| (*word).to_owned())
}

/// Accepted when the program ended with 0, whatever it said.
fn succeeded(end: &End) -> Result<(), String> {
    match end {
        End::Said => Ok(()),
        End::Exited(status, _) if status.success() => Ok(()),
        End::Exited(status, said) => Err(if said.trim().is_empty() {
            format!("ended without a word: {status}")
        } else {
            said.trim().to_owned()
        }),
    }
}

/// Accepted when the program ended with 0 and said nothing.
fn silent(end: &End) -> Result<(), String> {
    succeeded(end)?;
    match end {
        End::Exited(_, said) if !said.trim().is_empty() => Err(said.trim().to_owned()),
        End::Exited(..) | End::Said => Ok(()),
    }
}
