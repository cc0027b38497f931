//! HAProxy reads its file and says what it thinks of it; a warning is a refusal.

use super::{Program, Subject, succeeded, words};
use crate::commands::verify::trial::End;

pub(super) const PROGRAM: Program = Program {
    judge: "haproxy -c",
    programs: &["haproxy"],
    get: "haproxy",
    reads_of: |service| {
        let config = service.flag(&["-f"])?;
        (service.program() == Some("haproxy")).then(|| Subject::File(config.to_owned()))
    },
    asks: |setting| words(&["haproxy", "-c", "-f", &setting.config]).collect(),
    until: None,
    reads: |_, end| reads(end),
};

fn reads(end: &End) -> Result<(), String> {
    succeeded(end)?;
    let said = match end {
        End::Exited(_, said) => said.as_str(),
        End::Said => "",
    };
    let warnings: Vec<_> = said
        .lines()
        .filter(|line| line.contains("[WARNING]") && !is_of_the_place(line))
        .collect();
    if warnings.is_empty() {
        Ok(())
    } else {
        Err(warnings.join("\n"))
    }
}

/// Whether a line is about the place where HAProxy was asked: where there is no network, no name server can be reached.
fn is_of_the_place(line: &str) -> bool {
    line.contains("can't connect socket for nameserver")
}

#[cfg(test)]
mod tests {
    use std::process::ExitStatus;

    use super::*;

    #[test]
    fn a_warning_is_a_refusal_unless_it_is_of_the_place() {
        let read = |said: &str| reads(&End::Exited(ExitStatus::default(), said.to_owned()));
        let place = "[WARNING]  (1) : config : resolvers 'dns': can't connect socket for nameserver '127.0.0.1'.";
        let file = "[WARNING]  (1) : config : missing timeouts for frontend 'f'.";
        assert_eq!(read("[NOTICE]   (1) : haproxy version is 2.8.10"), Ok(()));
        assert_eq!(read(place), Ok(()));
        assert_eq!(read(&[place, "\n", file].concat()), Err(file.to_owned()));
    }
}
