//! A claim to survive the loss of every host.

use super::site::empty;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    empty().survives(Loss::of(3).hosts())
}
