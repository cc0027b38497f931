//! A rendered tree and a directory in, the directory brought up to date (or only judged) out.
//!
//! **All or nothing.** The complete new tree is built beside the directory, made durable, and exchanged with it in one step of the file
//! system. A kill at any moment, a full disk or two runs at once leave the old tree or the new one, never a mix, and never a lock: the lock
//! is one of the kernel, which ends with its process.
//!
//! **Nothing that `gen` did not write is lost.** The [manifest] says what `gen` wrote. Any other file (the git-ignored
//! `.env` with the values of secrets, an operator's notes) is carried into the new tree. What this means for each file:
//!
//! | on disk | in the new tree | not in the new tree |
//! |---|---|---|
//! | as `gen` wrote it | replaced if it differs | deleted |
//! | written by `gen`, then edited by hand | replaced, and reported: the description is where to edit | kept and reported: it holds work that is nowhere else |
//! | not written by `gen` | equal: adopted; different: refused, and nothing is changed | kept |
//!
//! **What does not change is not touched.** Unchanged files keep their inode and time of change, and a folder in which nothing changes is
//! the same folder afterwards, so that a container which has it mounted keeps seeing it. A folder in which something changes is a new one:
//! a running container that mounts such a folder sees the old one, emptied, until it is made anew.
//!
//! This module must not print: what happened is data, and the commands say it.

use std::fmt;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use lurus_spec::file_tree::{FileTree, TreeError, TreePath};

pub use self::compare::{Changes, FileDiff, Kind};
use self::compare::{OnDisk, compare, diff};
pub use self::replace::Lock;
use self::replace::Swap;
use crate::manifest::{self, Manifest};

mod compare;
mod replace;

/// What to do about the differences between a tree and a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Make the directory equal to the tree.
    Write,
    /// Only say which files differ.
    Check,
    /// Only say how they differ.
    Diff,
}

/// Which part of a directory a tree stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All of it: what `gen` once wrote and the tree has no more is stray.
    Whole,
    /// One folder of it, in which every file of the tree lies. What `gen` wrote elsewhere stays, in the manifest too.
    Folder(TreePath),
}

impl Scope {
    /// Whether a path belongs to the part.
    pub fn holds(&self, path: &TreePath) -> bool {
        match self {
            Scope::Whole => true,
            Scope::Folder(folder) => path
                .as_str()
                .strip_prefix(folder.as_str())
                .is_some_and(|rest| rest.starts_with('/')),
        }
    }
}

/// What was found, and in [`Mode::Write`] done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The directory is equal to the tree; nothing was touched, in every mode.
    Fresh,
    /// [`Mode::Write`]: these were the differences, and they are gone.
    Written(Changes),
    /// [`Mode::Check`]: these are the differences.
    Stale(Changes),
    /// [`Mode::Diff`]: these are the differences, and how each file differs.
    Differs(Changes, Vec<FileDiff>),
}

/// Why a directory could not be read or written. It is as it was before, except for [`SyncError::LeftBehind`].
#[derive(Debug)]
pub enum SyncError {
    /// The disk refused; the error names the path.
    Disk(io::Error),
    /// There is something other than a folder where the directory should be.
    NotAFolder(Utf8PathBuf),
    /// The directory may not be changed.
    ReadOnly(Utf8PathBuf),
    /// Files that `gen` did not write are where it has to write.
    InTheWay {
        /// The directory.
        dir: Utf8PathBuf,
        /// The files, relative to it.
        paths: Vec<String>,
    },
    /// The new tree is in place, but a file that another program saved meanwhile could not be carried into it.
    LeftBehind {
        /// Where it is, until the next run.
        old: Utf8PathBuf,
        /// Names the file.
        error: io::Error,
    },
    /// The tree has a file or folder where the manifest goes: a bug of a target.
    Reserved(TreeError),
}

