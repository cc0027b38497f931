//! What applications are given to connect to PostgreSQL: the connection strings in the files that are written for them.
//!
//! In: the folder of the contract, where `connections/*.env` lie, of this machine or of each host. Out: the strings, with the
//! values of secrets filled in. It must not know where a string leads.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tokio_postgres::Config;

use crate::env_file::EnvFile;

/// How a connection string of PostgreSQL begins.
const SCHEME: &str = "postgresql://";

/// The connection strings of every application, in the order of the files, each once.
///
/// # Errors
/// When a file cannot be read, or a string in it. No error quotes a string, which has a password.
pub(crate) fn postgres(directory: &Path, secrets: &EnvFile) -> Result<Vec<Config>> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for file in files(directory)? {
        let text = crate::drill::read(&file)?;
        let what = || format!("in {}", file.display());
        let values = EnvFile::parse(&text).with_context(what)?;
        for (name, value) in values.filled(secrets, |text| text.starts_with(SCHEME))? {
            if seen.insert(value.clone()) {
                // The error of the parser says what is wrong and not where, so it has nothing of the password.
                let config = value.parse::<Config>();
                found.push(config.with_context(|| format!("{name} in {}", file.display()))?);
            }
        }
    }
    Ok(found)
}

/// The files of variables below `directory`: its own, and those of each folder in it, which is a host's.
fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let folders = sorted(directory)?;
    for folder in folders.into_iter().chain([directory.to_owned()]) {
        let connections = folder.join("connections");
        if connections.is_dir() {
            files.extend(
                sorted(&connections)?
                    .into_iter()
                    .filter(|file| file.extension().is_some_and(|extension| extension == "env")),
            );
        }
    }
    Ok(files)
}

fn sorted(directory: &Path) -> Result<Vec<PathBuf>> {
    // A path without a folder in front is in the current one.
    let directory = match directory.as_os_str().is_empty() {
        true => Path::new("."),
        false => directory,
    };
    let what = || format!("{} cannot be listed", directory.display());
    let entries = std::fs::read_dir(directory).with_context(what)?;
    let paths = entries.map(|entry| Ok(entry?.path()));
    let mut paths = paths
        .collect::<Result<Vec<_>, std::io::Error>>()
        .with_context(what)?;
    paths.sort();
    Ok(paths)
}
