//! One module for each command: its arguments in, its text and its end out.

pub(crate) mod check;
pub(crate) mod diff;
pub(crate) mod e2e;
pub(crate) mod explain;
pub(crate) mod r#gen;
pub(crate) mod graph;
pub(crate) mod local;
pub(crate) mod options;
pub(crate) mod secrets;
pub(crate) mod verify;
