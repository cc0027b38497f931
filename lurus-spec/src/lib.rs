//! The compiler.

pub mod report;
