//! Consul validates its settings together with the services that the agent registers, which lie in a folder beside them.

use super::{Program, Subject, succeeded, words};

pub(super) const PROGRAM: Program = Program {
    judge: "consul validate",
    programs: &["consul", "sh"],
    get: "consul",
    reads_of: |service| service.mounted("agent.json").map(Subject::File),
    asks: |setting| words(&["sh", "-c", VALIDATE, "sh", &setting.config]).collect(),
    until: None,
    reads: |_, end| succeeded(end),
};

/// With the file of settings, in the container as on the disk.
const VALIDATE: &str = r#"consul validate "$1" "${1%/agent/agent.json}"/on-*"#;
