//! The smallest parts: words, numbers, strings, spans of time, and what stands between them.

use super::{Mistake, Reader, mistake};
use crate::literal::Duration;

impl Reader<'_> {
    pub(super) fn number(&mut self) {
        let rest = &self.text[self.at..];
        let mut length = 0;
        let mut before = ' ';
        for c in rest.chars() {
            let sign_of_exponent =
                matches!(c, '+' | '-') && matches!(before, 'e' | 'E') && !rest.starts_with("0x");
            if !(c.is_ascii_alphanumeric() || c == '.' || c == '_' || sign_of_exponent) {
                break;
            }
            length += c.len_utf8();
            before = c;
        }
        self.at += length;
    }

    /// A string in quotes, without them and with its escapes replaced.
    pub(super) fn string(&mut self) -> Result<String, Mistake> {
        let open = self.at;
        let mut value = String::new();
        let mut chars = self.text[open..].char_indices();
        let quote = chars.next().map_or('"', |(_, quote)| quote);
        while let Some((offset, c)) = chars.next() {
            match c {
                _ if c == quote => {
                    self.at = open + offset + c.len_utf8();
                    return Ok(value);
                }
                '\\' if quote != '`' => match chars.next().map(|(_, escaped)| escaped) {
                    Some('n') => value.push('\n'),
                    Some('t') => value.push('\t'),
                    Some('r') => value.push('\r'),
                    Some(same) if matches!(same, '\\' | '"' | '\'') => value.push(same),
                    // By number, or of a character that is never typed: kept as it is, since nothing compares it.
                    Some(kept) if kept.is_ascii_alphanumeric() => value.extend(['\\', kept]),
                    Some(other) => {
                        let why = format!("`\\{other}` is no escape; write `\\\\{other}`");
                        return Err(mistake(open + offset, &why));
                    }
                    None => break,
                },
                '\n' if quote != '`' => break,
                _ => value.push(c),
            }
        }
        Err(mistake(open, "this string is never closed"))
    }

    pub(super) fn identifier(&mut self) -> String {
        let rest = &self.text[self.at..];
        let length = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'))
            .unwrap_or(rest.len());
        self.at += length;
        rest[..length].to_owned()
    }

    /// Skips white space and comments.
    pub(super) fn blank(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }
}

/// A span of time as PromQL has it: `5m`, `1h30m`.
///
/// # Errors
/// When it is none.
pub fn duration(text: &str, at: usize) -> Result<Duration, Mistake> {
    const UNITS: [(&str, u64); 7] = [
        ("ms", 1),
        ("s", 1_000),
        ("m", 60_000),
        ("h", 3_600_000),
        ("d", 86_400_000),
        ("w", 604_800_000),
        ("y", 31_536_000_000),
    ];
    let refuse = || {
        mistake(
            at,
            &format!("`{text}` is no span of time; write one such as `5m`"),
        )
    };
    let mut rest = text;
    let mut millis: u64 = 0;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .ok_or_else(refuse)?;
        let number: u64 = rest[..digits].parse().map_err(|_| refuse())?;
        rest = &rest[digits..];
        let letters = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let unit = UNITS.iter().find(|(unit, _)| *unit == &rest[..letters]);
        let (_, length) = unit.ok_or_else(refuse)?;
        millis = millis.saturating_add(number.saturating_mul(*length));
        rest = &rest[letters..];
    }
    if text.is_empty() {
        return Err(refuse());
    }
    Ok(Duration::millis(millis))
}
