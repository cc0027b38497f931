//! YAML that a person wrote, with the place of everything in it.
//!
//! In: the text of a file. Out: a tree of its values, or the first thing that is no YAML or that this does not take. Every
//! scalar is text, as it stands there: what a number or a switch is, is for whoever asks. Aliases, tags and several
//! documents are refused, since what is read here is printed again, and what is seen in a review is then all that there is.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, options};

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// The bytes of the file that it takes, from its first sign on.
    pub(crate) source: Range<usize>,
    pub(crate) value: Value,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Text(Scalar),
    Seq(Vec<Written>),
    /// Keys and values, in the order in which they stand there; no key twice.
    Map(Vec<(Written, Written)>),
}

/// A text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scalar {
    /// The text, without quotes, and with escapes and line breaks as the notation means them.
    pub(crate) text: String,
    /// Whether it stands there without quotes, so that `~` means nothing at all.
    pub(crate) plain: bool,
    notation: Notation,
}

/// How a text is written, as far as its places depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notation {
    /// Signs stand for themselves.
    Bare,
    /// `''` stands for a quote.
    Single,
    /// A backslash begins an escape.
    Double,
}

/// Why a text is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Where, in bytes from the beginning of the file.
    pub(crate) at: usize,
    /// What is wrong.
    pub(crate) why: String,
}

/// Reads a file; none when nothing stands in it.
///
/// # Errors
/// The first thing that is no YAML, or that is not taken.
pub(crate) fn read(text: &str) -> Result<Option<Written>, Mistake> {
    let mut reader = Reader {
        text,
        events: Parser::new_from_str_with_options(text, options! { emit_comments: false }),
    };
    let mut document: Option<Written> = None;
    loop {
        let (event, span) = reader.next()?;
        if matches!(event, Event::StreamStart | Event::DocumentEnd) {
            continue;
        }
        if matches!(event, Event::StreamEnd) {
            // A file of comments is a document of nothing.
            return Ok(document.filter(|written| !written.is_nothing()));
        }
        if document.is_some() {
            return Err(reader.mistake(span, "a second document is not read: write one"));
        }
        let (event, span) = reader.next()?;
        document = Some(reader.value(event, span)?);
    }
}

struct Reader<'t> {
    text: &'t str,
    events: Parser<'t, StrInput<'t>>,
}

impl<'t> Reader<'t> {
    /// The next event; at the end of the file, its end.
    fn next(&mut self) -> Result<(Event<'t>, Span), Mistake> {
        match self.events.next() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => Err(self.scanned(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn value(&mut self, event: Event<'t>, span: Span) -> Result<Written, Mistake> {
        if event.tag().is_some() {
            return Err(self.mistake(span, "a tag is not read: leave it out"));
        }
        let begin = self.begin(span);
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the parser may come to know more events; none of them is a value"
        )]
        let value = match event {
            Event::Scalar(text, style, 0, _) => Value::Text(Scalar {
                text: text.into_owned(),
                plain: style == ScalarStyle::Plain,
                notation: match style {
                    // Of a block, the source begins with its first sign.
                    ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => {
                        Notation::Bare
                    }
                    ScalarStyle::SingleQuoted => Notation::Single,
                    ScalarStyle::DoubleQuoted => Notation::Double,
                },
            }),
            Event::SequenceStart(_, 0, _) => self.items()?,
            Event::MappingStart(_, 0, _) => self.entries()?,
            Event::Alias(_) => {
                let why = "an alias is not read: write out what it stands for";
                return Err(self.mistake(span, why));
            }
            Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..) => {
                let why = "an anchor is not read: write the value out where it is needed";
                return Err(self.mistake(span, why));
            }
            _ => return Err(self.mistake(span, "a value is missing here")),
        };
        let end = span.byte_range().map_or(begin, |range| range.end);
        Ok(Written {
            source: begin..end.max(begin),
            value,
        })
    }

