//! Text as it has to stand in Markdown, so that no value of a description can end a table, start a link or hide.

use std::fmt;
use std::fmt::Write as _;

use serde::Serialize;

/// A text that Markdown shows as it is, in a sentence or in a cell of a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Markdown(String);

impl Markdown {
    /// Plain text: every character that could mean something is escaped, and lines are joined.
    pub(super) fn text(text: impl fmt::Display) -> Self {
        let mut escaped = String::new();
        for c in text.to_string().chars() {
            match c {
                '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '#' | '!'
                | '$' => {
                    escaped.push('\\');
                    escaped.push(c);
                }
                c if c.is_control() => escaped.push(' '),
                c => escaped.push(c),
            }
        }
        Self(escaped)
    }

    /// Text in the font of code, which a table may hold: `kill -HUP 1`.
    pub(super) fn code(text: impl fmt::Display) -> Self {
        let text: String = text
            .to_string()
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        // In a span nothing is escaped; only a run of as many backticks as began it ends it.
        let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest + 1);
        // A space at each end is dropped when it is read, and keeps a backtick at the end of the text from the fence.
        let space = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) || text.is_empty()
        {
            " "
        } else {
            ""
        };
        // The one exception: tables are cut into cells before spans are read.
        let text = text.replace('|', "\\|");
        Self(format!("{fence}{space}{text}{space}{fence}"))
    }

    /// Several, with commas between them.
    pub(super) fn list(items: impl IntoIterator<Item = Self>) -> Self {
        let mut list = String::new();
        for (index, item) in items.into_iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let _ = write!(list, "{comma}{}", item.0);
        }
        Self(list)
    }
}

impl fmt::Display for Markdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_shows_what_it_says() {
        let check = |text: &str, expected: &str| assert_eq!(Markdown::text(text).0, expected);
        check("2GiB", "2GiB");
        check("a | b", "a \\| b");
        check("<script>", "\\<script\\>");
        check("[x](http://y)", "\\[x\\](http://y)");
        check("one\ntwo", "one two");
        check("*&amp;_`", "\\*\\&amp;\\_\\`");
        check("größer 🐘", "größer 🐘");
    }

    #[test]
    fn code_ends_where_it_should() {
        let check = |text: &str, expected: &str| assert_eq!(Markdown::code(text).0, expected);
        check("kill -HUP 1", "`kill -HUP 1`");
        check("a`b", "``a`b``");
        check("`", "`` ` ``");
        check("a|b", "`a\\|b`");
        check("", "`  `");
        check("one\ntwo", "`one two`");
    }
}
