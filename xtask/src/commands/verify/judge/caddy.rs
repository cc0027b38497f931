//! Caddy reads its file and sets everything up that is in it, but serves nothing.

use super::{Program, Subject, succeeded, words};

pub(super) const PROGRAM: Program = Program {
    judge: "caddy validate",
    programs: &["caddy"],
    get: "caddy",
    reads_of: |service| service.mounted("Caddyfile").map(Subject::File),
    asks: |setting| {
        words(&["caddy", "validate", "--adapter", "caddyfile", "--config"])
            .chain(words(&[&setting.config]))
            .collect()
    },
    until: None,
    reads: |_, end| succeeded(end),
};
