//! What is watched of Nginx, in the series of its exporter.

use crate::component::nginx::METRICS;
use crate::component::observe::{Alert, Dashboard, Metrics, Panel, RuleGroup, Severity, Unit};
use crate::literal::{Duration, Name};

/// An exporter stands beside each instance and asks it.
pub(super) fn metrics(job: &Name, exporter: &Name) -> Metrics {
    Metrics {
        beside: Some(job.clone()),
        ..Metrics::new(
            job,
            exporter,
            METRICS,
            "nginx-prometheus-exporter 1.1.0",
            include_str!("metrics.tsv"),
        )
    }
}

pub(super) fn rules(job: &Name) -> RuleGroup {
    const ACCEPTED: &str = "nginx_connections_accepted{$job,instance=\"x\"}";
    const HANDLED: &str = "nginx_connections_handled{$job,instance=\"x\"}";
    let labels = [("job", "$name"), ("instance", "x")];
    RuleGroup::of(job)
        .record(
            "job:nginx_http_requests:rate5m",
            "sum by (job) (rate(nginx_http_requests_total{$job}[5m]))",
        )
        .alert(
            Alert::new(
                "NginxDown",
                Severity::Critical,
                Duration::secs(60),
                "nginx_up{$job} == 0",
            )
            .says(
                "Nginx {{ $labels.instance }} does not answer",
                "Its exporter runs, and so does its host. Read what it wrote last: a certificate that it cannot read is named there.",
            )
            .fires(&[("nginx_up{$job,instance=\"x\"}", "0x10")], &labels)
            .silent(&[("nginx_up{$job,instance=\"x\"}", "1x10")]),
        )
        .alert(
            Alert::new(
                "NginxConnectionsDropped",
                Severity::Warning,
                Duration::secs(300),
                "rate(nginx_connections_accepted{$job}[5m]) - rate(nginx_connections_handled{$job}[5m]) > 0",
            )
            .says(
                "Nginx {{ $labels.instance }} drops connections",
                "A worker has no connection left: raise `.connections(…)` of the component, or add an instance.",
            )
            .fires(&[(ACCEPTED, "0+600x20"), (HANDLED, "0+540x20")], &labels)
            .silent(&[(ACCEPTED, "0+600x20"), (HANDLED, "0+600x20")]),
        )
}

pub(super) fn dashboard(job: &Name) -> Dashboard {
    Dashboard::new(job.as_str()).over(
        job,
        [
            Panel::last(
                "Instances that answer",
                Unit::UpDown,
                &[("nginx_up{$job}", "{{instance}}")],
            ),
            Panel::lines(
                "Requests",
                Unit::PerSecond,
                &[("rate(nginx_http_requests_total{$job}[5m])", "{{instance}}")],
            ),
            Panel::lines(
                "Connections",
                Unit::Number,
                &[
                    ("nginx_connections_reading{$job}", "{{instance}} reading"),
                    ("nginx_connections_writing{$job}", "{{instance}} writing"),
                    ("nginx_connections_waiting{$job}", "{{instance}} waiting"),
                ],
            ),
            Panel::lines(
                "Dropped connections",
                Unit::PerSecond,
                &[(
                    "rate(nginx_connections_accepted{$job}[5m]) - rate(nginx_connections_handled{$job}[5m])",
                    "{{instance}}",
                )],
            ),
        ],
    )
}
