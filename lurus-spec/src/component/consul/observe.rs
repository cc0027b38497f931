//! What Consul says of itself.

use crate::component::Group;
use crate::component::consul::HTTP;
use crate::component::observe::{Alert, Dashboard, Metrics, Panel, RuleGroup, Severity, Unit};
use crate::literal::{Duration, Name};

/// Every agent answers for itself.
pub(super) fn metrics(groups: &[Group]) -> Vec<Metrics> {
    let of = |group: &Group| Metrics {
        path: "/v1/agent/metrics",
        parameters: vec![("format", "prometheus".to_owned())],
        ..Metrics::new(
            &group.name,
            &group.name,
            HTTP,
            "consul 1.17",
            include_str!("metrics.tsv"),
        )
    };
    groups.iter().map(of).collect()
}

const fn minutes(minutes: u64) -> Duration {
    Duration::secs(minutes * 60)
}

/// An agent that does not answer: `action` says what that means.
fn down(name: &'static str, severity: Severity, action: &str) -> Alert {
    Alert::new(name, severity, minutes(2), "up{$job} == 0")
        .says("Consul {{ $labels.instance }} does not answer", action)
        .fires(
            &[("up{$job,instance=\"a\"}", "0x60")],
            &[("job", "$name"), ("instance", "a")],
        )
        .silent(&[("up{$job,instance=\"a\"}", "1x60")])
}

pub(super) fn of_servers(job: &Name) -> RuleGroup {
    let last_contact = "consul_raft_leader_lastContact{$job,instance=\"a\",quantile=\"0.9\"}";
    RuleGroup::of(job)
        .record(
            "job:consul_rpc_request:rate5m",
            "sum by (job) (rate(consul_rpc_request{$job}[5m]))",
        )
        .alert(down(
            "ConsulServerDown",
            Severity::Critical,
            "While a majority of the servers answers, the catalogue still changes. Instances on its host are out of the \
             catalogue meanwhile. Look at its log and its host.",
        ))
        .alert(
            Alert::new(
                "ConsulUnhealthy",
                Severity::Critical,
                minutes(1),
                "min by (job) (consul_autopilot_healthy{$job}) == 0",
            )
            .says(
                "the Consul servers are not all there and current",
                "`consul operator raft list-peers` shows who is missing: without a majority of them the catalogue no longer \
                 changes.",
            )
            .fires(
                &[("consul_autopilot_healthy{$job,instance=\"a\"}", "0x60")],
                &[("job", "$name")],
            )
            .silent(&[("consul_autopilot_healthy{$job,instance=\"a\"}", "1x60")]),
        )
        .alert(
            Alert::new(
                "ConsulElections",
                Severity::Warning,
                minutes(0),
                "increase(consul_raft_state_candidate{$job}[10m]) > 2",
            )
            .says(
                "Consul elects its leader again and again",
                "Servers do not hear their leader in time: look at their CPU, disk and network.",
            )
            .fires(
                &[(
                    "consul_raft_state_candidate{$job,instance=\"a\"}",
                    "0+2x60",
                )],
                &[("job", "$name"), ("instance", "a")],
            )
            .silent(&[("consul_raft_state_candidate{$job,instance=\"a\"}", "1x60")]),
        )
        .alert(
            Alert::new(
                "ConsulLeaderContactSlow",
                Severity::Warning,
                minutes(5),
                "consul_raft_leader_lastContact{$job,quantile=\"0.9\"} > 200",
            )
            .says(
                "the Consul leader hears its followers late",
                "Above 200 ms an election is near: look at the CPU, disk and network of the servers.",
            )
            .fires(
                &[(last_contact, "450x60")],
                &[("job", "$name"), ("instance", "a"), ("quantile", "0.9")],
            )
            .silent(&[(last_contact, "40x60")]),
        )
}

pub(super) fn of_agents(job: &Name) -> RuleGroup {
    RuleGroup::of(job).alert(down(
        "ConsulAgentDown",
        Severity::Warning,
        "Instances on its host are out of the catalogue while it is down. Look at its log and its host.",
    ))
}

pub(super) fn dashboard(job: &Name) -> Dashboard {
    Dashboard::new(job.as_str()).over(
        job,
        [
            Panel::last(
                "Every server is there and current",
                Unit::UpDown,
                &[("min(consul_autopilot_healthy{$job})", "servers")],
            ),
            Panel::last(
                "Servers that may still be lost",
                Unit::Number,
                &[("min(consul_autopilot_failure_tolerance{$job})", "servers")],
            ),
            Panel::lines(
                "Elections",
                Unit::PerSecond,
                &[(
                    "rate(consul_raft_state_candidate{$job}[5m])",
                    "{{instance}}",
                )],
            ),
            Panel::lines(
                "Time to commit a change (90 %)",
                Unit::Seconds,
                &[(
                    "consul_raft_commitTime{$job,quantile=\"0.9\"} / 1000",
                    "{{instance}}",
                )],
            ),
            Panel::lines(
                "Requests between agents",
                Unit::PerSecond,
                &[("rate(consul_rpc_request{$job}[5m])", "{{instance}}")],
            ),
            Panel::lines(
                "Memory",
                Unit::Bytes,
                &[("consul_runtime_alloc_bytes{$job}", "{{instance}}")],
            ),
        ],
    )
}
