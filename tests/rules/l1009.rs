//! Line breaks and a zero byte in variables and in a command.

use super::lowered;
use lurus_spec::plan::Plan;
use lurus_spec::plan::checked;

pub(crate) fn plan() -> Plan {
    lowered::with("nats", |nats| {
        nats.env.insert(checked("MOTTO"), "two\nlines".into());
        nats.command.push("a\0b".into());
    })
}
