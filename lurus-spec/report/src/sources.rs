//! The lines that findings point at.
//!
//! In: a way to ask for the text of a file. Out: its lines, with the byte at which each begins. A file is asked for and
//! cut into lines once, however many findings it has.

use std::collections::BTreeMap;
use std::fmt;

/// The source texts of a report's findings.
pub struct Sources<'a> {
    ask: &'a dyn Fn(&str) -> Option<String>,
    known: BTreeMap<String, Option<Text>>,
}

struct Text {
    text: String,
    /// The byte at which each line begins.
    begins: Vec<usize>,
}

/// A line of a source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'s> {
    /// The line, without what ends it.
    pub text: &'s str,
    /// The byte of the file at which it begins.
    pub begin: usize,
}

impl<'a> Sources<'a> {
    /// Sources that are asked for when they are needed; the answer is none for a file that cannot be read.
    pub fn new(ask: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            ask,
            known: BTreeMap::new(),
        }
    }

    /// The lines from `first` to `last`, both counted from 1 and included. None when the file has no such lines.
    pub fn lines(&mut self, file: &str, first: u32, last: u32) -> Option<Vec<Line<'_>>> {
        if !self.known.contains_key(file) {
            self.known
                .insert(file.to_owned(), (self.ask)(file).map(Text::new));
        }
        let text = self.known.get(file)?.as_ref()?;
        (first..=last).map(|number| text.line(number)).collect()
    }
}

impl fmt::Debug for Sources<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("known", &self.known.keys())
            .finish_non_exhaustive()
    }
}

impl Text {
    fn new(text: String) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let begins = std::iter::once(0)
            .chain(ends.map(|(index, _)| index + 1))
            .collect();
        Self { text, begins }
    }

    fn line(&self, number: u32) -> Option<Line<'_>> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        let begin = *self.begins.get(index)?;
        let end = self
            .begins
            .get(index + 1)
            .map_or(self.text.len(), |next| next - 1);
        let line = &self.text[begin..end];
        Some(Line {
            text: line.strip_suffix('\r').unwrap_or(line),
            begin,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::{Line, Sources};

    #[test]
    fn lines_know_where_they_begin() {
        let ask = |_: &str| Some("é\r\n\nlast".to_owned());
        let mut sources = Sources::new(&ask);
        let line = |text, begin| Line { text, begin };
        assert_eq!(
            sources.lines("a", 1, 3),
            Some(vec![line("é", 0), line("", 4), line("last", 5)])
        );
        assert_eq!(sources.lines("a", 3, 4), None);
        assert_eq!(sources.lines("a", 0, 1), None);
    }

    #[test]
    fn a_file_is_asked_for_once() {
        let asked = Cell::new(0);
        let ask = |file: &str| {
            asked.set(asked.get() + 1);
            (file == "there").then(String::new)
        };
        let mut sources = Sources::new(&ask);
        for _ in 0..3 {
            assert!(sources.lines("there", 1, 1).is_some());
            assert!(sources.lines("gone", 1, 1).is_none());
        }
        assert_eq!(asked.get(), 2);
    }
}
