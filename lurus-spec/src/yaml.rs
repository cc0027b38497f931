//! YAML and JSON from one tree: [`Node`]s in, text out, the same bytes for the same tree.
//!
//! Quoting is decided here, once: a string is plain only where every reader of YAML 1.1 and of YAML 1.2 sees the same string, and
//! double-quoted as in JSON everywhere else. So `yes`, `22:22`, `1_000`, `2026-11-22` and `<<` stay strings in Go, C and Python alike.
//! This module must not know what it prints: no key of any product or place is named here.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A value of a YAML or JSON document.
///
/// There are no anchors, tags, comments or floating-point numbers: what a generated file says is said in full, and a fraction is a string
/// whose reader parses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// Nothing: `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A string, plain or quoted as its characters need.
    Str(String),
    /// A string that reads best line by line, such as a whole file inside a document: a literal block where YAML can hold it exactly and
    /// visibly, else a quoted string.
    Block(String),
    /// A list.
    Seq(Vec<Node>),
    /// Keys and values in the author's order. A key that stands twice is a bug of the author, and printing it panics.
    Map(Vec<(String, Node)>),
}

/// A YAML file: a comment line that says where the file comes from, then the tree.
///
/// ```
/// use lurus_spec::yaml::{document, map, seq};
/// let node = map([("image", "redis:7.4".into()), ("ports", seq(["6379:6379"]))]);
/// assert_eq!(
///     document("generated", &node),
///     "# generated\nimage: \"redis:7.4\"\nports:\n  - \"6379:6379\"\n"
/// );
/// ```
pub fn document(header: &str, node: &Node) -> String {
    documents(header, [node])
}

/// A YAML file of several documents, separated by `---`.
pub fn documents<'a>(header: &str, nodes: impl IntoIterator<Item = &'a Node>) -> String {
    let mut text = String::new();
    for line in header.lines() {
        text += format!("# {line}").trim_end();
        text.push('\n');
    }
    for (index, node) in nodes.into_iter().enumerate() {
        if index > 0 {
            text += "---\n";
        }
        text += &node.to_yaml();
    }
    text
}

/// A [`Node::Map`] with these entries, in this order.
pub fn map<K: Into<String>, V: Into<Node>>(entries: impl IntoIterator<Item = (K, V)>) -> Node {
    Node::Map(
        entries
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect(),
    )
}

/// A [`Node::Seq`] of these items.
pub fn seq<V: Into<Node>>(items: impl IntoIterator<Item = V>) -> Node {
    Node::Seq(items.into_iter().map(Into::into).collect())
}

impl Node {
    /// A [`Node::Str`].
    pub fn str(text: impl Into<String>) -> Node {
        Node::Str(text.into())
    }

    /// A [`Node::Block`].
    pub fn block(text: impl Into<String>) -> Node {
        Node::Block(text.into())
    }

    /// A map without entries, to be filled by [`Node::with`].
    pub fn empty_map() -> Node {
        Node::Map(Vec::new())
    }

    /// The same map with one more entry at its end.
    ///
    /// # Panics
    /// The node is no [`Node::Map`]: a bug of the caller, which built the node itself.
    #[must_use]
    #[track_caller]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Node>) -> Node {
        let Node::Map(entries) = &mut self else {
            panic!("an entry can be added to a map only, not to {self:?}");
        };
        entries.push((key.into(), value.into()));
        self
    }

    /// The same map, with one more entry at its end if there is a value.
    ///
    /// # Panics
    /// As [`Node::with`].
    #[must_use]
    #[track_caller]
    pub fn with_some(self, key: impl Into<String>, value: Option<impl Into<Node>>) -> Node {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// The same map, with one more entry at its end unless the value is an empty list or an empty map.
    ///
    /// # Panics
    /// As [`Node::with`].
    #[must_use]
    #[track_caller]
    pub fn with_filled(self, key: impl Into<String>, value: impl Into<Node>) -> Node {
        let value = value.into();
        if value.is_empty() {
            self
        } else {
            self.with(key, value)
        }
    }

    /// Whether it is a list without items or a map without entries.
    pub fn is_empty(&self) -> bool {
        match self {
            Node::Seq(items) => items.is_empty(),
            Node::Map(entries) => entries.is_empty(),
            Node::Null | Node::Bool(_) | Node::Int(_) | Node::Str(_) | Node::Block(_) => false,
        }
    }

    /// The same tree with every string that is a value (keys stay) put through `change`.
    #[must_use]
    pub fn map_strings(&self, change: &dyn Fn(&str) -> String) -> Node {
        match self {
            Node::Null => Node::Null,
            Node::Bool(value) => Node::Bool(*value),
            Node::Int(value) => Node::Int(*value),
            Node::Str(text) => Node::Str(change(text)),
            Node::Block(text) => Node::Block(change(text)),
            Node::Seq(items) => {
                Node::Seq(items.iter().map(|item| item.map_strings(change)).collect())
            }
            Node::Map(entries) => Node::Map(
                entries
                    .iter()
                    .map(|(key, value)| (key.clone(), value.map_strings(change)))
                    .collect(),
            ),
        }
    }

    /// The value of a key, if the node is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match self {
            Node::Map(entries) => entries
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value),
            Node::Null
            | Node::Bool(_)
            | Node::Int(_)
            | Node::Str(_)
            | Node::Block(_)
            | Node::Seq(_) => None,
        }
    }

    /// The tree as one YAML document, which ends with a line break.
    ///
    /// # Panics
    /// A map has a key twice.
    pub fn to_yaml(&self) -> String {
        let mut out = String::new();
        match self {
            Node::Seq(items) if !items.is_empty() => yaml_items(&mut out, items, 0),
            Node::Map(entries) if !entries.is_empty() => yaml_entries(&mut out, entries, 0),
            // Readers disagree about the indentation of a block at the root.
            Node::Block(text) => {
                quoted(&mut out, text);
                out.push('\n');
            }
            Node::Null
            | Node::Bool(_)
            | Node::Int(_)
            | Node::Str(_)
            | Node::Seq(_)
            | Node::Map(_) => {
                yaml_scalar(&mut out, self, 0);
            }
        }
        out
    }

    /// The tree as one JSON document, indented by two spaces, which ends with a line break.
    ///
    /// # Panics
    /// A map has a key twice.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        json_value(&mut out, self, 0);
        out.push('\n');
        out
    }
}

