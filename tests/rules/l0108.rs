//! Operators of a network from which no packet comes.

use super::site::empty;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    empty().operators(cidr!("127.0.0.0/8"))
}
