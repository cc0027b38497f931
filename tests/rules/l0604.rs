//! A server that is killed at the moment when it may have stopped.

use super::lowered;
use lurus_spec::plan::Plan;

pub(crate) fn plan() -> Plan {
    lowered::with("nats", |nats| nats.stop.grace = nats.stop.needed)
}