/// Compares `scope` of `dir` with `tree`, and in [`Mode::Write`] makes it equal. See the module for what is kept, replaced and refused.
///
/// Waits for another run on the same directory. A missing directory is one without files.
///
/// # Errors
/// [`SyncError`]; the directory is then as it was, except for [`SyncError::LeftBehind`].
pub fn sync(
    tree: &FileTree,
    dir: &Utf8Path,
    scope: &Scope,
    mode: Mode,
) -> Result<Outcome, SyncError> {
    sync_by(tree, dir, scope, mode, Swap::Exchange)
}

fn sync_by(
    tree: &FileTree,
    dir: &Utf8Path,
    scope: &Scope,
    mode: Mode,
    swap: Swap,
) -> Result<Outcome, SyncError> {
    match mode {
        Mode::Write => {
            let lock = Lock::exclusive(dir)?;
            let (tree, disk) = read(tree, dir, scope)?;
            let changes = compare(&tree, &disk);
            if changes.is_empty() {
                return Ok(Outcome::Fresh);
            }
            if !changes.in_the_way.is_empty() {
                let paths = changes
                    .in_the_way
                    .iter()
                    .map(|path| path.display().to_string())
                    .collect();
                return Err(SyncError::InTheWay {
                    dir: dir.to_owned(),
                    paths,
                });
            }
            lock.replace(&tree, &disk, &changes, swap)?;
            Ok(Outcome::Written(changes))
        }
        Mode::Check | Mode::Diff => {
            let _lock = Lock::shared(dir)?;
            let (tree, disk) = read(tree, dir, scope)?;
            let changes = compare(&tree, &disk);
            Ok(match mode {
                _ if changes.is_empty() => Outcome::Fresh,
                Mode::Diff => {
                    let diffs = diff(&tree, &disk, &changes);
                    Outcome::Differs(changes, diffs)
                }
                Mode::Check | Mode::Write => Outcome::Stale(changes),
            })
        }
    }
}

/// The tree as it will be on disk, where the manifest is a file of it, and what is there now. What `gen` wrote outside of the scope is read
/// as somebody else's, which stays, but the new manifest goes on naming it.
fn read(tree: &FileTree, dir: &Utf8Path, scope: &Scope) -> Result<(FileTree, OnDisk), SyncError> {
    let (ours, others) = OnDisk::manifest(dir)?.split(|path| scope.holds(path));
    let mut whole = tree.clone();
    TreePath::new(manifest::NAME)
        .and_then(|path| whole.insert(path, Manifest::of(tree).with(others).to_file()))
        .map_err(SyncError::Reserved)?;
    let disk = OnDisk::read(dir, &whole, ours)?;
    Ok((whole, disk))
}

impl From<io::Error> for SyncError {
    fn from(error: io::Error) -> SyncError {
        SyncError::Disk(error)
    }
}

impl fmt::Display for SyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SyncError::Disk(error) => write!(f, "{error}; nothing was changed"),
            SyncError::NotAFolder(dir) => {
                write!(
                    f,
                    "{dir} is not a folder; move it away (`mv {dir} {dir}.old`) and run the command again"
                )
            }
            SyncError::ReadOnly(dir) => {
                write!(
                    f,
                    "{dir} is read-only, so nothing was changed; make it writable (`chmod u+rwx {dir}`, or mount its file system for writing) and run the command again"
                )
            }
            SyncError::InTheWay { dir, paths } => {
                write!(
                    f,
                    "nothing was changed, because files that `gen` did not write are where it has to write:"
                )?;
                for path in paths {
                    write!(f, "\n  {dir}/{path}")?;
                }
                write!(f, "\nmove or delete them, and run the command again")
            }
            SyncError::LeftBehind { old, error } => {
                write!(
                    f,
                    "the new files are in place, but one that was saved meanwhile stayed in {old}: {error}; move it before the next run"
                )
            }
            SyncError::Reserved(error) => write!(
                f,
                "the manifest cannot be added to the rendered files: {error}"
            ),
        }
    }
}

impl std::error::Error for SyncError {}

#[cfg(test)]
mod tests;
