//! Where things are: the workspace in which this program was built, its description, its sources and its generated files.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use lurus_spec::report::{Report, Style, render};

use crate::Spec;
use crate::outcome::Failure;
use crate::terminal::eprint;

/// The workspace, what it describes, and the directory of generated files.
#[derive(Clone, Debug)]
pub(crate) struct Workspace {
    /// What it describes.
    pub(crate) spec: Spec,
    /// The root of the workspace, absolute.
    pub(crate) root: Utf8PathBuf,
    /// The directory of generated files, absolute.
    pub(crate) generated: Utf8PathBuf,
}

impl Workspace {
    /// The workspace, wherever this program is started, with its own directory of generated files or another one.
    ///
    /// # Errors
    /// The working directory, against which `generated` is read, is gone or has no name in UTF-8.
    pub(crate) fn new(spec: Spec, generated: Option<Utf8PathBuf>) -> Result<Workspace, Failure> {
        let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("the package is a folder of the workspace")
            .to_owned();
        let generated = match generated {
            None => root.join("generated"),
            Some(dir) => camino::absolute_utf8(&dir)
                .map_err(|error| Failure::Usage(format!("--generated {dir}: {error}")))?,
        };
        Ok(Workspace {
            spec,
            root,
            generated,
        })
    }

    /// A path as readers know it: from the root of the workspace, where it is inside.
    pub(crate) fn shown<'a>(&self, path: &'a Utf8Path) -> &'a Utf8Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }

    /// The source text of a file that a finding points into.
    pub(crate) fn source(&self, file: &str) -> Option<String> {
        fs::read_to_string(self.root.join(file)).ok()
    }

    /// Draws findings on standard error.
    pub(crate) fn draw(&self, report: &Report) {
        eprint(&render(report, &|file| self.source(file), Style::Colour));
    }

    /// Cargo, as it runs in the root of the workspace: the one that started this program, if one did.
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(&self.root);
        cargo
    }
}
