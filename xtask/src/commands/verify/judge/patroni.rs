//! Patroni validates its file. It also tries to reach every etcd member, which nobody answers here, so its exit code says
//! nothing: what counts is what it says beside that.

use super::{Program, Subject, words};
use crate::commands::verify::place::Source;
use crate::commands::verify::trial::End;

pub(super) const PROGRAM: Program = Program {
    judge: "patroni --validate-config",
    programs: &["patroni"],
    get: "patroni",
    reads_of: |service| {
        let config = service.command.get(1)?;
        (service.program() == Some("patroni")).then(|| Subject::File(config.clone()))
    },
    asks: |setting| words(&["patroni", "--validate-config", &setting.config]).collect(),
    until: None,
    reads,
};

fn reads(source: &Source, end: &End) -> Result<(), String> {
    let End::Exited(status, said) = end else {
        return Ok(());
    };
    // 1 is the answer also to a good file; other codes mean that it did not get as far as judging.
    if !matches!(status.code(), Some(0 | 1)) {
        return Err(format!("{status}\n{said}"));
    }
    let left: Vec<_> = said
        .lines()
        .filter(|line| !line.trim().is_empty() && !is_of_the_place(source, line))
        .collect();
    if left.is_empty() {
        Ok(())
    } else {
        Err(left.join("\n"))
    }
}

/// Whether a line is about the place where Patroni was asked, not about the file.
fn is_of_the_place(source: &Source, line: &str) -> bool {
    let invalid = line.contains(" didn't pass validation:");
    match source {
        _ if line.starts_with("WARNING:root:") => true,
        _ if invalid && line.starts_with("etcd3.hosts.") => true,
        // The folders are those of the image.
        Source::Path => {
            invalid
                && (line.starts_with("postgresql.bin_dir")
                    || line.starts_with("postgresql.data_dir"))
        }
        Source::Image(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    use super::*;

    fn read(source: &Source, code: i32, said: &str) -> Result<(), String> {
        let status = ExitStatus::from_raw(code << 8);
        reads(source, &End::Exited(status, said.to_owned()))
    }

    #[test]
    fn only_the_file_is_judged() {
        let place = "WARNING:root:Failed to obtain address: gaierror(-3, 'Temporary failure in name resolution')\n\
                     etcd3.hosts.0 etcd-1:2379 didn't pass validation: [Errno -3] Temporary failure in name resolution\n";
        let folder = "postgresql.bin_dir /usr/lib/postgresql/16/bin didn't pass validation: Directory does not exist.\n";
        let file = "bootstrap.dcs.ttl 5 didn't pass validation: 20 is the least\n";
        let image = Source::Image("patroni".to_owned());
        assert_eq!(read(&image, 1, place), Ok(()));
        assert_eq!(read(&Source::Path, 1, &[place, folder].concat()), Ok(()));
        assert_eq!(
            read(&image, 1, &[place, folder].concat()),
            Err(folder.trim().to_owned())
        );
        assert_eq!(
            read(&Source::Path, 1, &[place, file].concat()),
            Err(file.trim().to_owned())
        );
        assert!(read(&image, 127, "").is_err());
    }
}
