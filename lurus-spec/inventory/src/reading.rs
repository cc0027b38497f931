//! The reading of one file: keys and values, each judged alone, and every mistake collected.
//!
//! In: a table and what may be written in it. Out: values that their parsers take, each with its place. Must not know:
//! which tables a file has.

use lurus_literal::Literal;
use lurus_report::{Diagnostic, Origin, nearest};
use toml::de::{DeTable, DeValue};

use crate::read::{Entry, Source};
use crate::site::Placed;

/// The reading of one file: collects what is wrong with it.
pub(crate) struct Reading<'a> {
    pub(crate) source: &'a Source<'a>,
    /// What is wrong with the form of the file.
    mistakes: Vec<Diagnostic>,
    /// What is wrong with its values.
    pub(crate) findings: Vec<Diagnostic>,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(source: &'a Source<'a>, mistakes: Vec<Diagnostic>) -> Self {
        Self {
            source,
            mistakes,
            findings: Vec::new(),
        }
    }

    /// Every mistake. Where the form of a line is broken, what it says is not judged as well.
    pub(crate) fn findings(mut self) -> Vec<Diagnostic> {
        let line = |finding: &Diagnostic| finding.place().map(|place| place.line);
        self.findings.retain(|finding| {
            !self
                .mistakes
                .iter()
                .any(|mistake| line(mistake) == line(finding))
        });
        self.mistakes.append(&mut self.findings);
        self.mistakes
    }

    /// The key as a name.
    pub(crate) fn name<T: Literal>(&mut self, entry: &Entry<'_>) -> Option<Placed<String>> {
        self.checked::<T>(entry.key, &entry.key_origin, "")
    }

    /// The value as a text that its parser takes.
    pub(crate) fn text<T: Literal>(
        &mut self,
        field: &Entry<'_>,
        what: &str,
        example: &str,
    ) -> Option<Placed<String>> {
        let DeValue::String(text) = field.value else {
            self.wrong_type(field, what, "a string", example);
            return None;
        };
        self.checked::<T>(
            text,
            &field.value_origin,
            &format!("`{}` of {what}", shown(field.key)),
        )
    }

    pub(crate) fn checked<T: Literal>(
        &mut self,
        text: &str,
        origin: &Origin,
        label: &str,
    ) -> Option<Placed<String>> {
        if text.len() > MAX_TEXT {
            let finding = Diagnostic::error(None, format!("a text has more than {MAX_TEXT} bytes"))
                .primary(origin.clone(), label);
            self.findings.push(finding);
            return None;
        }
        match text.parse::<T>() {
            Ok(_) => Some(Placed {
                value: text.to_owned(),
                origin: origin.clone(),
            }),
            Err(error) => {
                let finding =
                    Diagnostic::error(None, error.message()).primary(origin.clone(), label);
                self.findings.push(finding);
                None
            }
        }
    }

    /// The value as a table; `example` is the beginning of one.
    pub(crate) fn table<'t>(
        &mut self,
        entry: &Entry<'t>,
        example: &str,
    ) -> Option<&'t DeTable<'t>> {
        let table = entry.value.as_table();
        if table.is_none() {
            let title = format!("`{}` is {}", shown(entry.key), with_article(entry.value));
            let finding = Diagnostic::error(None, title)
                .primary(entry.value_origin.clone(), "expected a table")
                .help(format!("write `{example}`"));
            self.findings.push(finding);
        }
        table
    }

    /// The values of these keys in the table of an entry, each in its place; none where it is missing. What is missing
    /// and must not be is told, and so is every other key. None at all when there is no table.
    pub(crate) fn fields<'t, const N: usize>(
        &mut self,
        entry: &Entry<'t>,
        what: &str,
        example: &str,
        keys: [Key; N],
    ) -> Option<[Option<Entry<'t>>; N]> {
        let table = self.table(entry, example)?;
        let names = keys.each_ref().map(|key| key.name);
        let mut fields = [const { None }; N];
        let mut meant = Vec::new();
        for field in self.source.entries(table) {
            match names.iter().position(|name| *name == field.key) {
                Some(index) => fields[index] = Some(field),
                None => {
                    self.unknown(&field, what, &names, None);
                    meant.extend(nearest(field.key, names));
                }
            }
        }
        for (key, field) in keys.iter().zip(&fields) {
            let there = |name: &str| {
                let mut all = names.iter().zip(&fields);
                // A mistyped key is told once.
                meant.contains(&name) || all.any(|(known, field)| *known == name && field.is_some())
            };
            let help = match key.presence {
                Presence::Always => format!("add `{}`", key.example),
                Presence::Without(other, _) if there(other) => continue,
                Presence::Without(_, instead) => format!("add `{}`, or {instead}", key.example),
                Presence::Never => continue,
            };
            // What a broken line says is not known.
            if field.is_none() && !there(key.name) && self.mistakes.is_empty() {
                let finding = Diagnostic::error(None, format!("{what} has no `{}`", key.name))
                    .primary(entry.key_origin.clone(), "")
                    .help(help);
                self.findings.push(finding);
            }
        }
        Some(fields)
    }

    pub(crate) fn unknown(
        &mut self,
        entry: &Entry<'_>,
        what: &str,
        known: &[&str],
        elsewhere: Option<Elsewhere>,
    ) {
        let title = format!("`{}` is no key of {what}", shown(entry.key));
        let finding = Diagnostic::error(None, title).primary(entry.key_origin.clone(), "");
        let finding = match elsewhere {
            Some((tables, help)) if tables.contains(&entry.key) => finding.help(help),
            Some(_) | None => match nearest(entry.key, known.iter().copied()) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help(format!("write one of {}", list(known))),
            },
        };
        self.findings.push(finding);
    }

    pub(crate) fn wrong_type(
        &mut self,
        field: &Entry<'_>,
        what: &str,
        expected: &str,
        example: &str,
    ) {
        let title = format!(
            "`{}` of {what} is {}",
            shown(field.key),
            with_article(field.value)
        );
        let finding = Diagnostic::error(None, title)
            .primary(field.value_origin.clone(), format!("expected {expected}"))
            .help(format!("write `{example}`"));
        self.findings.push(finding);
    }
}

