//! What differs: a new tree and a snapshot of a directory in, lists and diffs out.
//!
//! Only [`OnDisk::read`] looks at the disk; everything after it is a pure function of the two.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use camino::Utf8Path;
use fs_err as fs;
use lurus_spec::file_tree::{File, FileTree, Impact, TreePath};
use similar::TextDiff;
use walkdir::WalkDir;

use super::SyncError;
use crate::manifest::{self, Manifest};

/// The files in which a directory differs from a tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// In both, with another text or mode.
    pub stale: BTreeSet<TreePath>,
    /// In the tree only.
    pub missing: BTreeSet<TreePath>,
    /// Written by an earlier `gen`, unedited, and no longer in the tree: to be deleted.
    pub stray: BTreeSet<TreePath>,
    /// Those of `stale` that were edited by hand, and whose edit is lost when they are replaced.
    pub edited: BTreeSet<TreePath>,
    /// Written by an earlier `gen`, no longer in the tree, but edited by hand: left alone, and from now on not `gen`'s.
    pub kept: BTreeSet<TreePath>,
    /// Files that `gen` did not write, where it has to write.
    pub in_the_way: BTreeSet<PathBuf>,
}

impl Changes {
    /// Whether the directory is as the tree says.
    pub fn is_empty(&self) -> bool {
        // What is kept is in the old manifest and not in the new one, so the manifest is stale then.
        self.stale.is_empty()
            && self.missing.is_empty()
            && self.stray.is_empty()
            && self.in_the_way.is_empty()
    }

    /// The paths at which the directory is changed.
    pub(super) fn touched(&self) -> impl Iterator<Item = &TreePath> {
        self.stale.iter().chain(&self.missing).chain(&self.stray)
    }
}

/// How one file differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDiff {
    /// Its path in the tree.
    pub path: TreePath,
    /// What happens to it.
    pub kind: Kind,
    /// A unified diff with three lines of context and a header as git writes it; a change of mode is a line of its own.
    pub unified: String,
    /// The text before; none of a new file.
    pub before: Option<String>,
    /// The text to be; none of a file that is deleted.
    pub after: Option<String>,
    /// What the change costs; unknown for a file that is deleted, because only the new tree is here.
    pub impact: Option<Impact>,
}

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is new.
    Added,
    /// Its text or its mode is another one.
    Changed,
    /// It is deleted.
    Deleted,
}

/// What is in a directory, by path relative to it.
#[derive(Debug, Default)]
pub(super) struct OnDisk {
    /// Whether the directory is there at all.
    pub(super) exists: bool,
    /// Everything in it, folders too, in the order of the paths.
    pub(super) entries: BTreeMap<PathBuf, Found>,
    /// What `gen` wrote there.
    pub(super) written: Manifest,
}

/// What is at one path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A real folder.
    Folder,
    /// A regular file that `gen` wrote or wants to write.
    File { content: Vec<u8>, executable: bool },
    /// Any other file, a link or something stranger. What it holds does not matter here and may be secret, so it is not read.
    Unread,
}

impl OnDisk {
    /// What `gen` wrote in a directory, as its manifest says.
    pub(super) fn manifest(dir: &Utf8Path) -> Result<Manifest, SyncError> {
        match fs::read(dir.join(manifest::NAME)) {
            Ok(text) => Ok(Manifest::parse(&String::from_utf8_lossy(&text))),
            // What is no folder is said by `read`.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(Manifest::default())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Reads a directory, with the content of those files that `tree` or the manifest names.
    pub(super) fn read(
        dir: &Utf8Path,
        tree: &FileTree,
        written: Manifest,
    ) -> Result<OnDisk, SyncError> {
        match fs::symlink_metadata(dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(OnDisk::default()),
            Err(error) => return Err(error.into()),
            // A link is none either: the link would be replaced, and not what it points to.
            Ok(metadata) if !metadata.is_dir() => {
                return Err(SyncError::NotAFolder(dir.to_owned()));
            }
            Ok(_) => {}
        }
        let to_read: BTreeSet<&Path> = tree
            .iter()
            .map(|(path, _)| path)
            .chain(written.paths())
            .map(as_path)
            .collect();
        let mut entries = BTreeMap::new();
        for entry in WalkDir::new(dir).min_depth(1) {
            let entry = entry.map_err(io::Error::from)?;
            let path = relative(entry.path(), dir);
            let found = if entry.file_type().is_dir() {
                Found::Folder
            } else if entry.file_type().is_file() && to_read.contains(path) {
                let executable = entry
                    .metadata()
                    .map_err(io::Error::from)?
                    .permissions()
                    .mode()
                    & 0o100
                    != 0;
                Found::File {
                    content: fs::read(entry.path())?,
                    executable,
                }
            } else {
                Found::Unread
            };
            entries.insert(path.to_owned(), found);
        }
        Ok(OnDisk {
            exists: true,
            entries,
            written,
        })
    }

    fn at(&self, path: &TreePath) -> Option<&Found> {
        self.entries.get(as_path(path))
    }
}

/// A path of a walk, relative to where the walk began.
pub(super) fn relative<'a>(path: &'a Path, dir: &Utf8Path) -> &'a Path {
    path.strip_prefix(dir).expect("a walk stays below its root")
}

pub(super) fn as_path(path: &TreePath) -> &Path {
    Path::new(path.as_str())
}

