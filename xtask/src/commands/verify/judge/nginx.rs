//! Nginx tests its file, with a throw-away certificate where the operator has provided none. It looks for the files at the
//! places that they have in its container, so only its image can judge.

use super::{Program, Subject, succeeded, words};

pub(super) const PROGRAM: Program = Program {
    judge: "nginx -t",
    programs: &[],
    get: "nginx",
    reads_of: |service| {
        let is_nginx = service.program() == Some("nginx");
        is_nginx.then(|| service.mounted("nginx.conf").map(Subject::File))?
    },
    asks: |setting| words(&["nginx", "-t", "-c", &setting.config]).collect(),
    until: None,
    reads: |_, end| succeeded(end),
};
