//! What the commands are made of, as a library, so that tests judge the same code that the commands run.

pub mod manifest;
pub mod sync;
