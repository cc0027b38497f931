//! What an application connects to, as files for programs that run beside the containers: a file of variables, and the
//! same as YAML.
//!
//! In: a workload with connections, and what the target answers for each symbol of one of its members. Out: two files,
//! with the very texts of the member's environment. Secrets are references to variables. It knows no product.

use crate::file_tree::{File, FileTree, TreePath, header};
use crate::plan::{Symbol, Text, Whose};
use crate::target::compose::Placed;
use crate::yaml::document;

impl Placed<'_> {
    /// The files of the workload, as this member sees the cluster: whatever differs from member to member of one host is
    /// left out. None where the workload is no application.
    pub(super) fn connections(&self) -> FileTree {
        let mut tree = FileTree::default();
        let Some(connections) = &self.workload.connections else {
            return tree;
        };
        let header = header(&self.plan.cluster);
        let variables = self.workload.env.iter();
        let lines: String = variables
            .filter(|(_, text)| !text.is_of_one_member())
            .map(|(name, text)| format!("{name}={}\n", self.assigned(text)))
            .collect();
        self.put(&mut tree, "env", format!("# {header}\n{lines}"));
        let tree_of_texts =
            connections.map_strings(&|text: &str| Text::fill(text, |symbol| self.referred(symbol)));
        self.put(&mut tree, "yml", document(&header, &tree_of_texts));
        tree
    }

    /// Text as the right side of an assignment, for shells and for readers of files of variables: between quotes where a
    /// shell would read more into it.
    fn assigned(&self, text: &Text) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_./:@,%+-".contains(c);
        let value = text.resolve(|symbol| self.referred(symbol));
        if value.chars().all(plain) {
            return value;
        }
        let escaped = text.resolve_with(escaped, |symbol| match symbol.whose() {
            Whose::Secret(_) => self.referred(symbol),
            Whose::Own | Whose::Named(..) => escaped(&self.referred(symbol)),
        });
        format!("\"{escaped}\"")
    }

    /// What stands for a symbol: of a secret, the variable that carries it.
    fn referred(&self, symbol: &Symbol) -> String {
        match symbol.whose() {
            Whose::Secret(secret) => format!("${{{}}}", secret.env_name()),
            Whose::Own | Whose::Named(..) => (self.fill)(self.member, symbol),
        }
    }

    fn put(&self, tree: &mut FileTree, extension: &str, text: String) {
        let path = format!("connections/{}.{extension}", self.workload.name);
        let file = File {
            text,
            ..File::default()
        };
        TreePath::new(&path)
            .and_then(|path| tree.insert(path, file))
            .expect("a workload's name is a part of a path");
    }
}

/// Text between double quotes, as a shell reads it.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, '\\' | '"' | '$' | '`') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
