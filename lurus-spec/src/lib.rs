//! The compiler.

// The literal macros expand to `::lurus_spec::literal::…`, also inside this crate.
extern crate self as lurus_spec;

pub mod file_tree;
pub mod model;
pub mod plan;
pub mod report;
pub mod template;
pub mod yaml;

pub use lurus_literal as literal;
pub use lurus_macros::{
    cidr, domain, duration, env_name, host_name, image, ip, name, path, port, secret, size,
};
