//! Reads `spec/*.toml` and writes the handles that `spec/` names hosts, networks and images by.
//!
//! A mistake in the data fails the build with its line. What the files mean is the business of `lurus-inventory`; only
//! reading and writing them is done here.

use std::error::Error;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use lurus_inventory::{File, MAX_BYTES};
use walkdir::WalkDir;

/// Where the description lies, from the root of the workspace.
const SPEC: &str = "spec";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    // Cargo looks at every file in the folder, and notices new ones.
    println!("cargo:rerun-if-changed={SPEC}");
    let mut files = Vec::new();
    for entry in WalkDir::new(SPEC).max_depth(1).sort_by_file_name() {
        let entry = entry?;
        if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(read(entry.path())?);
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

fn read(path: &Path) -> Result<File, Box<dyn Error>> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| format!("the name of {} is not UTF-8", path.display()))?;
    let mut bytes = Vec::new();
    // One byte more than is allowed shows that a file is too long, without reading all of it.
    let limit = u64::try_from(MAX_BYTES)? + 1;
    fs::File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    Ok(File {
        path: format!("{SPEC}/{name}"),
        bytes,
    })
}
