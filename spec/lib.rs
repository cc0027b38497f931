//! The clusters of this repository.
//!
//! A description cannot read a clock, a file, the environment or a random source: the crate has no `std` to name
//! them with. So the same description always compiles to the same files.
#![no_std]

mod minimal;
mod recommended;
mod system;

use lurus_spec::prelude::*;

/// The hosts, networks and images of `spec/*.toml`.
pub mod inventory {
    include!(concat!(env!("OUT_DIR"), "/inventory.rs"));
}

/// Every cluster, in the order in which `cargo xtask gen` names them.
pub fn clusters() -> Vec<Cluster> {
    vec![minimal::cluster(), recommended::cluster()]
}
