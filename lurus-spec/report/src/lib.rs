//! Findings.
//!
//! In: what a check has to say, as data: a title, the places in `spec/` that are at fault, notes and a help text.
//! Out: a sorted [`Report`], which [`render()`] draws in rustc's look.
//! Knows nothing of clusters, products, places to run or files on a disk: the source text to draw is handed in.

mod lines;
mod render;
mod sources;
mod suggest;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::collections::btree_set;
use std::fmt;

pub use lines::Lines;
pub use render::{Style, render, render_one, underline};
pub use sources::{Line, Sources};
pub use suggest::nearest;

/// Every finding of a run, sorted and without duplicates.
///
/// The order is errors before warnings, then the place, then the code, then the text, so that the same mistakes
/// print the same report whatever order the checks ran in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    findings: BTreeSet<Diagnostic>,
}

impl Report {
    /// A report without findings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one finding.
    pub fn push(&mut self, finding: Diagnostic) {
        self.findings.insert(finding);
    }

    /// True when at least one finding is an error, so that nothing may be generated.
    pub fn has_errors(&self) -> bool {
        self.errors() > 0
    }

    /// True when there is no finding at all, not even a warning.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// The number of errors.
    pub fn errors(&self) -> usize {
        self.count(Severity::Error)
    }

    /// The number of warnings.
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning)
    }

    /// The findings in order.
    pub fn iter(&self) -> btree_set::Iter<'_, Diagnostic> {
        self.findings.iter()
    }

    fn count(&self, severity: Severity) -> usize {
        self.iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }
}

impl Extend<Diagnostic> for Report {
    fn extend<T: IntoIterator<Item = Diagnostic>>(&mut self, findings: T) {
        self.findings.extend(findings);
    }
}

impl FromIterator<Diagnostic> for Report {
    fn from_iter<T: IntoIterator<Item = Diagnostic>>(findings: T) -> Self {
        Self {
            findings: findings.into_iter().collect(),
        }
    }
}

impl From<Diagnostic> for Report {
    fn from(finding: Diagnostic) -> Self {
        Self::from_iter([finding])
    }
}

impl IntoIterator for Report {
    type Item = Diagnostic;
    type IntoIter = btree_set::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.findings.into_iter()
    }
}

impl<'a> IntoIterator for &'a Report {
    type Item = &'a Diagnostic;
    type IntoIter = btree_set::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// One finding: what is wrong, where, why, and what to type instead.
///
/// Texts are lowercase and name the thing; they carry no place, since the labels do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule that was broken. A mistake that keeps the description from being read at all has none: the command
    /// that explains a code could not be built either.
    pub code: Option<Code>,
    /// Whether the cluster is refused.
    pub severity: Severity,
    /// One line, such as `losing host node-2 stops redis`.
    pub title: String,
    /// The places at fault. The first primary label is the place of the finding.
    pub labels: Vec<Label>,
    /// What else the reader needs to know, one sentence each.
    pub notes: Vec<String>,
    /// What to type.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A finding that refuses the cluster.
    pub fn error(code: impl Into<Option<Code>>, title: impl Into<String>) -> Self {
        Self::new(Severity::Error, code.into(), title.into())
    }

    /// A finding that only tells.
    pub fn warning(code: impl Into<Option<Code>>, title: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code.into(), title.into())
    }

    fn new(severity: Severity, code: Option<Code>, title: String) -> Self {
        Self {
            code,
            severity,
            title,
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
        }
    }

    /// Adds a place that is at fault; drawn with `^^^^`. The text may be empty.
    pub fn primary(self, origin: Origin, text: impl Into<String>) -> Self {
        self.label(LabelKind::Primary, origin, text.into())
    }

    /// Adds a place that explains the fault, such as the claim that it contradicts; drawn with `----`.
    pub fn secondary(self, origin: Origin, text: impl Into<String>) -> Self {
        self.label(LabelKind::Secondary, origin, text.into())
    }

    fn label(mut self, kind: LabelKind, origin: Origin, text: String) -> Self {
        self.labels.push(Label { origin, kind, text });
        self
    }

    /// Adds a note, printed after `= note:`.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Sets what to type, printed after `= help:`.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Where the finding is: its first primary label, or its first label, if it has any.
    pub fn place(&self) -> Option<&Origin> {
        let primary = self
            .labels
            .iter()
            .find(|label| label.kind == LabelKind::Primary);
        primary.or(self.labels.first()).map(|label| &label.origin)
    }
}

impl Ord for Diagnostic {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        fn key(finding: &Diagnostic) -> impl Ord {
            let Diagnostic {
                code,
                severity,
                title,
                labels,
                notes,
                help,
            } = finding;
            (severity, finding.place(), code, title, labels, notes, help)
        }
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Diagnostic {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// How bad a finding is. Errors come first in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The cluster cannot work; nothing is generated.
    Error,
    /// The cluster works, but not as its author may think.
    Warning,
}

/// The number of a rule: `L` and four digits, such as `L0204`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code(&'static str);

impl Code {
    /// A code from its text.
    ///
    /// # Panics
    ///
    /// When the text is not `L` and four digits. Codes are constants, so the panic is an error of rustc.
    pub const fn new(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        assert!(
            bytes.len() == 5 && bytes[0] == b'L',
            "a code is `L` and four digits, such as `L0204`"
        );
        let mut index = 1;
        while index < bytes.len() {
            assert!(
                bytes[index].is_ascii_digit(),
                "a code is `L` and four digits, such as `L0204`"
            );
            index += 1;
        }
        Self(text)
    }

    /// The text of the code.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A place of a finding, and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// The place.
    pub origin: Origin,
    /// Whether the place is at fault or explains the fault.
    pub kind: LabelKind,
    /// What is said beside the underline; may be empty.
    pub text: String,
}

/// Whether a labelled place is at fault or explains the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LabelKind {
    /// At fault, `^^^^`.
    Primary,
    /// Explains the fault, `----`.
    Secondary,
}

/// A place in the sources of `spec/`: where a value was written.
///
/// It serves findings only and never reaches a generated file, so that moving a line in `spec/` changes nothing in
/// `generated/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The path from the root of the workspace, with `/` between its parts.
    pub file: Cow<'static, str>,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1 in characters, as rustc does.
    pub column: u32,
}

impl Origin {
    /// The place in a file whose name is known while rustc runs. `line` and `column` count from 1.
    pub const fn at(file: &'static str, line: u32, column: u32) -> Self {
        Self {
            file: Cow::Borrowed(file),
            line,
            column,
        }
    }

    /// The place of the call to the function that calls this; each function between them is `#[track_caller]`.
    #[track_caller]
    pub fn caller() -> Self {
        let location = std::panic::Location::caller();
        Self::at(location.file(), location.line(), location.column())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

#[cfg(test)]
mod tests;
