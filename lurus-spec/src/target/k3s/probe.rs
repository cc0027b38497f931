//! How Kubernetes knows that a pod works.
//!
//! In: the health of a workload, and how others ask it over the network. Out: probes.

use crate::literal::Duration;
use crate::plan::{Ask, Health, Kind, Probe};
use crate::target::k3s::pod::{Template, int, whole_seconds};
use crate::yaml::{Node, map, seq};

/// A member may answer nothing for so long, while it waits for a slow disk for example: to start it again costs more.
const LONGEST_PAUSE: Duration = Duration::secs(60);
/// A member may take so long until it answers for the first time. Whoever reads back a large volume is slow and not stuck,
/// and would never come to its end if it was started again meanwhile.
const LONGEST_START: Duration = Duration::secs(15 * 60);

impl Template<'_> {
    /// How others know that a member serves; from inside where it has no other way.
    pub(super) fn ready(&self) -> Option<Node> {
        if matches!(self.workload.kind, Kind::Task { .. }) {
            return None;
        }
        let ask = match (&self.workload.ready, &self.workload.health) {
            (Some(probe), _) => asked(probe),
            (None, Some(health)) => self.inside(health),
            // Nothing is known of it but where it listens.
            (None, None) => {
                let first = self.workload.members.first()?.ports.first()?;
                asked(&Probe {
                    port: first.name.clone(),
                    asks: Ask::Tcp,
                })
            }
        };
        Some(self.timed(ask, Duration::secs(0)))
    }

    /// Whether a member has to be started again. Others have gone to its peers long before.
    pub(super) fn live(&self) -> Option<Node> {
        let probe = self.workload.live.as_ref()?;
        Some(self.timed(asked(probe), LONGEST_PAUSE))
    }

    /// Until it has answered once, nobody asks whether a member has to be started again.
    pub(super) fn startup(&self) -> Option<Node> {
        let probe = self.workload.live.as_ref()?;
        Some(self.timed(asked(probe), LONGEST_START))
    }

    /// A probe with the times of the member's health, which fails for good after `allowed` at the earliest.
    fn timed(&self, ask: Node, allowed: Duration) -> Node {
        let (interval, timeout, retries) = match &self.workload.health {
            Some(health) => (health.interval, health.timeout, health.retries),
            None => (Duration::secs(5), Duration::secs(5), 3),
        };
        let interval = interval.as_secs().max(1);
        let failures = allowed.as_secs().div_ceil(interval) + u64::from(retries.max(1));
        ask.with("periodSeconds", int(interval))
            .with("timeoutSeconds", whole_seconds(timeout))
            .with("failureThreshold", int(failures))
    }

    fn inside(&self, health: &Health) -> Node {
        let words = health.command.iter().map(|text| {
            self.filler
                .probed(self.workload, self.members(), text)
                .expect("a checked plan asks all members of a group the same")
        });
        map([("exec", map([("command", seq(words))]))])
    }
}

fn asked(probe: &Probe) -> Node {
    let port = ("port", Node::str(probe.port.as_ref()));
    match &probe.asks {
        Ask::Http(path) => map([("httpGet", map([("path", Node::str(path.as_str())), port]))]),
        Ask::Tcp => map([("tcpSocket", map([port]))]),
    }
}
