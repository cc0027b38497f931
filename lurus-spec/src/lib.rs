//! The compiler.

pub mod file_tree;
pub mod plan;
pub mod report;
pub mod yaml;
