//! Files of a group that are larger than what Kubernetes keeps together.

use super::lowered;
use lurus_spec::plan::{Body, Plan};

pub(crate) fn plan() -> Plan {
    lowered::changed(lowered::for_k3s(), "nats", |nats| {
        let files = nats.config.iter_mut().flat_map(|dir| &mut dir.files);
        for file in files {
            file.body = Body::Verbatim("# much\n".repeat(200_000));
        }
    })
}
