//! The NATS server tests its file, with the variables that the file refers to.

use super::{Program, Subject, succeeded, words};

pub(super) const PROGRAM: Program = Program {
    judge: "nats-server -t",
    programs: &["nats-server"],
    get: "nats-server",
    reads_of: |service| {
        // The command may go through a shell that prepares the server's volume: the file is known by its name too.
        let named = || service.flag(&["-c", "--config"]).map(str::to_owned);
        let is_server = service.program() == Some("nats-server");
        let config = is_server.then(named).flatten();
        config
            .or_else(|| service.mounted("nats.conf"))
            .map(Subject::File)
    },
    asks: |setting| words(&["nats-server", "-t", "-c", &setting.config]).collect(),
    until: None,
    reads: |_, end| succeeded(end),
};
