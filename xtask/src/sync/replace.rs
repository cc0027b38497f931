//! Putting a new tree in the place of a directory, in one step.
//!
//! Beside the directory `generated` stand, and are ignored by git: the lock `.generated.lock`; while a run lasts, the tree that it builds,
//! `.generated.new`, which after the exchange is the old one; and only where a file system cannot exchange, for a moment,
//! `.generated.old`. They are siblings and not in `target/`, because an exchange does not cross file systems and because two runs with two
//! target directories must meet at the same lock.

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use lurus_spec::file_tree::{FileTree, TreePath};
use rustix::fs::{Access, CWD, RenameFlags, access, renameat_with};
use rustix::io::Errno;
use walkdir::WalkDir;

use super::SyncError;
use super::compare::{Changes, Found, OnDisk, as_path, relative, staying};

/// The right to replace a directory, or to read it whole, until dropped.
#[derive(Debug)]
pub struct Lock {
    dir: Utf8PathBuf,
    /// The kernel frees the lock when this is closed, be it by a kill.
    _file: std::fs::File,
}

/// How a directory takes the place of another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Swap {
    /// In one step; where the file system has none, as [`Swap::TwoRenames`].
    Exchange,
    /// The old one aside, then the new one in. A kill in between leaves no directory, and the next run puts the old one back.
    TwoRenames,
}

impl Lock {
    /// Waits until no other run writes or reads `dir`, and clears away what a killed run left.
    ///
    /// # Errors
    /// The disk refuses the lock.
    pub fn exclusive(dir: &Utf8Path) -> Result<Lock, SyncError> {
        if let Some(parent) = dir.parent().filter(|parent| !parent.as_str().is_empty()) {
            fs::create_dir_all(parent)?;
        }
        let lock = Lock::take(dir, std::fs::File::lock)?;
        lock.clear_leftovers()?;
        Ok(lock)
    }

