//! Rules of etcd. That its quorum is odd and spread is a rule about every quorum.

use crate::check::{Check, Rule, View};
use crate::component::etcd::Etcd;
use crate::literal::Duration;
use crate::report::{Code, Diagnostic, Report};

const TIMING_CODE: Code = Code::new("L0602");

/// The longest election timeout that the server takes.
const LONGEST_ELECTION: Duration = Duration::secs(50);

/// The rules of this product, by code.
pub const RULES: &[Rule] = &[Rule {
    code: TIMING_CODE.as_str(),
    ensures: "Ensure etcd waits for several heartbeats before it elects another leader.",
    explain: r"The leader of etcd sends a heartbeat every `heartbeat`; a member that hears none for `election_timeout` calls an
election, during which nobody can write. With an election timeout of less than five heartbeats, or of more than 50
seconds, etcd does not start. With less than ten, one slow disk or one lost packet costs an election, and those who
keep their own leader in etcd notice.

Set `heartbeat` to about the round trip between the members, and `election_timeout` to ten times that: 100 ms and 1 s in
one data centre, 250 ms and 2500 ms between virtual machines that are busy.",
    source: "etcd, Tuning: time parameters; server/etcdmain/config.go and server/config/config.go of v3.5.9",
    check: Check::Described(timing),
}];

fn timing(view: &View<'_>, report: &mut Report) {
    for (etcd, _) in view.all::<Etcd>() {
        let name = &etcd.meta.name.value;
        let (heartbeat, election) = (etcd.heartbeat_interval(), etcd.election());
        let times = |times: u64| Duration::millis(heartbeat.as_millis().saturating_mul(times));
        let place = |finding: Diagnostic| {
            let finding = finding.primary(
                etcd.meta.blame(etcd.election_timeout.as_ref()),
                format!("an election after {election}"),
            );
            match &etcd.heartbeat {
                Some(set) => {
                    finding.secondary(set.origin.clone(), format!("a heartbeat every {heartbeat}"))
                }
                None => finding.note(format!(
                    "the heartbeat of {name} is {heartbeat}, the default"
                )),
            }
        };
        if heartbeat.as_millis() == 0 {
            report.push(
                place(Diagnostic::error(
                    TIMING_CODE,
                    format!("{name} has no time between two heartbeats, and does not start"),
                ))
                .help("write `.heartbeat(\"100ms\")`"),
            );
        } else if election > LONGEST_ELECTION {
            report.push(
                place(Diagnostic::error(
                    TIMING_CODE,
                    format!("{name} waits {election} for its leader, and etcd takes at most 50s"),
                ))
                .help(format!(
                    "write `.election_timeout(\"{}\")`",
                    times(10).min(LONGEST_ELECTION)
                )),
            );
        } else if election < times(5) {
            report.push(
                place(Diagnostic::error(
                    TIMING_CODE,
                    format!("{name} waits for less than five heartbeats, and does not start"),
                ))
                .help(format!("write `.election_timeout(\"{}\")`", times(10))),
            );
        } else if election < times(10) {
            report.push(
                place(Diagnostic::warning(
                    TIMING_CODE,
                    format!("{name} waits for less than ten heartbeats before an election"),
                ))
                .help(format!("write `.election_timeout(\"{}\")`", times(10))),
            );
        }
    }
}
