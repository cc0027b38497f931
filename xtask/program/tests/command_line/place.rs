//! A directory of generated files of a test's own, and what a command prints and ends with there.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A directory of generated files of its own.
pub(crate) struct Place {
    pub(crate) root: tempfile::TempDir,
}

/// The end of a command.
pub(crate) struct End {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    pub(crate) fn empty() -> Place {
        Place {
            root: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn fresh() -> Place {
        let place = Place::empty();
        place.run(&["gen"]).ends_with(0);
        place
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.root.path().join("generated")
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.dir().join(path)
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), text).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.arg("--generated").arg(self.dir()).args(arguments);
        command
            .env_remove("CLICOLOR_FORCE")
            .current_dir(self.root.path());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> End {
        End::of(self.command(arguments).output().unwrap())
    }

    /// Makes the manifest say that `gen` wrote a file, as an older description would have.
    pub(crate) fn leave_behind(&self, path: &str, text: &str) {
        self.write(path, text);
        let digest = lurus_spec::file_tree::digest(text.as_bytes());
        let manifest = self.read(".manifest");
        self.write(".manifest", &format!("{manifest}{digest}  {path}\n"));
    }

    /// The values of an env file, by name.
    pub(crate) fn values(&self, path: &str) -> BTreeMap<String, String> {
        self.read(path)
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| line.split_once('=').unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    pub(crate) fn mode(&self, path: &str) -> u32 {
        mode(&self.path(path))
    }
}

pub(crate) fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

impl End {
    pub(crate) fn of(output: Output) -> End {
        End {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> End {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> End {
        assert!(
            self.out.contains(text) || self.err.contains(text),
            "`{text}` is not in:\n{}{}",
            self.out,
            self.err
        );
        self
    }

    #[track_caller]
    pub(crate) fn hides(self, text: &str) -> End {
        assert!(
            !self.out.contains(text) && !self.err.contains(text),
            "`{text}` is in:\n{}{}",
            self.out,
            self.err
        );
        self
    }
}

pub(crate) const CONFIG: &str = "minimal/local/config/nats-1/nats/nats.conf";

/// Makes the committed files those of a description that said something else of one setting.
pub(crate) fn as_if_said(place: &Place, setting: &str, said: &str) -> String {
    let path = "minimal/settings.txt";
    let recorded = place.read(path);
    let begin = format!("{setting} = ");
    let line = recorded.lines().find(|line| line.starts_with(&begin));
    let line = line.unwrap_or_else(|| panic!("nothing is said of {setting}"));
    place.write(path, &recorded.replace(line, &format!("{begin}\"{said}\"")));
    line[begin.len()..].trim_matches('"').to_owned()
}