/// Prints what stands after `key:` or `-`, with the space or the line break before it. `column` is where the children of the value begin.
fn yaml_value(out: &mut String, value: &Node, column: usize) {
    match value {
        Node::Seq(items) if !items.is_empty() => {
            out.push('\n');
            indent(out, column);
            yaml_items(out, items, column);
        }
        Node::Map(entries) if !entries.is_empty() => {
            out.push('\n');
            indent(out, column);
            yaml_entries(out, entries, column);
        }
        Node::Null
        | Node::Bool(_)
        | Node::Int(_)
        | Node::Str(_)
        | Node::Block(_)
        | Node::Seq(_)
        | Node::Map(_) => {
            out.push(' ');
            yaml_scalar(out, value, column);
        }
    }
}

/// Prints the items of a list; the place of the first `-` is already reached.
fn yaml_items(out: &mut String, items: &[Node], column: usize) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            indent(out, column);
        }
        out.push('-');
        match item {
            Node::Seq(inner) if !inner.is_empty() => {
                out.push(' ');
                yaml_items(out, inner, column + 2);
            }
            Node::Map(entries) if !entries.is_empty() => {
                out.push(' ');
                yaml_entries(out, entries, column + 2);
            }
            Node::Null
            | Node::Bool(_)
            | Node::Int(_)
            | Node::Str(_)
            | Node::Block(_)
            | Node::Seq(_)
            | Node::Map(_) => {
                yaml_value(out, item, column + 2);
            }
        }
    }
}

/// Prints the entries of a map; the place of the first key is already reached.
fn yaml_entries(out: &mut String, entries: &[(String, Node)], column: usize) {
    refuse_repeated(entries);
    for (index, (key, value)) in entries.iter().enumerate() {
        if index > 0 {
            indent(out, column);
        }
        let start = out.len();
        plain_or_quoted(out, key);
        // YAML readers look at most 1024 characters ahead for the colon; a longer key has to announce itself.
        if out.len() - start > 1024 {
            out.insert_str(start, "? ");
            out.push('\n');
            indent(out, column);
        }
        out.push(':');
        yaml_value(out, value, column + 2);
    }
}

/// Prints a value that needs no lines of its own, or a block, and ends the line. `column` is where the lines of a block begin.
fn yaml_scalar(out: &mut String, value: &Node, column: usize) {
    match value {
        Node::Null => out.push_str("null"),
        Node::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Node::Int(value) => write!(out, "{value}").expect("writing to a String cannot fail"),
        Node::Str(text) => plain_or_quoted(out, text),
        Node::Block(text) if fits_a_block(text) => return block(out, text, column),
        Node::Block(text) => quoted(out, text),
        Node::Seq(_) => out.push_str("[]"),
        Node::Map(_) => out.push_str("{}"),
    }
    out.push('\n');
}

