//! The compiler: from a described cluster to the files of its hosts.
//!
//! ```text
//! Cluster ─check▶ Checked ─lower▶ Plan ─check▶ ─render▶ FileTree
//! ```
//!
//! In: a [`model::Cluster`]. Out: a [`file_tree::FileTree`], or a [`report::Report`] with every finding. The same
//! description gives the same bytes: the crate touches no disk, clock, environment, process or random state.

// The literal macros expand to `::lurus_spec::literal::…`, also inside this crate.
extern crate self as lurus_spec;

pub mod authoring;
pub mod book;
pub mod check;
pub mod component;
pub mod file_tree;
pub mod model;
pub mod plan;
pub mod prelude;
pub mod promql;
pub mod record;
pub mod report;
pub mod target;
pub mod template;
pub mod words;
pub mod yaml;

pub use lurus_literal as literal;
pub use lurus_macros::{
    Component, cidr, domain, duration, env_name, host_name, image, ip, name, path, port, secret,
    size,
};

mod compile;
#[cfg(test)]
mod fixture;

pub use compile::{Compiled, compile, lower};

/// What the macros' expansions name, so that they work in crates without `std` and without imports.
#[doc(hidden)]
pub mod __private {
    pub use std::string::{String, ToString};
    pub use std::vec::Vec;
}
