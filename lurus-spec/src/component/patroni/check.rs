//! Rules of Patroni.

use crate::check::Rule;

/// The rules of this product, by code.
pub const RULES: &[Rule] = &[];
