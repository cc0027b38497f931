//! Text on the terminal: styled text in, colours only where they are wanted out (a terminal, and no `NO_COLOR`).

use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};

use crate::outcome::Failure;

/// What is refused, removed or in danger.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// What deserves a look.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// What is well, or new.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// A heading.
pub(crate) const HEADING: Style = Style::new().bold();

/// The width for which prose is broken into lines, in columns.
pub(crate) const WIDTH: usize = 88;

/// Prints what was asked for. A reader that has seen enough (`| head`) is no failure.
///
/// # Errors
/// Standard output refuses the text, because a disk is full.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Machine(format!(
            "cannot write to standard output: {error}"
        ))),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Prints what accompanies the work: findings, progress and last words. There is no one left to tell when that fails.
pub(crate) fn eprint(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// Breaks the paragraphs of a text into lines of at most `width` columns, each after `indent`. Lines that are indented are
/// code and stay as they are.
pub(crate) fn wrap(text: &str, indent: &str, width: usize) -> String {
    let mut out = String::new();
    let mut line = String::new();
    let flush = |line: &mut String, out: &mut String| {
        if !line.is_empty() {
            *out += &format!("{indent}{line}\n");
            line.clear();
        }
    };
    for source in text.trim().lines() {
        let is_code = source.starts_with([' ', '\t']);
        let is_item = source.starts_with("- ") || source.starts_with("* ");
        if source.trim().is_empty() || is_code || is_item {
            flush(&mut line, &mut out);
        }
        if source.trim().is_empty() {
            out.push('\n');
        } else if is_code {
            out += &format!("{indent}{source}\n");
        } else {
            for word in source.split_whitespace() {
                let length = indent.len() + line.chars().count() + 1 + word.chars().count();
                if !line.is_empty() && length > width {
                    flush(&mut line, &mut out);
                }
                if !line.is_empty() {
                    line.push(' ');
                }
                line += word;
            }
        }
    }
    flush(&mut line, &mut out);
    out
}

/// A number with its noun: `1 file`, `2 files`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_broken_and_code_is_kept() {
        let text =
            "one two three\nfour\n\n    code  stays as it is, however long\n- item\n- other item";
        assert_eq!(
            wrap(text, "  ", 12),
            "  one two\n  three four\n\n      code  stays as it is, however long\n  - item\n  - other\n  item\n"
        );
    }

    #[test]
    fn numbers_agree_with_their_noun() {
        assert_eq!(count(1, "file"), "1 file");
        assert_eq!(count(0, "file"), "0 files");
    }
}
