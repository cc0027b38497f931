//! The clusters of this repository.
#![no_std]

/// The hosts, networks and images of `spec/*.toml`.
pub mod inventory {
    include!(concat!(env!("OUT_DIR"), "/inventory.rs"));
}
