//! The content of a generated file, before its holes are filled.
//!
//! In: texts and trees of components. Out: the same, with what stands in their holes. Rules and dashboards are most of what is
//! written, and many ask for the same of them: so what is computed of all of a tree is computed once.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use super::{Symbol, Text, holes_of_tree};
use crate::yaml::Node;

/// The content of a file, before its holes are filled.
#[derive(Clone, Debug)]
pub enum Body {
    /// Lines of a format with `#` comments.
    Lines(Text),
    /// Elements of XML, in which text is written by the component.
    Xml(Text),
    /// A file that somebody wrote: it arrives as it is.
    Verbatim(String),
    /// A YAML tree whose strings may carry tokens.
    Yaml(Arc<Tree>),
    /// A JSON tree whose strings may carry tokens.
    Json(Arc<Tree>),
}

/// A tree that is all of a file.
#[derive(Debug)]
pub struct Tree {
    node: Node,
    print: fn(&Node) -> String,
    holes: OnceLock<BTreeSet<Symbol>>,
    printed: OnceLock<String>,
}

impl Body {
    /// A YAML tree whose strings may carry tokens.
    pub fn yaml(node: Node) -> Self {
        Self::Yaml(Tree::new(node, Node::to_yaml))
    }

    /// A JSON tree whose strings may carry tokens.
    pub fn json(node: Node) -> Self {
        Self::Json(Tree::new(node, Node::to_json))
    }

    /// Whether it has holes: a file without any is the same for every member.
    pub fn has_holes(&self) -> bool {
        match self {
            Self::Lines(text) | Self::Xml(text) => text.holes().next().is_some(),
            Self::Verbatim(_) => false,
            Self::Yaml(tree) | Self::Json(tree) => !tree.holes().is_empty(),
        }
    }

    /// What stands in its holes.
    pub fn holes(&self) -> BTreeSet<Symbol> {
        match self {
            Self::Lines(text) | Self::Xml(text) => text.holes().cloned().collect(),
            Self::Verbatim(_) => BTreeSet::new(),
            Self::Yaml(tree) | Self::Json(tree) => tree.holes().clone(),
        }
    }

    /// Prints it as far as it can be printed for everybody, so that whoever asks finds it printed.
    pub(crate) fn print(&self) {
        match self {
            Self::Lines(_) | Self::Xml(_) | Self::Verbatim(_) => {}
            Self::Yaml(tree) | Self::Json(tree) => {
                if tree.holes().is_empty() {
                    tree.printed();
                }
            }
        }
    }

    /// Its text, with its holes filled.
    pub(crate) fn filled(&self, fill: &dyn Fn(&Symbol) -> String) -> Cow<'_, str> {
        match self {
            Self::Lines(text) | Self::Xml(text) => text.resolve(fill).into(),
            Self::Verbatim(text) => text.into(),
            Self::Yaml(tree) | Self::Json(tree) => tree.filled(fill),
        }
    }
}

impl Tree {
    fn new(node: Node, print: fn(&Node) -> String) -> Arc<Self> {
        Arc::new(Self {
            node,
            print,
            holes: OnceLock::new(),
            printed: OnceLock::new(),
        })
    }

    /// The tree itself.
    pub fn node(&self) -> &Node {
        &self.node
    }

    fn holes(&self) -> &BTreeSet<Symbol> {
        self.holes.get_or_init(|| holes_of_tree(&self.node))
    }

    /// Its text, where it has no holes.
    fn printed(&self) -> &str {
        self.printed.get_or_init(|| (self.print)(&self.node))
    }

    /// Without holes everybody reads the same, which is printed once.
    fn filled(&self, fill: &dyn Fn(&Symbol) -> String) -> Cow<'_, str> {
        if self.holes().is_empty() {
            return self.printed().into();
        }
        let filled = self.node.map_strings(&|text| Text::fill(text, fill));
        (self.print)(&filled).into()
    }
}
