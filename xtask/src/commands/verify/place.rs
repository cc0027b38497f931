//! Where judges are: the images that the engine has and the programs on the PATH in; for a case, the one to ask out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use tempfile::TempDir;

use super::judge::{Case, Rights};
use super::service::{Project, Service, made_up};
use crate::engine::succeeds;
use crate::outcome::Failure;
use crate::terminal::eprint;

/// Where a judge was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// In the service's image.
    Image(String),
    /// On the PATH of this machine.
    Path,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Image(image) => f.write_str(image),
            Source::Path => f.write_str("PATH"),
        }
    }
}

/// What there is on this machine.
pub(super) struct Places {
    /// The images that the engine has. `None` without an engine.
    images: Option<BTreeSet<String>>,
    /// Whether `docker compose` is there, with or without an engine.
    has_compose: bool,
    path: Vec<PathBuf>,
    /// Whether judges here may do what root may, the network included.
    is_root: bool,
    /// Of this run; removed at its end.
    scratch: TempDir,
}

impl Places {
    /// Looks which images of these projects are there.
    ///
    /// # Errors
    /// No temporary directory can be made, or its name is not UTF-8.
    pub(super) fn look(projects: &[Project]) -> Result<Places, Failure> {
        let scratch = tempfile::Builder::new()
            .prefix("lurus-verify-")
            .tempdir()
            .map_err(Failure::machine)?;
        if Utf8Path::from_path(scratch.path()).is_none() {
            return Err(Failure::Machine(format!(
                "the name of {} is not UTF-8: set TMPDIR to another directory",
                scratch.path().display()
            )));
        }
        let has_engine = succeeds(&["version", "--format", "{{.Server.Version}}"]);
        let images = services(projects)
            .map(|service| &service.image)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .filter(|image| has_engine && has_image(image))
            .cloned()
            .collect();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let places = Places {
            images: has_engine.then_some(images),
            has_compose: succeeds(&["compose", "version"]),
            path: std::env::split_paths(&path).collect(),
            is_root: fs::read_to_string("/proc/self/status").is_ok_and(|status| is_root(&status)),
            scratch,
        };
        let variables: BTreeMap<_, _> = projects
            .iter()
            .flat_map(|project| &project.variables)
            .map(|name| (name, made_up(name)))
            .collect();
        let lines: String = variables
            .iter()
            .map(|(name, value)| format!("{name}={value}\n"))
            .collect();
        fs::write(places.env_file(), lines).map_err(Failure::machine)?;
        Ok(places)
    }

    /// Pulls or builds what is missing. What cannot be had is said, and skipped later.
    ///
    /// # Errors
    /// There is no engine.
    pub(super) fn fetch(&mut self, projects: &[Project]) -> Result<(), Failure> {
        let env_file = self.env_file();
        let Some(images) = &mut self.images else {
            return Err(Failure::Machine(format!("no engine answers: {ENGINE}")));
        };
        let mut tried = BTreeSet::new();
        for service in services(projects) {
            if images.contains(&service.image) || !tried.insert(&service.image) {
                continue;
            }
            let mut command = Command::new("docker");
            if service.is_built {
                command.args(["compose", "--env-file", env_file.as_str()]);
                command.args(["-f", service.file.as_str(), "build", &service.name]);
            } else {
                command.args(["pull", &service.image]);
            }
            eprint(&format!("fetching {}\n", service.image));
            let status = command.stdin(Stdio::null()).status();
            if status.is_ok_and(|status| status.success()) {
                images.insert(service.image.clone());
            }
        }
        Ok(())
    }

    /// Who judges this case: the image, since its program is the one that will run; else the PATH.
    ///
    /// # Errors
    /// Neither is there; how to get one.
    pub(super) fn find(&self, case: &Case) -> Result<Source, String> {
        if let (Some(service), Some(images)) = (case.service, &self.images)
            && images.contains(&service.image)
        {
            return Ok(Source::Image(service.image.clone()));
        }
        let missing = case.programs.iter().find(|program| !self.on_path(program));
        let judges_outside = !case.programs.is_empty() && missing.is_none();
        // A plugin of docker is not on the PATH itself.
        if judges_outside && (case.programs != ["docker"] || self.has_compose) {
            return match case.rights {
                Rights::Root if !self.is_root => Err(ROOT.to_owned()),
                Rights::Any | Rights::Root => Ok(Source::Path),
            };
        }
        Err(self.instead(case))
    }

    /// How to get a judge of this case.
    pub(super) fn instead(&self, case: &Case) -> String {
        let Some(service) = case.service else {
            return case.get.to_owned();
        };
        let fetch = format!("`cargo xtask verify --fetch` for {}", service.image);
        let fetch = match &self.images {
            None => format!("{ENGINE}, then {fetch}"),
            Some(_) => fetch,
        };
        if case.programs.is_empty() {
            return fetch;
        }
        format!("{fetch}, or put {} on the PATH", case.get)
    }

    fn on_path(&self, program: &str) -> bool {
        self.path.iter().any(|dir| dir.join(program).is_file())
    }

    /// The made-up values, as compose reads them.
    pub(super) fn env_file(&self) -> Utf8PathBuf {
        self.scratch().join("made-up.env")
    }

    /// A directory of this run.
    pub(super) fn scratch(&self) -> &Utf8Path {
        Utf8Path::from_path(self.scratch.path()).expect("`look` checks it")
    }
}

/// How to get an engine.
const ENGINE: &str =
    "install and start Docker with Compose v2 (https://docs.docker.com/engine/install/)";

/// How to get the rights of root.
const ROOT: &str =
    "run `cargo xtask verify` as root, who may administer the network (CAP_NET_ADMIN)";

/// Whether a process is root's and may administer the network, by what Linux says of it (proc_pid_status(5)).
fn is_root(status: &str) -> bool {
    /// The place of CAP_NET_ADMIN among the capabilities (capabilities(7), linux/capability.h).
    const NET_ADMIN: u32 = 12;
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name));
    // Real, effective, saved and file system user.
    let effective = field("Uid:").and_then(|ids| ids.split_whitespace().nth(1));
    let capabilities = field("CapEff:").and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
    effective == Some("0") && capabilities.is_some_and(|set| set & (1 << NET_ADMIN) != 0)
}

fn services(projects: &[Project]) -> impl Iterator<Item = &Service> {
    projects.iter().flat_map(|project| &project.services)
}

fn has_image(image: &str) -> bool {
    succeeds(&["image", "inspect", "--format", "{{.Id}}", image])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_without_the_network_is_not_enough() {
        let status = |user: &str, set: &str| {
            format!("Name:\tx\nUid:\t1000\t{user}\t0\t0\nCapPrm:\t00000000\nCapEff:\t{set}\n")
        };
        assert!(is_root(&status("0", "000001ffffffffff")));
        assert!(is_root(&status("0", "0000000000001000")));
        // What a container has by default.
        assert!(!is_root(&status("0", "00000000a80425fb")));
        assert!(!is_root(&status("1000", "000001ffffffffff")));
        assert!(!is_root(""));
    }
}