    /// Waits until no other run writes `dir`. Where no lock can be made, no one can write either, so there is nothing to wait for.
    pub(super) fn shared(dir: &Utf8Path) -> Result<Option<Lock>, SyncError> {
        match Lock::take(dir, std::fs::File::lock_shared) {
            Ok(lock) => Ok(Some(lock)),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::PermissionDenied
                        | io::ErrorKind::ReadOnlyFilesystem
                        | io::ErrorKind::NotFound
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn take(dir: &Utf8Path, lock: impl Fn(&std::fs::File) -> io::Result<()>) -> io::Result<Lock> {
        let path = beside(dir, "lock");
        loop {
            let file = fs::OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)?
                .into_file();
            lock(&file)?;
            // Whoever deleted the file while we waited (`git clean`) left us a lock that no one else will meet.
            if fs::metadata(&path)
                .is_ok_and(|named| file.metadata().is_ok_and(|held| same_inode(&named, &held)))
            {
                return Ok(Lock {
                    dir: dir.to_owned(),
                    _file: file,
                });
            }
        }
    }

    fn clear_leftovers(&self) -> io::Result<()> {
        let old = beside(&self.dir, "old");
        if old.exists() && fs::symlink_metadata(&self.dir).is_err() {
            fs::rename(&old, &self.dir)?;
        }
        remove_folder(&old)?;
        remove_folder(&beside(&self.dir, "new"))
    }

    /// Makes the directory equal to `tree`, in one step, and carries over what is not `gen`'s.
    pub(super) fn replace(
        &self,
        tree: &FileTree,
        disk: &OnDisk,
        changes: &Changes,
        swap: Swap,
    ) -> Result<(), SyncError> {
        if disk.exists && access(self.dir.as_str(), Access::WRITE_OK | Access::EXEC_OK).is_err() {
            return Err(SyncError::ReadOnly(self.dir.clone()));
        }
        let staging = beside(&self.dir, "new");
        let replaced = self
            .build(&staging, tree, disk, changes)
            .and_then(|()| put_in_place(&staging, &self.dir, disk.exists, swap));
        let old = match replaced {
            Ok(old) => old,
            Err(error) => {
                // The first error is the one to report, and the next run clears away what is left.
                let _ = remove_folder(&staging);
                return Err(error.into());
            }
        };
        // The new tree is in place. Whatever of the rest is not done, because of a kill or of the disk, the next run does or need not do.
        let _ = sync_folder(parent(&self.dir).as_std_path());
        if let Some(old) = old {
            let same = bring_back_untouched(&self.dir, &old, disk, changes);
            self.adopt_latecomers(&old, tree, changes, &same)
                .map_err(|error| SyncError::LeftBehind {
                    old: old.clone(),
                    error,
                })?;
            let _ = remove_folder(&old);
        }
        Ok(())
    }

    /// Builds the complete new directory at `staging` and makes it durable.
    fn build(
        &self,
        staging: &Utf8Path,
        tree: &FileTree,
        disk: &OnDisk,
        changes: &Changes,
    ) -> io::Result<()> {
        fs::create_dir(staging)?;
        let touched: BTreeSet<&TreePath> = changes.touched().collect();
        let mut written = Vec::new();
        for (path, file) in tree.iter() {
            let (from, to) = (self.dir.join(path.as_str()), staging.join(path.as_str()));
            fs::create_dir_all(parent(&to))?;
            // The same inode keeps the time of change, and what a container has mounted.
            if !touched.contains(path) && std::fs::hard_link(&from, &to).is_ok() {
                continue;
            }
            let mut handle = fs::File::create_new(&to)?;
            handle.write_all(file.text.as_bytes())?;
            handle.set_permissions(Permissions::from_mode(if file.executable {
                0o755
            } else {
                0o644
            }))?;
            written.push(to);
        }
        for path in staying(tree, disk, changes) {
            carry_over(
                &self.dir.as_std_path().join(path),
                &staging.as_std_path().join(path),
            )?;
        }
        for (path, _) in disk
            .entries
            .iter()
            .filter(|(_, found)| **found == Found::Folder)
        {
            let in_staging = staging.as_std_path().join(path);
            if is_empty_folder(path, disk) && !tree_has_file_above(tree, path) {
                fs::create_dir_all(&in_staging)?;
            }
            if in_staging.is_dir() {
                // A folder that its owner may not enter could not be filled, nor cleared away later.
                let mode = fs::metadata(self.dir.as_std_path().join(path))?
                    .permissions()
                    .mode()
                    | 0o700;
                fs::set_permissions(&in_staging, Permissions::from_mode(mode))?;
            }
        }
        let root = if disk.exists {
            fs::metadata(&self.dir)?.permissions().mode()
        } else {
            0o755
        };
        fs::set_permissions(staging, Permissions::from_mode(root | 0o700))?;
        // After all of the writing, so that the disk has much to do at once instead of little many times.
        for path in &written {
            fs::File::open(path)?.sync_all()?;
        }
        for entry in WalkDir::new(staging) {
            let entry = entry?;
            if entry.file_type().is_dir() {
                sync_folder(entry.path())?;
            }
        }
        Ok(())
    }

    /// Moves into the new tree what other programs wrote into the old one after it was read: a `.env` saved at just that moment.
    pub(super) fn adopt_latecomers(
        &self,
        old: &Utf8Path,
        tree: &FileTree,
        changes: &Changes,
        same: &BTreeSet<PathBuf>,
    ) -> io::Result<()> {
        let ours: BTreeSet<&Path> = tree
            .iter()
            .map(|(path, _)| path)
            .chain(&changes.stray)
            .map(as_path)
            .collect();
        let mut walk = WalkDir::new(old).min_depth(1).into_iter();
        while let Some(entry) = walk.next() {
            let entry = entry?;
            let path = relative(entry.path(), old);
            if entry.file_type().is_dir() {
                if same.contains(path) {
                    walk.skip_current_dir();
                }
                continue;
            }
            let now = self.dir.as_std_path().join(path);
            let carried = fs::symlink_metadata(&now)
                .is_ok_and(|new| entry.metadata().is_ok_and(|old| same_inode(&old, &new)));
            if !ours.contains(path) && !carried {
                fs::create_dir_all(now.parent().unwrap_or(self.dir.as_std_path()))?;
                fs::rename(entry.path(), &now)?;
            }
        }
        Ok(())
    }
}

/// Puts `staging` where `dir` is, and returns where the old one is now, if there was one.
fn put_in_place(
    staging: &Utf8Path,
    dir: &Utf8Path,
    exists: bool,
    swap: Swap,
) -> io::Result<Option<Utf8PathBuf>> {
    if !exists {
        return fs::rename(staging, dir).map(|()| None);
    }
    match swap {
        Swap::Exchange => match renameat_with(
            CWD,
            staging.as_str(),
            CWD,
            dir.as_str(),
            RenameFlags::EXCHANGE,
        ) {
            Ok(()) => Ok(Some(staging.to_owned())),
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                put_in_place(staging, dir, exists, Swap::TwoRenames)
            }
            Err(error) => {
                let error = io::Error::from(error);
                let hint = "a mount point, or a folder of an image's layer, cannot be replaced";
                Err(io::Error::new(
                    error.kind(),
                    format!("cannot put {staging} in the place of {dir}: {error} ({hint})"),
                ))
            }
        },
        Swap::TwoRenames => {
            let aside = beside(dir, "old");
            fs::rename(dir, &aside)?;
            if let Err(error) = fs::rename(staging, dir) {
                fs::rename(&aside, dir)?;
                return Err(error);
            }
            Ok(Some(aside))
        }
    }
}

