//! The alert rules that a team wrote itself, as the text of their files.
//!
//! In: `spec/rules/*.yml`, which the build script embeds. Out: the texts, each under its path, so that whoever reads them
//! can point at a line. Must not know: what a rule is.

use std::borrow::Cow;
use std::fmt;

/// A file of rules that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleFile {
    /// The path from the root of the workspace, as an [`Origin`](crate::report::Origin) has it: `spec/rules/team.yml`.
    pub path: Cow<'static, str>,
    /// The whole text, as it was written.
    pub text: Cow<'static, str>,
}

impl RuleFile {
    /// A file of this path and text.
    pub fn new(path: impl Into<Cow<'static, str>>, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
        }
    }
}

impl fmt::Display for RuleFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}
