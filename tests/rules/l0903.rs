//! What a pod cannot have: a user without a number, a setting of the whole kernel, a directory of its host, and a variable
//! that says two things.

use super::lowered;
use lurus_spec::path;
use lurus_spec::plan::{HostDir, HostPath, KernelSetting, Plan, Symbol, checked};

pub(crate) fn plan() -> Plan {
    lowered::changed(lowered::for_k3s(), "nats", |nats| {
        nats.user = Some("nats".to_owned());
        nats.kernel = vec![KernelSetting {
            key: "net.core.somaxconn",
            value: "4096".to_owned(),
            why: "Many connect at once.",
        }];
        nats.host_paths = vec![HostPath {
            path: HostDir::At(path!("/sys")),
            mount: path!("/host/sys"),
        }];
        let role = Symbol::FirstElse("first".to_owned(), "other".to_owned());
        nats.env.insert(checked("ROLE"), role.into());
    })
}
