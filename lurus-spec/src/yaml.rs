//! YAML and JSON from one tree: [`Node`]s in, text out, the same bytes for the same tree.
//!
//! Quoting is decided here, once: a string is plain only where every reader of YAML 1.1 and of YAML 1.2 sees the same string, and
//! double-quoted as in JSON everywhere else. So `yes`, `22:22`, `1_000`, `2026-11-22` and `<<` stay strings in Go, C and Python alike.
//! This module must not know what it prints: no key of any product or place is named here.

use std::borrow::Cow;

mod print;
pub(crate) mod read;

use print::{json_value, quoted, yaml_entries, yaml_items, yaml_scalar};

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
    Map(Vec<(Key, Node)>),
}

/// A key of a [`Node::Map`]: most are words of a format, which are compiled in.
pub type Key = Cow<'static, str>;

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
        node.print_yaml(&mut text);
    }
    text
}

/// A [`Node::Map`] with these entries, in this order.
pub fn map<K: Into<Key>, V: Into<Node>>(entries: impl IntoIterator<Item = (K, V)>) -> Node {
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
    pub fn with(mut self, key: impl Into<Key>, value: impl Into<Node>) -> Node {
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
    pub fn with_some(self, key: impl Into<Key>, value: Option<impl Into<Node>>) -> Node {
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
    pub fn with_filled(self, key: impl Into<Key>, value: impl Into<Node>) -> Node {
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

    /// Whether any string that is a value (no key) is so.
    pub fn any_string(&self, is_so: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Node::Null | Node::Bool(_) | Node::Int(_) => false,
            Node::Str(text) | Node::Block(text) => is_so(text),
            Node::Seq(items) => items.iter().any(|item| item.any_string(is_so)),
            Node::Map(entries) => entries.iter().any(|(_, value)| value.any_string(is_so)),
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
        self.print_yaml(&mut out);
        out
    }

    fn print_yaml(&self, out: &mut String) {
        match self {
            Node::Seq(items) if !items.is_empty() => yaml_items(out, items, 0),
            Node::Map(entries) if !entries.is_empty() => yaml_entries(out, entries, 0),
            // Readers disagree about the indentation of a block at the root.
            Node::Block(text) => {
                quoted(out, text);
                out.push('\n');
            }
            Node::Null
            | Node::Bool(_)
            | Node::Int(_)
            | Node::Str(_)
            | Node::Seq(_)
            | Node::Map(_) => {
                yaml_scalar(out, self, 0);
            }
        }
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

impl From<Cow<'_, str>> for Node {
    fn from(text: Cow<'_, str>) -> Node {
        Node::Str(text.into_owned())
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
