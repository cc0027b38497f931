//! Markdown: a page as blocks, and text as it has to stand in it, so that no value of a description can end a table,
//! start a link or hide.
//!
//! In: blocks. Out: one document. It knows no language and nothing of what is said.

use std::fmt;
use std::fmt::Write as _;

/// A part of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// A remark that only the source shows.
    Comment(String),
    /// A heading: 1 is the page's own.
    Heading(usize, Markdown),
    /// A place that links lead to: letters, digits and hyphens.
    Anchor(String),
    /// Sentences.
    Paragraph(Markdown),
    /// A picture beside the page.
    Picture {
        /// What it shows, for those who do not see it.
        says: Markdown,
        /// Its file.
        file: &'static str,
    },
    /// A table with a head.
    Table(Vec<Markdown>, Vec<Vec<Markdown>>),
    /// Lines to type.
    Commands(String),
    /// What a program prints.
    Output(String),
    /// Points.
    List(Vec<Markdown>),
    /// Points to tick off, in order.
    Tasks(Vec<Markdown>),
}

/// Prints a page.
pub(super) fn print(blocks: &[Block]) -> String {
    let mut out = String::new();
    for (index, block) in blocks.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        print_block(&mut out, block);
    }
    out
}

fn print_block(out: &mut String, block: &Block) {
    // Writing to a string cannot fail.
    let _ = match block {
        Block::Comment(text) => writeln!(out, "<!-- {} -->", text.replace("--", "- -")),
        Block::Heading(level, text) => writeln!(out, "{} {text}", "#".repeat(*level)),
        Block::Anchor(name) => writeln!(out, "<a id=\"{name}\"></a>"),
        Block::Paragraph(text) => writeln!(out, "{text}"),
        Block::Picture { says, file } => writeln!(out, "![{says}]({file})"),
        Block::Table(head, rows) => {
            print_row(out, head);
            print_row(out, &vec![Markdown("---".to_owned()); head.len()]);
            for row in rows {
                print_row(out, row);
            }
            Ok(())
        }
        Block::Commands(text) => print_code(out, "sh", text),
        Block::Output(text) => print_code(out, "text", text),
        Block::List(items) => print_items(out, "-", items),
        Block::Tasks(items) => print_items(out, "- [ ]", items),
    };
}

fn print_row(out: &mut String, cells: &[Markdown]) {
    out.push('|');
    for cell in cells {
        let _ = write!(out, " {cell} |");
    }
    out.push('\n');
}

fn print_items(out: &mut String, bullet: &str, items: &[Markdown]) -> fmt::Result {
    items
        .iter()
        .try_for_each(|item| writeln!(out, "{bullet} {item}"))
}

fn print_code(out: &mut String, language: &str, text: &str) -> fmt::Result {
    let fence = fence(text, 3);
    writeln!(out, "{fence}{language}\n{text}\n{fence}")
}

/// What code begins and ends with: more backticks than stand in a row in it, as it is ended by as many and by no fewer.
fn fence(code: &str, least: usize) -> String {
    let mut fence = "`".repeat(least);
    while code.contains(&fence) {
        fence.push('`');
    }
    fence
}

/// A text that Markdown shows as it is, in a sentence or in a cell of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Markdown(String);

impl Markdown {
    /// Plain text: every character that could mean something is escaped, and lines are joined.
    pub(super) fn text(text: impl fmt::Display) -> Self {
        let mut escaped = Escaped(String::new());
        write!(escaped, "{text}").expect("writing to a String cannot fail");
        Self(escaped.0)
    }

    /// Text that is Markdown already: a phrase of this book, or a procedure of a component.
    pub(super) fn written(text: impl fmt::Display) -> Self {
        Self(text.to_string())
    }

    /// Text in the font of code, which a table may hold: `kill -HUP 1`.
    pub(super) fn code(text: impl fmt::Display) -> Self {
        // In a span nothing is escaped; only what began it ends it.
        let text = text.to_string().replace(char::is_control, " ");
        let fence = fence(&text, 1);
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

    /// Several, with something between them.
    pub(super) fn joined(items: impl IntoIterator<Item = Self>, between: &str) -> Self {
        let items: Vec<String> = items.into_iter().map(|item| item.0).collect();
        Self(items.join(between))
    }
}

/// Plain text in which no character means anything.
struct Escaped(String);

impl fmt::Write for Escaped {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match c {
                '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '#' | '!'
                | '$' => self.0.extend(['\\', c]),
                c if c.is_control() => self.0.push(' '),
                c => self.0.push(c),
            }
        }
        Ok(())
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
    fn blocks_are_what_they_are() {
        let cell = |text: &str| Markdown::text(text);
        let page = [
            Block::Comment("a -- b".to_owned()),
            Block::Heading(2, cell("Title")),
            Block::Anchor("here".to_owned()),
            Block::Paragraph(Markdown::written("See `it`.")),
            Block::Picture {
                says: cell("all"),
                file: "topology.svg",
            },
            Block::Table(
                vec![cell("a"), cell("b")],
                vec![vec![cell("1"), cell("2|3")]],
            ),
            Block::Commands("echo '```'".to_owned()),
            Block::Output("ok".to_owned()),
            Block::List(vec![cell("one"), cell("two")]),
            Block::Tasks(vec![cell("first")]),
        ];
        insta::assert_snapshot!(print(&page), @r#"
        <!-- a - - b -->

        ## Title

        <a id="here"></a>

        See `it`.

        ![all](topology.svg)

        | a | b |
        | --- | --- |
        | 1 | 2\|3 |

        ````sh
        echo '```'
        ````

        ```text
        ok
        ```

        - one
        - two

        - [ ] first
        "#);
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