/// Prints a literal block: `|`, how its end is meant, and its lines.
fn block(out: &mut String, text: &str, column: usize) {
    out.push('|');
    // Without the digit a reader takes the spaces of the first line for indentation.
    if text.trim_start_matches('\n').starts_with(' ') {
        out.push('2');
    }
    let body = text.trim_end_matches('\n');
    match text.len() - body.len() {
        0 => out.push('-'),
        1 => {}
        2.. => out.push('+'),
    }
    out.push('\n');
    for line in text.lines() {
        if !line.is_empty() {
            indent(out, column);
            out.push_str(line);
        }
        out.push('\n');
    }
}

/// Whether a literal block gives back exactly this text in every reader, and shows it: no invisible space at the end of a line, no tab
/// where indentation is read, no line break that only some readers know.
fn fits_a_block(text: &str) -> bool {
    let visible = |line: &str| !line.starts_with('\t') && !line.ends_with([' ', '\t']);
    !text.trim_end_matches('\n').is_empty()
        && !text.contains(|c| c != '\n' && c != '\t' && needs_escape(c))
        && text.split('\n').all(visible)
}

fn plain_or_quoted(out: &mut String, text: &str) {
    if is_plain(text) {
        out.push_str(text)
    } else {
        quoted(out, text)
    }
}

/// Whether no reader can take the bare text for anything but this string.
fn is_plain(text: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '_');
    let other =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '@' | '+' | '=');
    text.starts_with(first) && text.chars().all(|c| first(c) || other(c)) && !is_reserved(text)
}

/// Words that some reader of YAML 1.1 or 1.2 takes for null, for a truth value or for a number. Those that begin with `.` or `~` are never
/// plain anyway.
fn is_reserved(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "false", "inf", "infinity", "n", "nan", "no", "null", "off", "on", "true", "y", "yes",
    ];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Prints a string as JSON does, which every YAML reader takes for the same string.
fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if needs_escape(c) => {
                write!(out, "\\u{:04x}", u32::from(c)).expect("writing to a String cannot fail")
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Characters that YAML does not let stand for themselves, or that YAML 1.1 takes for a line break; all of them fit in four digits.
fn needs_escape(c: char) -> bool {
    matches!(
        c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
    )
}

fn json_value(out: &mut String, value: &Node, column: usize) {
    match value {
        Node::Null => out.push_str("null"),
        Node::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Node::Int(value) => write!(out, "{value}").expect("writing to a String cannot fail"),
        Node::Str(text) | Node::Block(text) => quoted(out, text),
        Node::Seq(items) if items.is_empty() => out.push_str("[]"),
        Node::Map(entries) if entries.is_empty() => out.push_str("{}"),
        Node::Seq(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                json_line(out, index, column + 2);
                json_value(out, item, column + 2);
            }
            out.push('\n');
            indent(out, column);
            out.push(']');
        }
        Node::Map(entries) => {
            refuse_repeated(entries);
            out.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                json_line(out, index, column + 2);
                quoted(out, key);
                out.push_str(": ");
                json_value(out, value, column + 2);
            }
            out.push('\n');
            indent(out, column);
            out.push('}');
        }
    }
}

/// Begins the line of the item at `index`.
fn json_line(out: &mut String, index: usize, column: usize) {
    out.push_str(if index > 0 { ",\n" } else { "\n" });
    indent(out, column);
}

fn indent(out: &mut String, column: usize) {
    out.extend(std::iter::repeat_n(' ', column));
}

/// A repeated key is dropped by one reader and refused by the next, so it must not be printed.
fn refuse_repeated(entries: &[(String, Node)]) {
    let mut seen = BTreeSet::new();
    for (key, _) in entries {
        assert!(seen.insert(key), "the key {key:?} stands twice in one map");
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Node {
        Node::Str(text.to_owned())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Node {
        Node::Str(text)
    }
}

impl From<&String> for Node {
    fn from(text: &String) -> Node {
        Node::Str(text.clone())
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Node {
        Node::Bool(value)
    }
}

impl From<i64> for Node {
    fn from(value: i64) -> Node {
        Node::Int(value)
    }
}

impl From<i32> for Node {
    fn from(value: i32) -> Node {
        Node::Int(value.into())
    }
}

impl From<u32> for Node {
    fn from(value: u32) -> Node {
        Node::Int(value.into())
    }
}

impl From<u16> for Node {
    fn from(value: u16) -> Node {
        Node::Int(value.into())
    }
}

impl From<u8> for Node {
    fn from(value: u8) -> Node {
        Node::Int(value.into())
    }
}

impl<V: Into<Node>> From<Vec<V>> for Node {
    fn from(items: Vec<V>) -> Node {
        seq(items)
    }
}

impl<V: Into<Node>, const N: usize> From<[V; N]> for Node {
    fn from(items: [V; N]) -> Node {
        seq(items)
    }
}

#[cfg(test)]
mod tests;
