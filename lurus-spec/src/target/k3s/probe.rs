//! How Kubernetes knows that a pod works.
//!
//! In: the health of a workload, and how others ask it over the network. Out: probes.

use crate::literal::Duration;
use crate::plan::{Ask, Health, Kind, Probe};
use crate::target::k3s::pod::{Template, int, whole_seconds};
use crate::yaml::{Node, map, seq};

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

    pub(super) fn live(&self) -> Option<Node> {
        let probe = self.workload.live.as_ref()?;
        Some(self.timed(asked(probe), Duration::secs(0)))
    }

    /// Until it has answered once, nobody asks whether a member has to be started again.
    pub(super) fn startup(&self) -> Option<Node> {
        let probe = self.workload.live.as_ref()?;
        let period = self.workload.health.as_ref()?.start_period;
        Some(self.timed(asked(probe), period))
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