/// Where the directory differs from the tree.
pub(super) fn compare(tree: &FileTree, disk: &OnDisk) -> Changes {
    let mut changes = Changes::default();
    for (path, file) in tree.iter() {
        // The manifest is always ours, and no one loses work in it.
        let is_manifest = path.as_str() == manifest::NAME;
        match disk.at(path) {
            // Whatever stays in such a folder is found to be in the way below.
            None | Some(Found::Folder) => {
                changes.missing.insert(path.clone());
            }
            Some(found) if found.is(file) => {}
            Some(found) => {
                if !is_manifest && !disk.written.knows(path) && !found.has_text_of(file) {
                    changes.in_the_way.insert(as_path(path).to_owned());
                    continue;
                }
                if !is_manifest
                    && !found.has_text_of(file)
                    && !found.is_as_written(path, &disk.written)
                {
                    changes.edited.insert(path.clone());
                }
                changes.stale.insert(path.clone());
            }
        }
    }
    for path in disk.written.paths().filter(|path| tree.get(path).is_none()) {
        match disk.at(path) {
            None | Some(Found::Folder) => {}
            Some(found) if found.is_as_written(path, &disk.written) => {
                changes.stray.insert(path.clone());
            }
            Some(_) => {
                changes.kept.insert(path.clone());
            }
        }
    }
    // A file cannot lie in a file: neither what stays inside what is written, nor the other way round.
    let files: BTreeSet<&Path> = tree.iter().map(|(path, _)| as_path(path)).collect();
    let folders: BTreeSet<&Path> = files
        .iter()
        .flat_map(|path| path.ancestors().skip(1))
        .collect();
    for path in staying(tree, disk, &changes) {
        if folders.contains(path)
            || path
                .ancestors()
                .skip(1)
                .any(|folder| files.contains(folder))
        {
            changes.in_the_way.insert(path.to_owned());
        }
    }
    changes
}

/// Everything on disk that is no folder and that is carried over: `gen` neither writes nor deletes it.
pub(super) fn staying<'a>(
    tree: &FileTree,
    disk: &'a OnDisk,
    changes: &Changes,
) -> BTreeSet<&'a Path> {
    let gone: BTreeSet<&Path> = tree
        .iter()
        .map(|(path, _)| path)
        .chain(&changes.stray)
        .map(as_path)
        .collect();
    disk.entries
        .iter()
        .filter(|(path, found)| **found != Found::Folder && !gone.contains(path.as_path()))
        .map(|(path, _)| path.as_path())
        .collect()
}

impl Found {
    fn is(&self, file: &File) -> bool {
        match self {
            Found::File { executable, .. } => {
                *executable == file.executable && self.has_text_of(file)
            }
            Found::Folder | Found::Unread => false,
        }
    }

    fn has_text_of(&self, file: &File) -> bool {
        match self {
            Found::File { content, .. } => content == file.text.as_bytes(),
            Found::Folder | Found::Unread => false,
        }
    }

    fn is_as_written(&self, path: &TreePath, written: &Manifest) -> bool {
        match self {
            Found::File { content, .. } => written.wrote(path, content),
            Found::Folder | Found::Unread => false,
        }
    }
}

/// How each changed file differs, in the order of the paths. The manifest only repeats the other files, so it is left out unless it differs
/// alone.
pub(super) fn diff(tree: &FileTree, disk: &OnDisk, changes: &Changes) -> Vec<FileDiff> {
    let paths: BTreeSet<&TreePath> = changes.touched().collect();
    let manifest_alone = paths.iter().all(|path| path.as_str() == manifest::NAME);
    paths
        .into_iter()
        .filter(|path| manifest_alone || path.as_str() != manifest::NAME)
        .map(|path| {
            let (old, new) = (disk.at(path), tree.get(path));
            let old = match old {
                Some(Found::File {
                    content,
                    executable,
                }) => Some((String::from_utf8_lossy(content), *executable)),
                // A link or a folder has no text; what takes its place reads as new.
                Some(Found::Folder | Found::Unread) | None => None,
            };
            FileDiff {
                path: path.clone(),
                kind: match (&old, new) {
                    (Some(_), Some(_)) => Kind::Changed,
                    (Some(_), None) => Kind::Deleted,
                    (None, _) => Kind::Added,
                },
                unified: unified(
                    path,
                    old.as_ref().map(|(text, mode)| (text.as_ref(), *mode)),
                    new,
                ),
                before: old.map(|(text, _)| text.into_owned()),
                after: new.map(|file| file.text.clone()),
                impact: new.map(|file| file.impact.clone()),
            }
        })
        .collect()
}

fn unified(path: &TreePath, old: Option<(&str, bool)>, new: Option<&File>) -> String {
    let mode = |executable| if executable { "100755" } else { "100644" };
    let name = |side: &str, exists| {
        if exists {
            format!("{side}/{path}")
        } else {
            "/dev/null".to_owned()
        }
    };
    let mut text = String::new();
    if let (Some((_, old)), Some(new)) = (old, new)
        && old != new.executable
    {
        text += &format!(
            "old mode {}\nnew mode {}\n",
            mode(old),
            mode(new.executable)
        );
    }
    let (before, after) = (
        old.map_or("", |(text, _)| text),
        new.map_or("", |file| file.text.as_str()),
    );
    text += &TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .header(&name("a", old.is_some()), &name("b", new.is_some()))
        .to_string();
    text
}
