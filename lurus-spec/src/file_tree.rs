//! The files that a target renders: paths and texts in, one ordered value out that `xtask` can compare with a directory and write.
//!
//! A [`FileTree`] must not know what is in its files, nor that disks exist: there is no absolute path, no time and no owner in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::plan::Cost;

/// Files by their path, in the order of the paths.
///
/// Two files cannot have the same path, and a path cannot be both a file and a folder: such a tree could not be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileTree {
    files: BTreeMap<TreePath, File>,
}

/// One file to be: its whole text, and what a change of it means for the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    /// The content, UTF-8, with every line ended.
    pub text: String,
    /// Whether it is a program: mode 0755 instead of 0644.
    pub executable: bool,
    /// Who notices a change of this file, and what it costs them.
    pub impact: Impact,
}

/// What changing a file costs the running cluster. It is printed beside a diff and never written into the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Impact {
    /// Names of the workloads that read the file; none for a file that only people read.
    pub workloads: BTreeSet<String>,
    /// What has to be done to each of them.
    pub cost: Cost,
}

/// A path inside a [`FileTree`], relative to its root: `node-1/redis/redis.conf`.
///
/// Exists so that no name from a description can leave the directory that is written (`../../etc/passwd`), hide a file from a shell or a
/// file system that folds unusual characters, or need quoting in a script, a YAML file or a manifest line.
/// Segments of `[A-Za-z0-9._-]`, separated by single forward slashes; no `.`, no `..`, not absolute, not empty.
///
/// ```
/// use lurus_spec::file_tree::TreePath;
/// assert!(TreePath::new("node-1/redis/redis.conf").is_ok());
/// assert!(TreePath::new("../secrets").is_err());
/// assert!(TreePath::new("/etc/passwd").is_err());
/// assert!(TreePath::new("a//b").is_err());
/// assert!(TreePath::new("two words").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreePath(String);

/// Why a path or a file was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TreeError {
    /// The text is not a [`TreePath`].
    Path {
        /// The text as given.
        text: String,
        /// The rule that it breaks.
        why: &'static str,
    },
    /// Two files have the same path.
    Duplicate(TreePath),
    /// One file's path is a folder of another one's.
    FileIsFolder {
        /// The path that is a file.
        file: TreePath,
        /// A file that would lie inside it.
        inside: TreePath,
    },
}

impl FileTree {
    /// A tree without files.
    pub fn new() -> FileTree {
        FileTree::default()
    }

    /// Adds a file.
    ///
    /// # Errors
    /// The path is taken, is a folder of a file that is already here, or has such a file as a folder. The tree is unchanged then.
    pub fn insert(&mut self, path: TreePath, file: File) -> Result<(), TreeError> {
        self.room_for(&path)?;
        self.files.insert(path, file);
        Ok(())
    }

    /// Adds every file of `tree` below the folder `prefix`.
    ///
    /// # Errors
    /// As [`FileTree::insert`], for the first file that does not fit. The tree is unchanged then.
    pub fn mount(&mut self, prefix: &TreePath, tree: FileTree) -> Result<(), TreeError> {
        let mounted: Vec<_> = tree
            .files
            .into_iter()
            .map(|(path, file)| (prefix.join(&path), file))
            .collect();
        for (path, _) in &mounted {
            self.room_for(path)?;
        }
        self.files.extend(mounted);
        Ok(())
    }

    fn room_for(&self, path: &TreePath) -> Result<(), TreeError> {
        if self.files.contains_key(path) {
            return Err(TreeError::Duplicate(path.clone()));
        }
        if let Some(file) = path
            .folders()
            .find(|folder| self.files.contains_key(folder))
        {
            return Err(TreeError::FileIsFolder {
                file,
                inside: path.clone(),
            });
        }
        let as_folder = TreePath(format!("{path}/"));
        match self.files.range(&as_folder..).next() {
            Some((inside, _)) if inside.0.starts_with(&as_folder.0) => {
                Err(TreeError::FileIsFolder {
                    file: path.clone(),
                    inside: inside.clone(),
                })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The file at a path.
    pub fn get(&self, path: &TreePath) -> Option<&File> {
        self.files.get(path)
    }

    /// Every file, in the order of the paths.
    pub fn iter(&self) -> impl Iterator<Item = (&TreePath, &File)> {
        self.files.iter()
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// A SHA-256 in hexadecimal over every path, mode and text: equal trees write equal directories, and only they have equal digests.
    /// The impact is left out, because it is not written.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for (path, file) in &self.files {
            // The lengths keep ("ab", "c") and ("a", "bc") apart.
            hash.update((path.0.len() as u64).to_be_bytes());
            hash.update(&path.0);
            hash.update([u8::from(file.executable)]);
            hash.update((file.text.len() as u64).to_be_bytes());
            hash.update(&file.text);
        }
        hexadecimal(&hash.finalize())
    }
}

impl File {
    /// A file that is no program and that no workload reads.
    pub fn text(text: impl Into<String>) -> File {
        File {
            text: text.into(),
            ..File::default()
        }
    }

    /// The same file as a program.
    #[must_use]
    pub fn executable(self) -> File {
        File {
            executable: true,
            ..self
        }
    }

    /// The same file, read by one more workload, whose cost of a change is at least `cost`.
    #[must_use]
    pub fn read_by(mut self, workload: impl Into<String>, cost: Cost) -> File {
        self.impact.workloads.insert(workload.into());
        self.impact.cost = self.impact.cost.max(cost);
        self
    }

    /// The SHA-256 of the text in hexadecimal.
    pub fn digest(&self) -> String {
        digest(self.text.as_bytes())
    }
}

/// The SHA-256 of a file's content in 64 hexadecimal digits, as `sha256sum` prints it.
pub fn digest(content: &[u8]) -> String {
    hexadecimal(&Sha256::digest(content))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a String cannot fail");
            text
        })
}

