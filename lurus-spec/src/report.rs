//! Findings, and how they are printed.
//!
//! In: what a check has to say. Out: text in rustc's look, or cargo's JSON. Findings are a crate of their own, because
//! the build script of a description reports in the same way and must not wait for the compiler.

pub mod json;

pub use lurus_report::*;
