//! Draws findings in rustc's look.
//!
//! In: a [`Report`] and the source text of the files that it points into. Out: text for a terminal or a log.
//! This is the only place that knows annotate-snippets; it does not know where a source text comes from.
//! annotate-snippets leaves the escape sequences of a label, a path or a message as they are, so they are made visible
//! here: a bad value that is quoted in a finding cannot steer the reader's terminal.

use std::ops::Range;

use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Origin as BarePlace, Renderer, Snippet,
    normalize_untrusted_str,
};

use super::{Diagnostic, Label, LabelKind, Origin, Report, Severity, Sources};

/// Draws every finding in order, each followed by an empty line. An empty report draws nothing.
///
/// `source` gives the text of a file that an [`Origin`] names. Without it, or when the text is shorter than the place
/// says, the place and its label are printed without a source line: a finding is never lost.
pub fn render(report: &Report, source: &dyn Fn(&str) -> Option<String>, style: Style) -> String {
    let mut sources = Sources::new(source);
    report
        .iter()
        .map(|finding| render_one(finding, &mut sources, style) + "\n\n")
        .collect()
}

/// Whether the text may carry the escape sequences of a terminal's colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// For a log, a file or a test.
    Plain,
    /// For a terminal.
    Colour,
}

/// Two labels in one file that are at most this many lines apart are drawn in one piece.
const NEAR: u32 = 3;

/// The longest line that is drawn, in bytes. A longer one is no description that someone reads.
const MAX_LINE: usize = 10_000;

/// Draws one finding, without a newline at its end.
pub fn render_one(finding: &Diagnostic, sources: &mut Sources<'_>, style: Style) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut title = level.primary_title(finding.title.as_str());
    if let Some(code) = finding.code {
        title = title.id(code.as_str());
    }
    let mut group = Group::with_title(title);
    for piece in pieces(&finding.labels) {
        group = group.elements(draw(&piece, sources));
    }
    for note in &finding.notes {
        group = group.element(Level::NOTE.message(normalize_untrusted_str(note)));
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(normalize_untrusted_str(help)));
    }
    if let Some(code) = finding.code {
        let command = format!("cargo xtask explain {code}");
        group = group.element(Level::NOTE.with_name("more").message(command));
    }
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Colour => Renderer::styled(),
    };
    renderer.render(&[group])
}

/// Labels that are drawn together: near each other in one file. The piece with the place of the finding comes first.
fn pieces(labels: &[Label]) -> Vec<Vec<&Label>> {
    let mut order: Vec<&Label> = labels.iter().collect();
    order.sort_by_key(|label| label.kind);
    let mut pieces: Vec<Vec<&Label>> = Vec::new();
    for label in order {
        let near = |other: &&Label| {
            other.origin.file == label.origin.file
                && other.origin.line.abs_diff(label.origin.line) <= NEAR
        };
        match pieces.iter_mut().find(|piece| piece.iter().any(near)) {
            Some(piece) => piece.push(label),
            None => pieces.push(vec![label]),
        }
    }
    pieces
}

/// One piece as source lines with underlines, or as bare places when the source is missing.
fn draw<'a>(labels: &[&'a Label], sources: &mut Sources<'_>) -> Vec<Element<'a>> {
    drawn(labels, sources).map_or_else(|| bare(labels), |snippet| vec![snippet.into()])
}

fn drawn<'a>(
    labels: &[&'a Label],
    sources: &mut Sources<'_>,
) -> Option<Snippet<'a, Annotation<'a>>> {
    let file = &labels.first()?.origin.file;
    let first = labels.iter().map(|label| label.origin.line).min()?;
    let last = labels.iter().map(|label| label.origin.line).max()?;
    // Only the lines of the piece are handed on, so that the cost does not grow with the file.
    let lines = sources.lines(file, first, last)?;
    if lines.iter().any(|line| line.text.len() > MAX_LINE) {
        return None;
    }
    let mut text = String::new();
    let mut begins = Vec::with_capacity(lines.len());
    for line in &lines {
        begins.push(text.len());
        text.push_str(line.text);
        text.push('\n');
    }
    let annotations: Vec<_> = labels
        .iter()
        .map(|label| {
            let index = usize::try_from(label.origin.line - first).unwrap_or(0);
            let Range { start, end } = underline(lines[index].text, &label.origin);
            let kind = match label.kind {
                LabelKind::Primary => AnnotationKind::Primary,
                LabelKind::Secondary => AnnotationKind::Context,
            };
            let text = Some(normalize_untrusted_str(&label.text)).filter(|text| !text.is_empty());
            kind.span(begins[index] + start..begins[index] + end)
                .label(text)
        })
        .collect();
    let snippet = Snippet::source(text)
        .line_start(usize::try_from(first).ok()?)
        .path(normalize_untrusted_str(file));
    Some(snippet.annotations(annotations))
}

