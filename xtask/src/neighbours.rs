//! Whether this machine's kernel remembers enough neighbours for a cluster on one engine.
//!
//! In: how many containers there will be. Out: a warning. Bridges resolve addresses as any network does, and what each
//! container has resolved is kept in one table of the kernel, for all of them together. Once it is full a connection to
//! anyone new fails with "No route to host", or waits for an answer that never comes: a fault that looks like any other.

use fs_err as fs;

use crate::terminal::{WARNING, eprint};

/// The most entries that the table may have. It is there where the engine is this machine, and not on another or in a
/// machine of its own.
const LIMIT: &str = "/proc/sys/net/ipv4/neigh/default/gc_thresh3";

/// How many others a container knows, on the average: the recommended layout, of 116 services, kept up to 1,440 in a whole
/// end-to-end run.
const KNOWN: usize = 13;

/// Warns before a cluster is started for whose containers the table is too small.
pub(crate) fn warn(containers: usize) {
    let limit = fs::read_to_string(LIMIT).ok();
    let limit = limit.and_then(|text| text.trim().parse().ok());
    if let Some(warning) = limit.and_then(|limit| too_few(containers, limit)) {
        eprint(&format!("{WARNING}warning:{WARNING:#} {warning}\n"));
    }
}

/// What is said of a table with this limit, where it is too small.
fn too_few(containers: usize, limit: usize) -> Option<String> {
    let wanted = containers.saturating_mul(KNOWN);
    (wanted > limit).then(|| {
        // Half of it is where the kernel begins to forget; what is wanted stays below.
        let enough = wanted.saturating_mul(2).next_power_of_two();
        format!(
            "{containers} containers want about {wanted} neighbours, and the kernel remembers {limit} for all of them: \
             connections will fail. Type `sudo sysctl -w net.ipv4.neigh.default.gc_thresh2={} \
             net.ipv4.neigh.default.gc_thresh3={enough}`",
            enough / 2
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_that_fits_is_started_without_a_word() {
        assert_eq!(too_few(78, 1024), None);
    }

    #[test]
    fn a_larger_one_is_told_what_to_type() {
        assert_eq!(
            too_few(116, 1024).unwrap(),
            "116 containers want about 1508 neighbours, and the kernel remembers 1024 for all of them: connections will \
             fail. Type `sudo sysctl -w net.ipv4.neigh.default.gc_thresh2=2048 net.ipv4.neigh.default.gc_thresh3=4096`"
        );
        assert_eq!(too_few(116, 4096), None);
    }
}
