//! Hosts that do without what nobody asks of them.

use super::lowered;
use super::site::{NODES, empty};
use lurus_spec::plan::Plan;
use lurus_spec::prelude::*;

pub(crate) fn plan() -> Plan {
    let mut cluster = empty();
    cluster.add(Etcd::new("etcd").on(NODES));
    cluster.omit(Ability::Stacks, "hosts");
    lowered::of(&cluster)
}
