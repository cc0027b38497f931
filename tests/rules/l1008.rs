//! An image that one workload builds and another expects in a registry.

use super::lowered;
use lurus_spec::plan::Build;
use lurus_spec::plan::Plan;

pub(crate) fn plan() -> Plan {
    lowered::with("nats", |nats| {
        nats.build = Some(Build {
            recipe: "FROM scratch\n".to_owned(),
        });
    })
}
