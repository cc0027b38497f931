//! The services of generated compose files: a file in, what a judge must know to ask a service's program out. Knows no
//! product.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use serde::Deserialize;

use crate::outcome::Failure;

/// A compose file.
#[derive(Debug)]
pub(super) struct Project {
    /// Its services, without those of files that it includes.
    pub(super) services: Vec<Service>,
    /// The variables that it wants from the environment.
    pub(super) variables: BTreeSet<String>,
}

/// A service, with a made-up value in the place of each variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Service {
    /// The compose file, absolute.
    pub(super) file: Utf8PathBuf,
    pub(super) name: String,
    pub(super) image: String,
    /// Whether the compose file says how to build the image.
    pub(super) is_built: bool,
    pub(super) user: Option<String>,
    pub(super) command: Vec<String>,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) mounts: Vec<Mount>,
}

/// A generated folder in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// On this machine, absolute.
    pub(super) from: Utf8PathBuf,
    /// In the container.
    pub(super) to: Utf8PathBuf,
    /// Whether its files are the operator's: they may not be there.
    pub(super) provided: bool,
}

impl Project {
    /// Reads a compose file.
    ///
    /// # Errors
    /// It cannot be read, or is not of the form that `gen` writes.
    pub(super) fn read(file: &Utf8Path) -> Result<Project, Failure> {
        let text = fs::read_to_string(file).map_err(Failure::machine)?;
        let read: Written = serde_yaml::from_str(&text)
            .map_err(|error| Failure::Machine(format!("{file} is not a compose file: {error}")))?;
        let folder = file.parent().unwrap_or(Utf8Path::new(""));
        let services = read.services.into_iter().map(|(name, service)| Service {
            file: file.to_owned(),
            name,
            image: filled(&service.image),
            is_built: service.build.is_some(),
            user: service.user,
            command: service.command.iter().map(|word| filled(word)).collect(),
            environment: service
                .environment
                .iter()
                .map(|(name, value)| (name.clone(), filled(value)))
                .collect(),
            mounts: service
                .volumes
                .iter()
                .filter_map(|volume| mount(folder, volume))
                .collect(),
        });
        Ok(Project {
            services: services.collect(),
            variables: pieces(&text)
                .filter_map(|piece| match piece {
                    Piece::Variable(name) => Some(name.to_owned()),
                    Piece::Text(_) | Piece::Dollar => None,
                })
                .collect(),
        })
    }
}

impl Service {
    /// The program that the command starts, without its folder.
    pub(super) fn program(&self) -> Option<&str> {
        Utf8Path::new(self.command.first()?).file_name()
    }

    /// The value of one of these flags in the command: `-f VALUE` or `--file=VALUE`.
    pub(super) fn flag(&self, flags: &[&str]) -> Option<&str> {
        let mut words = self.command.iter();
        while let Some(word) = words.next() {
            if flags.contains(&word.as_str()) {
                return words.next().map(String::as_str);
            }
            if let Some((flag, value)) = word.split_once('=')
                && flags.contains(&flag)
            {
                return Some(value);
            }
        }
        None
    }

    /// A path in the container, on this machine. Nothing where it is in no generated folder.
    pub(super) fn on_disk(&self, inside: &str) -> Option<Utf8PathBuf> {
        let inside = Utf8Path::new(inside);
        self.mounts.iter().find_map(|mount| {
            let rest = inside.strip_prefix(&mount.to).ok()?;
            Some(mount.from.join(rest))
        })
    }

    /// A file of this name directly in a generated folder, as the container sees it.
    pub(super) fn mounted(&self, name: &str) -> Option<String> {
        let mut mounts = self.mounts.iter();
        let mount = mounts.find(|mount| mount.from.join(name).is_file())?;
        Some(mount.to.join(name).into_string())
    }
}

/// Whether a file is one of compose, by its name.
pub(super) fn is_compose_file(file: &Utf8Path) -> bool {
    file.file_name()
        .is_some_and(|name| name.starts_with("docker-compose.") && name.ends_with(".yml"))
}

