//! A variable with a secret that nobody declares, and a secret that nothing uses.

use super::lowered;
use lurus_spec::plan::Plan;
use lurus_spec::plan::{Symbol, checked};

pub(crate) fn plan() -> Plan {
    let mut plan = lowered::with("nats", |nats| {
        let secret = Symbol::Secret(checked("web-token"));
        nats.env.insert(checked("TOKEN"), secret.into());
    });
    let mut unused = plan.secrets[0].clone();
    unused.name = checked("nats-unused");
    plan.secrets.push(unused);
    plan
}