/// What may be written in a table: a key, whether it must be there, and how it reads.
pub(crate) struct Key {
    name: &'static str,
    presence: Presence,
    pub(crate) example: &'static str,
}

/// When a key must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Always,
    /// Unless the table has this other key; what to add when it has neither is said in the second text.
    Without(&'static str, &'static str),
    Never,
}

pub(crate) const fn required(name: &'static str, example: &'static str) -> Key {
    Key {
        name,
        presence: Presence::Always,
        example,
    }
}

/// A key that stands in a table that lacks the key `other`; `instead` says how to write that one in its place.
pub(crate) const fn required_without(
    other: &'static str,
    instead: &'static str,
    name: &'static str,
    example: &'static str,
) -> Key {
    Key {
        name,
        presence: Presence::Without(other, instead),
        example,
    }
}

pub(crate) const fn optional(name: &'static str, example: &'static str) -> Key {
    Key {
        name,
        presence: Presence::Never,
        example,
    }
}

/// The longest text that is given to a parser, in bytes: no newtype takes one that is nearly as long.
const MAX_TEXT: usize = 1000;
/// How much of a key is shown, in characters: more than a name can have.
const MAX_SHOWN: usize = 70;

/// Tables that belong in another file, and what to do with them.
pub(crate) type Elsewhere = (&'static [&'static str], &'static str);

/// A key as a finding shows it: what steers a terminal is visible, and the end of what is too long for a line is not.
pub(crate) fn shown(key: &str) -> String {
    let escaped = key.escape_debug().to_string();
    match escaped.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &escaped[..end]),
        None => escaped,
    }
}

pub(crate) fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

fn with_article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
