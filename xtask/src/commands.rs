//! One module for each command: its arguments in, its text and its end out.

pub(crate) mod check;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod r#gen;
