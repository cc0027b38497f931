//! PgBouncer has no way to test a file but to load it: it is started with the file. One that it can read ends it only when
//! it finds that the address is not there.

use super::{Program, Subject, words};
use crate::commands::verify::trial::End;

pub(super) const PROGRAM: Program = Program {
    judge: "pgbouncer",
    programs: &["pgbouncer"],
    get: "pgbouncer",
    reads_of: |service| service.mounted("pgbouncer.ini").map(Subject::File),
    asks: |setting| words(&["pgbouncer", &setting.config]).collect(),
    until: Some("process up"),
    reads: |_, end| reads(end),
};

/// What it says once it has read the whole file.
const LOADED: &str = "kernel file descriptor limit";

fn reads(end: &End) -> Result<(), String> {
    let said = match end {
        End::Said => return Ok(()),
        End::Exited(_, said) => said.as_str(),
    };
    let complaints: Vec<&str> = said
        .lines()
        .filter(|line| line.contains(" ERROR ") || line.contains(" FATAL "))
        .filter(|line| !is_of_the_place(line))
        .collect();
    if complaints.is_empty() && said.contains(LOADED) {
        Ok(())
    } else if complaints.is_empty() {
        Err(said.trim().to_owned())
    } else {
        Err(complaints.join("\n"))
    }
}

/// Whether a line is about the place where it was started: its users are written by the container's start, and its address
/// is a host's.
fn is_of_the_place(line: &str) -> bool {
    line.contains("could not open auth_file") || line.contains("failed to listen on any address")
}

#[cfg(test)]
mod tests {
    use std::process::ExitStatus;

    use super::*;

    #[test]
    fn a_complaint_is_a_refusal_unless_it_is_of_the_place() {
        let read = |said: &str| reads(&End::Exited(ExitStatus::default(), said.to_owned()));
        let place =
            "… [1] ERROR could not open auth_file /tmp/userlist.txt: No such file or directory
… [1] LOG kernel file descriptor limit: 20000 (hard: 20000)
… [1] FATAL failed to listen on any address in listen_addr list: 10.0.1.11";
        let key = "… [1] ERROR unknown parameter: pgbouncer/qury_wait_timeout";
        let end = "… [1] FATAL cannot load config file";
        assert_eq!(read(place), Ok(()));
        let wrong = [key, end].join("\n");
        assert_eq!(read(&wrong), Err(wrong.clone()));
        assert_eq!(read("killed"), Err("killed".to_owned()));
    }
}
