//! Files that the operator provides: the plan's names in, the files where compose finds them out.
//!
//! `generated/<cluster>/provided/<name>/` is the store, which only the operator writes. Copies lie beside each compose
//! project whose members read them. For development, where the store has no certificate, one that signs itself is made
//! beside the `local` project; a production host never gets one.
//!
//! Who reads a key in a container is another user than whoever runs this command, so the files themselves are readable
//! by everyone, and the folder around them, which a container never passes through, by its owner alone.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use lurus_spec::Compiled;
use lurus_spec::plan::{Content, Plan, Provided};
use lurus_spec::target::Target as _;
use lurus_spec::target::hosts::Hosts;
use lurus_spec::target::local::Local;

use crate::outcome::Failure;
use crate::terminal::{WARNING, eprint};
use crate::workspace::Workspace;

/// The folder of the store and of each copy; git ignores it.
const FOLDER: &str = "provided";
/// Says in a folder that its certificate signs itself, and for which names.
const SELF_SIGNED: &str = "self-signed.txt";

/// Brings every copy up to date; says which folders were written.
///
/// # Errors
/// The disk refuses, or a certificate cannot be made.
pub(crate) fn provide(
    workspace: &Workspace,
    compiled: &Compiled,
    folder: &Utf8Path,
) -> Result<Vec<Utf8PathBuf>, Failure> {
    let mut written = Vec::new();
    for (name, wanted) in wanted(compiled) {
        let store = folder.join(FOLDER).join(name);
        let given = given(&store, wanted.content);
        for place in &wanted.places {
            let private = folder.join(place).join(FOLDER);
            let copy = private.join(name);
            if given || place == Local.name() {
                make_private(&private, &copy)?;
            }
            let changed = if given {
                copy_files(&store, &copy, wanted.content)?
            } else if place == Local.name() {
                self_signed(workspace, &copy, wanted.content)?
            } else {
                false
            };
            if changed {
                written.push(copy);
            }
        }
        let on_hosts = wanted.places.iter().any(|place| place != Local.name());
        if on_hosts && !given {
            eprint(&format!(
                "{WARNING}warning:{WARNING:#} no {} for the hosts: put {} into {}, and run the command again\n",
                name,
                wanted.content.files().join(" and "),
                workspace.shown(&store),
            ));
        }
    }
    Ok(written)
}

/// What is provided under one name, and the folders of the projects that read it.
struct Wanted<'p> {
    content: &'p Content,
    places: BTreeSet<String>,
}

fn wanted(compiled: &Compiled) -> BTreeMap<&str, Wanted<'_>> {
    fn add<'p>(wanted: &mut BTreeMap<&'p str, Wanted<'p>>, provided: &'p Provided, place: String) {
        let empty = || Wanted {
            content: &provided.content,
            places: BTreeSet::new(),
        };
        let entry = wanted.entry(provided.name.as_str());
        entry.or_insert_with(empty).places.insert(place);
    }
    let of = |target: &str| -> Vec<_> {
        let plan: Option<&Plan> = compiled.plans.get(target);
        plan.into_iter().flat_map(|plan| &plan.workloads).collect()
    };
    let mut wanted = BTreeMap::new();
    for workload in of(Local.name()) {
        for provided in &workload.provided {
            add(&mut wanted, provided, Local.name().to_owned());
        }
    }
    for workload in of(Hosts.name()) {
        for provided in &workload.provided {
            for member in &workload.members {
                let place = format!("{}/{}", Hosts.name(), member.host);
                add(&mut wanted, provided, place);
            }
        }
    }
    wanted
}

/// Whether the operator put every file into the store.
fn given(store: &Utf8Path, content: &Content) -> bool {
    content
        .files()
        .iter()
        .all(|file| store.join(file).is_file())
}

/// A folder for its owner alone, and one in it that everyone could read.
fn make_private(private: &Utf8Path, inner: &Utf8Path) -> Result<(), Failure> {
    fs::create_dir_all(inner).map_err(Failure::machine)?;
    for (folder, mode) in [(private, 0o700), (inner, 0o755)] {
        fs::set_permissions(folder, std::fs::Permissions::from_mode(mode))
            .map_err(Failure::machine)?;
    }
    Ok(())
}

/// Copies what differs, the files that are there being replaced in one step each.
fn copy_files(from: &Utf8Path, to: &Utf8Path, content: &Content) -> Result<bool, Failure> {
    let mut changed = false;
    for file in content.files() {
        let bytes = fs::read(from.join(file)).map_err(Failure::machine)?;
        let path = to.join(file);
        if fs::read(&path).is_ok_and(|there| there == bytes) {
            continue;
        }
        let new = to.join(format!("{file}.new"));
        fs::write(&new, bytes).map_err(Failure::machine)?;
        fs::set_permissions(&new, std::fs::Permissions::from_mode(0o644))
            .map_err(Failure::machine)?;
        fs::rename(&new, &path).map_err(Failure::machine)?;
        changed = true;
    }
    if to.join(SELF_SIGNED).exists() {
        fs::remove_file(to.join(SELF_SIGNED)).map_err(Failure::machine)?;
    }
    Ok(changed)
}

/// Makes a certificate that signs itself where there is none, or one of ours for other names. An operator's own is kept.
fn self_signed(
    workspace: &Workspace,
    folder: &Utf8Path,
    content: &Content,
) -> Result<bool, Failure> {
    let Content::Certificate { names } = content;
    let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    let said = format!("{}\n", names.join("\n"));
    let note = folder.join(SELF_SIGNED);
    let ours = fs::read_to_string(&note).ok();
    if given(folder, content) && ours.as_ref().is_none_or(|ours| *ours == said) {
        return Ok(false);
    }
    for file in content.files().iter().filter(|_| ours.is_some()) {
        let path = folder.join(file);
        if path.exists() {
            fs::remove_file(path).map_err(Failure::machine)?;
        }
    }
    make(workspace, folder, &names).map_err(Failure::Machine)?;
    fs::write(note, said).map_err(Failure::machine)?;
    Ok(true)
}

/// A new certificate for these names, which signs itself, in a folder that has none.
///
/// # Errors
/// It cannot be made; says why.
pub(crate) fn make(workspace: &Workspace, folder: &Utf8Path, names: &[&str]) -> Result<(), String> {
    let output = workspace
        .cargo()
        .args(["run", "--quiet", "--package", "lurus-certificate", "--"])
        .args([folder.join(Content::CHAIN), folder.join(Content::KEY)])
        .args(names)
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "no certificate could be made for {}: {}",
        names.join(", "),
        said.trim()
    ))
}
