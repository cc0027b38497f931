//! Holes that nothing can fill, and a secret in a file.

use super::lowered;
use lurus_spec::plan::Plan;
use lurus_spec::plan::{Symbol, checked};

pub(crate) fn plan() -> Plan {
    let mut plan = lowered::with("nats", |nats| {
        let texts = [
            Symbol::OwnIp,
            Symbol::OwnPort("admin".into()),
            Symbol::Beside(checked("nats-streams"), "client".into()),
            Symbol::Beside(checked("redis"), "client".into()),
            Symbol::Outside(checked("nats-4"), "client".into()),
            Symbol::Secret(checked("nats-app-password")),
        ];
        nats.command.extend(texts.map(Into::into));
        nats.published.push("admin".into());
    });
    plan.contracts[0].entry = lurus_spec::yaml::Node::str(Symbol::OwnName.token());
    plan
}