/// Exchanges each folder in which nothing changed with the one it was before, so that whoever has it open or mounted keeps it. The two have
/// the same files, so no reader can tell when. Returns the outermost folders that are the same as before; a refusal only means that a
/// folder is a new one.
fn bring_back_untouched(
    dir: &Utf8Path,
    old: &Utf8Path,
    disk: &OnDisk,
    changes: &Changes,
) -> BTreeSet<PathBuf> {
    let touched: BTreeSet<&Path> = changes
        .touched()
        .flat_map(|path| as_path(path).ancestors())
        .collect();
    let mut same = BTreeSet::<PathBuf>::new();
    for (path, found) in &disk.entries {
        let inside_another = || path.ancestors().any(|folder| same.contains(folder));
        if *found == Found::Folder && !touched.contains(path.as_path()) && !inside_another() {
            let (new, old) = (dir.as_std_path().join(path), old.as_std_path().join(path));
            if renameat_with(CWD, &new, CWD, &old, RenameFlags::EXCHANGE).is_ok() {
                same.insert(path.clone());
            }
        }
    }
    same
}

/// Gives a file that is not ours a second name, or where that is not possible a copy with the same mode.
fn carry_over(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    let Err(refused) = std::fs::hard_link(from, to) else {
        return Ok(());
    };
    let kind = fs::symlink_metadata(from)?.file_type();
    if kind.is_symlink() {
        fs_err::os::unix::fs::symlink(fs::read_link(from)?, to)
    } else if kind.is_file() {
        fs::copy(from, to)?;
        fs::File::open(to)?.sync_all()
    } else {
        Err(io::Error::new(
            refused.kind(),
            format!(
                "{} is neither a file nor a link, and cannot be carried over: {refused}; move it away",
                from.display()
            ),
        ))
    }
}

fn is_empty_folder(path: &Path, disk: &OnDisk) -> bool {
    let mut after = disk.entries.range(path.to_owned()..).skip(1);
    after.next().is_none_or(|(next, _)| !next.starts_with(path))
}

fn tree_has_file_above(tree: &FileTree, path: &Path) -> bool {
    path.ancestors()
        .filter_map(|folder| TreePath::new(folder.to_str()?).ok())
        .any(|folder| tree.get(&folder).is_some())
}

/// Deletes a folder, if it is there, with folders inside that were made read-only.
fn remove_folder(path: &Utf8Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            // Before it is entered: a walk yields a folder first.
            for entry in WalkDir::new(path) {
                let entry = entry?;
                if entry.file_type().is_dir() {
                    fs::set_permissions(entry.path(), Permissions::from_mode(0o700))?;
                }
            }
            fs::remove_dir_all(path)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

fn same_inode(one: &std::fs::Metadata, other: &std::fs::Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// `.generated.lock` for `generated` and `lock`.
pub(super) fn beside(dir: &Utf8Path, what: &str) -> Utf8PathBuf {
    parent(dir).join(format!(
        ".{}.{what}",
        dir.file_name().unwrap_or("generated")
    ))
}

fn parent(path: &Utf8Path) -> &Utf8Path {
    match path.parent() {
        Some(parent) if !parent.as_str().is_empty() => parent,
        Some(_) | None => Utf8Path::new("."),
    }
}
