//! `cargo xtask`: the description, handed to the commands. Whatever else would stand here would be compiled again after every
//! edit of `spec/`.

mod change;
mod scheme;

use std::process::ExitCode;

use xtask::Spec;

fn main() -> ExitCode {
    xtask::run(Spec {
        clusters: lurus::clusters,
        schemes: &scheme::SCHEMES,
        change: change::CHANGE,
    })
}