    fn items(&mut self) -> Result<Value, Mistake> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::Seq(items)),
                (event, span) => items.push(self.value(event, span)?),
            }
        }
    }

    fn entries(&mut self) -> Result<Value, Mistake> {
        let mut entries: Vec<(Written, Written)> = Vec::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Value::Map(entries)),
                (event, span) => self.value(event, span)?,
            };
            let Some(name) = key.text() else {
                return Err(Mistake {
                    at: key.source.start,
                    why: "a key is a word, and neither a list nor a table".to_owned(),
                });
            };
            if entries.iter().any(|(other, _)| other.text() == Some(name)) {
                return Err(Mistake {
                    at: key.source.start,
                    why: format!("`{name}` stands here twice"),
                });
            }
            let (event, span) = self.next()?;
            let value = self.value(event, span)?;
            entries.push((key, value));
        }
    }

    fn mistake(&self, span: Span, why: &str) -> Mistake {
        Mistake {
            at: self.begin(span),
            why: why.to_owned(),
        }
    }

    fn scanned(&self, error: &ScanError) -> Mistake {
        Mistake {
            at: error.marker().byte_offset().unwrap_or(self.text.len()),
            why: error.info(),
        }
    }

    fn begin(&self, span: Span) -> usize {
        let begin = span
            .byte_range()
            .map_or(self.text.len(), |range| range.start);
        begin.min(self.text.len())
    }
}

impl Written {
    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(scalar) => Some(&scalar.text),
            Value::Seq(_) | Value::Map(_) => None,
        }
    }

    /// Whether nothing was written: no sign, or the words for it.
    pub(crate) fn is_nothing(&self) -> bool {
        match &self.value {
            Value::Text(scalar) => {
                scalar.plain && matches!(&*scalar.text, "" | "~" | "null" | "Null" | "NULL")
            }
            Value::Seq(_) | Value::Map(_) => false,
        }
    }

    /// Where the parts of this text stand: a byte of the text and its byte of the file, for its beginning and for each
    /// place from which on the two differ by something else, since a line was broken, indented or escaped. None of a list
    /// or a table.
    pub(crate) fn places(&self, file: &str) -> Vec<(usize, usize)> {
        let Value::Text(scalar) = &self.value else {
            return Vec::new();
        };
        let begin = match scalar.notation {
            Notation::Bare => 0,
            Notation::Single | Notation::Double => 1,
        };
        let mut walk = Walk {
            source: &file[self.source.clone()],
            at: begin.min(self.source.len()),
            notation: scalar.notation,
        };
        let mut places: Vec<(usize, usize)> = Vec::new();
        let mut text = scalar.text.char_indices().peekable();
        walk.skip_space();
        while let Some((index, sign)) = text.next() {
            let place = self.source.start + walk.at;
            let goes_on = |(before, stood): &(usize, usize)| stood + index == place + before;
            if !places.last().is_some_and(goes_on) {
                places.push((index, place));
            }
            if sign.is_whitespace() && !walk.is_escape() {
                // However it is broken into lines, white space there is white space here.
                while text.next_if(|(_, sign)| sign.is_whitespace()).is_some() {}
                walk.skip_space();
            } else {
                walk.skip_sign();
            }
        }
        places
    }
}

/// The source of a scalar, and how far it was walked.
struct Walk<'s> {
    source: &'s str,
    at: usize,
    notation: Notation,
}

impl Walk<'_> {
    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    fn is_escape(&self) -> bool {
        self.notation == Notation::Double && self.rest().starts_with('\\')
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        // A backslash at the end of a line: the text goes on where the next one begins.
        while self.is_escape() && self.rest()[1..].starts_with(['\n', '\r']) {
            let rest = &self.rest()[1..];
            self.at += 1 + rest.len() - rest.trim_start().len();
        }
    }

    fn skip_sign(&mut self) {
        let rest = self.rest();
        let length = match (self.notation, rest.as_bytes()) {
            (Notation::Single, [b'\'', b'\'', ..]) => 2,
            (Notation::Double, [b'\\', kind, ..]) => match kind {
                b'x' => 4,
                b'u' => 6,
                b'U' => 10,
                _ => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            },
            _ => rest.chars().next().map_or(0, char::len_utf8),
        };
        self.at = self
            .source
            .floor_char_boundary((self.at + length).min(self.source.len()));
        if self.is_escape() && self.rest()[1..].starts_with(['\n', '\r']) {
            self.skip_space();
        }
    }
}

#[cfg(test)]
mod tests;
