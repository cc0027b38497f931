//! Findings, and how they are printed.
//!
//! In: what a check has to say. Out: text in rustc's look. Findings are a crate of their own, because the build script
//! of a description reports in the same way and must not wait for the compiler.

pub use lurus_report::*;
