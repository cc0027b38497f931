//! HAProxy reads its file and says what it thinks of it; a warning is a refusal.

use super::{Program, Subject, succeeded, words};

pub(super) const PROGRAM: Program = Program {
    judge: "haproxy -c -dW",
    programs: &["haproxy"],
    get: "haproxy",
    reads_of: |service| {
        let config = service.flag(&["-f"])?;
        (service.program() == Some("haproxy")).then(|| Subject::File(config.to_owned()))
    },
    // -dW: a warning is a failure.
    asks: |setting| words(&["haproxy", "-c", "-dW", "-f", &setting.config]).collect(),
    until: None,
    reads: |_, end| succeeded(end),
};
