//! Reads `spec/*.toml` and writes the handles that `spec/` names hosts, networks and images by; embeds `spec/rules/*.yml`.
//!
//! A mistake in the data fails the build with its line. What the files mean is the business of `lurus-inventory`; only
//! reading and writing them is done here.

use std::error::Error;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use lurus_inventory::{File, MAX_BYTES, RULES};
use walkdir::WalkDir;

/// Where the description lies, from the root of the workspace.
const SPEC: &str = "spec";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    // Cargo looks at every file in the folder and below, and notices new ones.
    println!("cargo:rerun-if-changed={SPEC}");
    let mut files = Vec::new();
    for entry in WalkDir::new(SPEC).max_depth(2).sort_by_file_name() {
        let entry = entry?;
        let path = path_of(entry.path())?;
        if is_data(&path) {
            files.push(read(path)?);
        }
    }
    match lurus_inventory::compile(&files) {
        Ok(code) => {
            let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
            fs::write(out.join("inventory.rs"), code)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(report) => {
            eprint!("{}", lurus_inventory::draw(&files, &report));
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Whether the compiler of data files reads a file: a table right below `spec/`, or rules.
fn is_data(path: &str) -> bool {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    let below = |folder: &str| {
        path.strip_prefix(folder)
            .is_some_and(|name| !name.contains('/'))
    };
    match extension {
        Some("toml") => below("spec/"),
        // The longer spelling as well, so that such a file is refused and not passed over.
        Some("yml" | "yaml") => below(RULES),
        Some(_) | None => false,
    }
}

/// A path from the root of the workspace as text, with `/` between its parts.
fn path_of(path: &Path) -> Result<String, Box<dyn Error>> {
    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
    let parts = parts.ok_or_else(|| format!("the name of {} is not UTF-8", path.display()))?;
    Ok(parts.join("/"))
}

fn read(path: String) -> Result<File, Box<dyn Error>> {
    let mut bytes = Vec::new();
    // One byte more than is allowed shows that a file is too long, without reading all of it.
    let limit = u64::try_from(MAX_BYTES)? + 1;
    fs::File::open(&path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|error| format!("cannot read {path}: {error}"))?;
    Ok(File { path, bytes })
}