/// The value that stands for a variable: each its own, since some judges refuse equal values, and nothing that a URL or a
/// configuration would have to quote.
pub(super) fn made_up(variable: &str) -> String {
    format!("made-up.{variable}")
}

/// As `gen` writes it; what no judge asks for is left out.
#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    services: BTreeMap<String, WrittenService>,
}

#[derive(Deserialize)]
struct WrittenService {
    image: String,
    build: Option<serde::de::IgnoredAny>,
    user: Option<String>,
    #[serde(default)]
    command: Vec<String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    volumes: Vec<WrittenVolume>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenVolume {
    /// `./folder:/inside:ro`
    Short(String),
    /// A folder of files that the operator provides.
    Long { source: String, target: String },
}

/// A folder beside the compose file; a named volume is none.
fn mount(folder: &Utf8Path, volume: &WrittenVolume) -> Option<Mount> {
    let (from, to, provided) = match volume {
        WrittenVolume::Short(volume) => {
            let (from, to) = volume.split_once(':')?;
            (from, to.split(':').next()?, false)
        }
        WrittenVolume::Long { source, target } => (source.as_str(), target.as_str(), true),
    };
    Some(Mount {
        from: folder.join(from.strip_prefix("./")?),
        to: to.into(),
        provided,
    })
}

/// A piece of a text in which compose replaces variables.
enum Piece<'a> {
    Text(&'a str),
    /// `$$`, which stands for a dollar sign.
    Dollar,
    /// `${NAME}` or `${NAME:?what to do}`.
    Variable(&'a str),
}

fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(after) = rest.strip_prefix("$$") {
            rest = after;
            return Some(Piece::Dollar);
        }
        if let Some((inside, after)) = rest.strip_prefix("${").and_then(|r| r.split_once('}')) {
            rest = after;
            let end = inside.find([':', '?', '-', '+']);
            return Some(Piece::Variable(&inside[..end.unwrap_or(inside.len())]));
        }
        let end = rest[1..].find('$').map_or(rest.len(), |at| at + 1);
        let piece;
        (piece, rest) = rest.split_at(end);
        Some(Piece::Text(piece))
    })
}

/// The text with made-up values.
fn filled(text: &str) -> String {
    pieces(text)
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Dollar => "$".to_owned(),
            Piece::Variable(name) => made_up(name),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_made_up_and_dollars_stay() {
        assert_eq!(
            filled("\"nats://route:${PASSWORD:?run it}@nats-1\" $${HOME} é$"),
            "\"nats://route:made-up.PASSWORD@nats-1\" ${HOME} é$"
        );
    }

    #[test]
    fn a_service_is_read_as_gen_writes_it() {
        let dir = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(dir.path()).unwrap();
        fs::create_dir(dir.join("config")).unwrap();
        fs::write(dir.join("config/a.conf"), "").unwrap();
        let file = dir.join("docker-compose.yml");
        let text = "services:\n  a:\n    image: \"a:1\"\n    build: { context: . }\n    command: [/bin/a, -f, /etc/a/a.conf, \"--size=3\"]\n    \
                    environment: { SECRET: \"${ONE:?}\" }\n    volumes: [\"./config:/etc/a:ro\", \"data:/data\"]\n";
        fs::write(&file, text).unwrap();
        let project = Project::read(&file).unwrap();
        assert_eq!(project.variables, BTreeSet::from(["ONE".to_owned()]));
        let [service] = &project.services[..] else {
            panic!("one service is written")
        };
        assert!(service.is_built);
        assert_eq!(service.environment["SECRET"], "made-up.ONE");
        assert_eq!(service.program(), Some("a"));
        assert_eq!(service.flag(&["-f"]), Some("/etc/a/a.conf"));
        assert_eq!(service.flag(&["--size"]), Some("3"));
        assert_eq!(
            service.on_disk("/etc/a/a.conf"),
            Some(dir.join("config/a.conf"))
        );
        assert_eq!(service.on_disk("/data/x"), None);
        assert_eq!(service.mounted("a.conf").as_deref(), Some("/etc/a/a.conf"));
        assert_eq!(service.mounts.len(), 1);
    }
}
