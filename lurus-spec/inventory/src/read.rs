//! From the bytes of a file to tables whose every key and value knows its place.
//!
//! In: a file. Out: its tables, as far as they can be read, and the mistakes of their form. Must not know: which keys
//! there are.

use std::collections::BTreeSet;

use lurus_report::{Diagnostic, Lines, Origin};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::{File, MAX_BYTES};

/// How many mistakes of form are told of one file. What follows a broken line is often broken by it.
const MAX_MISTAKES: usize = 20;

/// The text of a file.
pub(crate) struct Source<'a>(Lines<'a>);

/// The tables of a file, as far as they could be read.
pub(crate) struct Tables<'a> {
    pub(crate) root: DeTable<'a>,
    /// The mistakes of form.
    pub(crate) mistakes: Vec<Diagnostic>,
}

/// A key with its value.
pub(crate) struct Entry<'t> {
    pub(crate) key: &'t str,
    pub(crate) key_origin: Origin,
    pub(crate) value: &'t DeValue<'t>,
    pub(crate) value_origin: Origin,
}

impl<'a> Source<'a> {
    /// The text of a file.
    ///
    /// # Errors
    /// When the file is too long or no UTF-8.
    pub(crate) fn new(file: &'a File) -> Result<Self, Diagnostic> {
        let path = file.path.as_str();
        if file.bytes.len() > MAX_BYTES {
            let title = format!("`{path}` has more than {MAX_BYTES} bytes");
            return Err(Diagnostic::error(None, title)
                .primary(
                    Origin {
                        file: path.to_owned().into(),
                        line: 1,
                        column: 1,
                    },
                    "",
                )
                .help("split the file, or move what is no data out of `spec/`"));
        }
        match std::str::from_utf8(&file.bytes) {
            Ok(text) => Ok(Self::of(path, text)),
            Err(error) => {
                let (before, after) = file.bytes.split_at(error.valid_up_to());
                let before = std::str::from_utf8(before).unwrap_or_default();
                let place = Self::of(path, before).origin(before.len());
                let title = format!("`{path}` is not UTF-8");
                let byte = after.first().copied().unwrap_or_default();
                Err(Diagnostic::error(None, title)
                    .primary(place, format!("the byte 0x{byte:02x} begins no character"))
                    .help("save the file as UTF-8"))
            }
        }
    }

    fn of(path: &'a str, text: &'a str) -> Self {
        Self(Lines::of(path, text))
    }

    /// The path of the file.
    pub(crate) fn path(&self) -> &'a str {
        self.0.path()
    }

    /// The whole text of the file.
    pub(crate) fn text(&self) -> &'a str {
        self.0.text()
    }

    /// The tables of the file. Reading goes on after a mistake, so that all are told at once.
    pub(crate) fn tables(&self) -> Tables<'a> {
        let (root, errors) = DeTable::parse_recoverable(self.text());
        let mut places = BTreeSet::new();
        let mut mistakes = Vec::new();
        for error in &errors {
            let place = self.origin(error.span().map_or(self.text().len(), |span| span.start));
            // The parser stumbles more than once over one broken line; the first tells why.
            if !places.insert(place.line) {
                continue;
            }
            if mistakes.len() == MAX_MISTAKES {
                let title = format!("`{}` has more mistakes than are told here", self.path());
                mistakes
                    .push(Diagnostic::error(None, title).help("mend those that are told first"));
                break;
            }
            mistakes.push(Diagnostic::error(None, error.message()).primary(place, ""));
        }
        Tables {
            root: root.into_inner(),
            mistakes,
        }
    }

    /// The keys of a table with their values, in the order in which they were written.
    pub(crate) fn entries<'t>(&self, table: &'t DeTable<'_>) -> Vec<Entry<'t>> {
        let mut entries: Vec<(&Spanned<_>, &Spanned<_>)> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
            .into_iter()
            .map(|(key, value)| Entry {
                key: key.get_ref(),
                key_origin: self.origin(key.span().start),
                value: value.get_ref(),
                value_origin: self.origin(value.span().start),
            })
            .collect()
    }

    /// The place of a byte.
    fn origin(&self, byte: usize) -> Origin {
        self.0.origin(byte)
    }
}