fn bare<'a>(labels: &[&'a Label]) -> Vec<Element<'a>> {
    let mut elements = Vec::new();
    for label in labels {
        let place = BarePlace::path(normalize_untrusted_str(&label.origin.file))
            .line(usize::try_from(label.origin.line).unwrap_or(usize::MAX))
            .char_column(usize::try_from(label.origin.column).unwrap_or(usize::MAX));
        elements.push(Element::Origin(place));
        if !label.text.is_empty() {
            elements.push(Element::Message(
                Level::NOTE.message(normalize_untrusted_str(&label.text)),
            ));
        }
    }
    elements
}

/// The bytes of `line` to underline: the token that starts at the column of `origin`, at least one character where
/// the line has one.
pub fn underline(line: &str, origin: &Origin) -> Range<usize> {
    let column = usize::try_from(origin.column.saturating_sub(1)).unwrap_or(usize::MAX);
    let start = line
        .char_indices()
        .nth(column)
        .map_or(line.len(), |(index, _)| index);
    let rest = &line[start..];
    let length = if origin.file.ends_with(".toml") {
        toml_token(rest)
    } else if origin.file.ends_with(".yml") {
        yaml_token(rest)
    } else {
        rust_token(rest)
    };
    let least = rest.chars().next().map_or(0, char::len_utf8);
    start..start + length.max(least)
}

/// The length of the Rust token at the start of `text`: a path (`Patroni::new`), a macro's name with its `!`, a
/// string, or a number.
fn rust_token(text: &str) -> usize {
    let word = |text: &str| {
        text.find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(text.len())
    };
    if text.starts_with('"') {
        return quoted(text, '"');
    }
    let mut length = word(text);
    while length > 0 && text[length..].starts_with("::") && word(&text[length + 2..]) > 0 {
        length += 2 + word(&text[length + 2..]);
    }
    if length > 0 && text[length..].starts_with('!') && !text[length..].starts_with("!=") {
        length += 1;
    }
    length
}

/// The length of the TOML key or value at the start of `text`: a string, an array, an inline table or a word.
fn toml_token(text: &str) -> usize {
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => quoted(text, quote),
        Some('[' | '{') => bracketed(text),
        Some(first) => {
            // A number or a date has marks in it that end a key.
            let marks = if first.is_ascii_digit() || "+-".contains(first) {
                "_-+.:"
            } else {
                "_-"
            };
            text.find(|c: char| !(c.is_alphanumeric() || marks.contains(c)))
                .unwrap_or(text.len())
        }
        None => 0,
    }
}

/// The length of the word of YAML or of PromQL at the start of `text`: a string in quotes, a key without its colon, a
/// series with the colons in it.
fn yaml_token(text: &str) -> usize {
    if let Some(quote @ ('"' | '\'')) = text.chars().next() {
        return quoted(text, quote);
    }
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':')))
        .unwrap_or(text.len());
    text[..end].trim_end_matches(':').len()
}

/// The length of the string at the start of `text`, with its quotes; up to the end of the line when it goes on there.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' && quote == '"' {
            escaped = true;
        } else if c == quote {
            return index + quote.len_utf8();
        }
    }
    text.len()
}

/// The length of the array or table at the start of `text`; up to the end of the line when it goes on there.
fn bracketed(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut index = 0;
    while let Some(c) = text[index..].chars().next() {
        match c {
            '"' | '\'' => {
                index += quoted(&text[index..], c);
                continue;
            }
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            _ => {}
        }
        index += c.len_utf8();
        if depth == 0 {
            return index;
        }
    }
    text.trim_end().len()
}