impl TreePath {
    /// Checks a path.
    ///
    /// # Errors
    /// [`TreeError::Path`], which names the rule that the text breaks.
    pub fn new(text: &str) -> Result<TreePath, TreeError> {
        match Self::broken_rule(text) {
            None => Ok(TreePath(text.to_owned())),
            Some(why) => Err(TreeError::Path {
                text: text.to_owned(),
                why,
            }),
        }
    }

    fn broken_rule(text: &str) -> Option<&'static str> {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if text.is_empty() {
            Some("it is empty")
        } else if text.starts_with('/') {
            Some("it is absolute; write it relative to the tree's root")
        } else if text.split('/').any(str::is_empty) {
            Some("it has an empty segment; write single slashes, and none at the end")
        } else if text.split('/').any(|segment| matches!(segment, "." | "..")) {
            Some("it has a `.` or `..` segment; write the path that is meant")
        } else if !text.split('/').all(|segment| segment.chars().all(legal)) {
            Some("only letters, digits, `.`, `_`, `-` and `/` are allowed")
        } else {
            None
        }
    }

    /// The path of `inner` when this path is its folder.
    #[must_use]
    pub fn join(&self, inner: &TreePath) -> TreePath {
        TreePath(format!("{self}/{inner}"))
    }

    /// The path as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Every folder that the path lies in, the outermost first, without the path itself.
    pub fn folders(&self) -> impl Iterator<Item = TreePath> + '_ {
        self.0
            .match_indices('/')
            .map(|(end, _)| TreePath(self.0[..end].to_owned()))
    }
}

impl TryFrom<&str> for TreePath {
    type Error = TreeError;

    fn try_from(text: &str) -> Result<TreePath, TreeError> {
        TreePath::new(text)
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for TreeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TreeError::Path { text, why } => {
                write!(f, "{text:?} is no path inside a file tree: {why}")
            }
            TreeError::Duplicate(path) => write!(
                f,
                "two files have the path {path}; give one of them another name"
            ),
            TreeError::FileIsFolder { file, inside } => {
                write!(
                    f,
                    "{file} is a file, so {inside} cannot lie inside it; give one of them another name"
                )
            }
        }
    }
}

impl std::error::Error for TreeError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> TreePath {
        TreePath::new(text).unwrap()
    }

    fn tree(files: &[(&str, &str)]) -> FileTree {
        let mut tree = FileTree::new();
        for (at, text) in files {
            tree.insert(path(at), File::text(*text)).unwrap();
        }
        tree
    }

    #[test]
    fn a_path_stays_inside_the_tree() {
        for good in ["a", ".env", "a/b.c/d_e-f", "..a", "a..", "..."] {
            assert_eq!(path(good).as_str(), good);
        }
        for bad in [
            "", "/", "/a", "a/", "a//b", ".", "..", "a/..", "a/../b", "./a", "a b", "a\\b", "a\n",
            "ä", "a:b", "$a",
        ] {
            assert!(TreePath::new(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn a_path_is_taken_once() {
        let mut tree = tree(&[("a/b", "")]);
        assert_eq!(
            tree.insert(path("a/b"), File::text("x")),
            Err(TreeError::Duplicate(path("a/b")))
        );
        assert_eq!(tree.get(&path("a/b")), Some(&File::text("")));
    }

    #[test]
    fn a_file_is_no_folder() {
        let refused = Err(TreeError::FileIsFolder {
            file: path("a/b"),
            inside: path("a/b/c/d"),
        });
        assert_eq!(
            tree(&[("a/b", "")]).insert(path("a/b/c/d"), File::default()),
            refused
        );
        // The two neighbours sort between the file and the folder of the same name.
        let mut neighbours = tree(&[("a/b-c", ""), ("a/b.c", ""), ("a/b/c/d", "")]);
        assert_eq!(neighbours.insert(path("a/b"), File::default()), refused);
    }

    #[test]
    fn mount_adds_a_folder_or_nothing() {
        let mut whole = tree(&[("README.md", "r"), ("local/x/y", "taken")]);
        let before = whole.clone();
        assert_eq!(
            whole.mount(&path("local"), tree(&[("a", ""), ("x/y", "")])),
            Err(TreeError::Duplicate(path("local/x/y")))
        );
        assert_eq!(whole, before);

        whole
            .mount(&path("hosts/node-1"), tree(&[("compose.yaml", "c")]))
            .unwrap();
        let paths: Vec<_> = whole.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(
            paths,
            ["README.md", "hosts/node-1/compose.yaml", "local/x/y"]
        );
    }

    #[test]
    fn the_digest_sees_path_mode_and_text() {
        let digests: BTreeSet<_> = [
            FileTree::new(),
            tree(&[("a", "")]),
            tree(&[("a", "b")]),
            tree(&[("ab", "")]),
            tree(&[("a", ""), ("b", "")]),
            {
                let mut program = FileTree::new();
                program
                    .insert(path("a"), File::text("").executable())
                    .unwrap();
                program
            },
        ]
        .iter()
        .map(FileTree::digest)
        .collect();
        assert_eq!(digests.len(), 6);
        assert_eq!(
            File::text("").digest(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn the_worst_reader_decides_the_cost() {
        let file = File::text("")
            .read_by("redis-1", Cost::Restart)
            .read_by("exporter", Cost::Nothing);
        assert_eq!(file.impact.cost, Cost::Restart);
        assert_eq!(
            file.impact.workloads,
            BTreeSet::from(["exporter".to_owned(), "redis-1".to_owned()])
        );
    }
}
