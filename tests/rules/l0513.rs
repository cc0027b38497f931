//! A program that would serve two million clients at a time.

use super::lowered;
use lurus_spec::plan::Plan;

pub(crate) fn plan() -> Plan {
    lowered::with("nats", |nats| nats.resources.open_files = 2_000_000)
}
