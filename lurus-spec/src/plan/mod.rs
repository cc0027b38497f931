//! What runs where, before any place to run is chosen.

mod cost;

pub use cost::Cost;
