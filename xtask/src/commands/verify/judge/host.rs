//! What a host's own system reads: its packet filter, and who keeps an address that moves. Both programs want the rights that
//! they run with.

use std::os::unix::process::ExitStatusExt as _;

use super::{Form, Rights, succeeded, words};
use crate::commands::verify::trial::End;

pub(super) const PACKET_FILTER: Form = Form {
    judge: "nft -c",
    program: "nft",
    get: "nft on the PATH (package nftables)",
    rights: Rights::Root,
    applies: |file| file.file_name() == Some("nftables.conf"),
    asks: |setting| words(&["nft", "-c", "-f", &setting.config]).collect(),
    reads: |_, end| succeeded(end),
};

pub(super) const ADDRESS: Form = Form {
    judge: "keepalived -t",
    program: "keepalived",
    get: "keepalived on the PATH (package keepalived)",
    rights: Rights::Root,
    applies: |file| file.file_name() == Some("keepalived.conf"),
    asks: |setting| words(&["keepalived", "-t", "-f", &setting.config]).collect(),
    reads: |_, end| heard(end),
};

/// The signal that ends a program, by which keepalived 2.2 ends itself after a test, whatever it found.
const TERM: i32 = 15;
/// How later ones end where an interface is missing.
const NO_INTERFACE: i32 = 5;

/// Accepted when it complains of nothing but the place where it was asked: its end alone says little.
fn heard(end: &End) -> Result<(), String> {
    let End::Exited(status, said) = end else {
        return Ok(());
    };
    let complaints: Vec<&str> = said
        .lines()
        .filter(|line| !line.trim().is_empty() && !is_of_the_place(line))
        .collect();
    let tested =
        status.success() || status.signal() == Some(TERM) || status.code() == Some(NO_INTERFACE);
    if tested && complaints.is_empty() {
        return Ok(());
    }
    Err(if complaints.is_empty() {
        format!("ended without a word: {status}")
    } else {
        complaints.join("\n")
    })
}

/// Whether a line is about the machine where it was asked, which has other network cards than the host.
fn is_of_the_place(line: &str) -> bool {
    (line.contains("WARNING - interface ") && line.ends_with("doesn't exist"))
        || line == "Non-existent interface specified in configuration"
}

#[cfg(test)]
mod tests {
    use std::process::ExitStatus;

    use super::*;

    #[test]
    fn an_end_by_itself_says_nothing_and_words_do() {
        let read =
            |raw: i32, said: &str| heard(&End::Exited(ExitStatus::from_raw(raw), said.to_owned()));
        let of_the_place = "(k.conf: Line 22) WARNING - interface eth0 for vrrp_instance vip doesn't exist\nNon-existent interface specified in configuration\n";
        let of_the_file = "(k.conf: Line 24) Unknown keyword 'prioriti'";
        assert_eq!(read(TERM, ""), Ok(()));
        assert_eq!(read(0, "\n"), Ok(()));
        assert_eq!(read(NO_INTERFACE << 8, of_the_place), Ok(()));
        for raw in [0, TERM, NO_INTERFACE << 8] {
            let said = format!("{of_the_place}{of_the_file}\n");
            assert_eq!(read(raw, &said), Err(of_the_file.to_owned()));
        }
        // It fell over.
        assert!(read(11, "").is_err());
        assert!(read(127 << 8, "").is_err());
    }
}
