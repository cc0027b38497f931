//! The book of a cluster: `generated/<cluster>/README.md`.

use std::collections::BTreeMap;

use crate::check::Checked;
use crate::file_tree::FileTree;
use crate::plan::Plan;

/// Writes the book.
pub fn render(_checked: &Checked<'_>, _plans: &BTreeMap<&'static str, Plan>) -> FileTree {
    FileTree::default()
}
