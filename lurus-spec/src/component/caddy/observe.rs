//! What Caddy says of itself, and of the services behind it.

use crate::component::caddy::METRICS;
use crate::component::observe::{Alert, Dashboard, Metrics, Panel, RuleGroup, Severity, Unit};
use crate::literal::{Duration, Name};

pub(super) fn metrics(name: &Name) -> Metrics {
    Metrics::new(
        name,
        name,
        METRICS,
        "caddy 2.7",
        include_str!("metrics.tsv"),
    )
}

/// Answers of services, and requests that Caddy itself could not have answered: it counts these apart.
const ERRORS: &str = "sum by (job, instance) (rate(caddy_http_request_errors_total{$job}[5m])) + (sum by (job, instance) (rate(caddy_http_request_duration_seconds_count{$job,code=~\"5..\"}[5m])) or sum by (job, instance) (rate(caddy_http_request_errors_total{$job}[5m])) * 0)";
/// Until the first byte of an answer: how long a stream goes on says nothing.
const FIRST_BYTE: &str = "histogram_quantile(0.95, sum by (job, instance, le) (rate(caddy_http_response_duration_seconds_bucket{$job}[5m])))";

pub(super) fn rules(name: &Name) -> RuleGroup {
    const HEALTHY: &str =
        "caddy_reverse_proxy_upstreams_healthy{$job,instance=\"a\",upstream=\"10.0.0.11:18100\"}";
    const FAILED: &str =
        "caddy_http_request_errors_total{$job,instance=\"a\",handler=\"subroute\",server=\"srv0\"}";
    const BAD: &str = "caddy_http_request_duration_seconds_count{$job,instance=\"a\",code=\"502\",handler=\"subroute\",method=\"GET\",server=\"srv0\"}";
    const FIVE: &str = "caddy_http_response_duration_seconds_bucket{$job,instance=\"a\",code=\"200\",handler=\"subroute\",method=\"GET\",server=\"srv0\",le=\"5\"}";
    const TEN: &str = "caddy_http_response_duration_seconds_bucket{$job,instance=\"a\",code=\"200\",handler=\"subroute\",method=\"GET\",server=\"srv0\",le=\"10\"}";
    const ALL: &str = "caddy_http_response_duration_seconds_bucket{$job,instance=\"a\",code=\"200\",handler=\"subroute\",method=\"GET\",server=\"srv0\",le=\"+Inf\"}";
    let labels = [("job", "$name"), ("instance", "a")];
    RuleGroup::of(name)
        .record(
            "job:caddy_http_requests:rate5m",
            "sum by (job) (rate(caddy_http_requests_total{$job}[5m]))",
        )
        .alert(Alert::down(
            "CaddyDown",
            Severity::Critical,
            "Caddy {{ $labels.instance }} does not answer",
            "The edge sends requests to the Caddy of another host meanwhile. Read what it wrote last: a line of its file that it refuses is named there.",
        ))
        .alert(
            Alert::new(
                "CaddyUpstreamUnhealthy",
                Severity::Warning,
                Duration::minutes(2),
                "caddy_reverse_proxy_upstreams_healthy{$job} == 0",
            )
            .says(
                "Caddy {{ $labels.instance }} sends nothing to {{ $labels.upstream }}, which is not well",
                "Other instances of the service take its requests. Ask that instance itself whether it serves, and read what it wrote last.",
            )
            .fires(
                &[(HEALTHY, "0x60")],
                &[labels.as_slice(), &[("upstream", "10.0.0.11:18100")]].concat(),
            )
            .silent(&[(HEALTHY, "1x60")]),
        )
        .alert(
            Alert::new(
                "CaddyErrors5xx",
                Severity::Critical,
                Duration::minutes(5),
                format!("{ERRORS} > 0.05 * sum by (job, instance) (rate(caddy_http_requests_total{{$job}}[5m]))"),
            )
            .says(
                "more than 5 % of requests through Caddy {{ $labels.instance }} fail",
                "Its log names the service of each failed request, and why. Where services answer with errors themselves, read theirs.",
            )
            .fires(
                &[(FAILED, "0+60x60"), (BAD, "0+60x60"), (REQUESTS, "0+600x60")],
                &labels,
            )
            .silent(&[(FAILED, "0+1x60"), (REQUESTS, "0+600x60")]),
        )
        .alert(
            Alert::new(
                "CaddyLatencyHigh",
                Severity::Warning,
                Duration::minutes(10),
                format!("{FIRST_BYTE} > 5"),
            )
            .says(
                "answers through Caddy {{ $labels.instance }} begin late",
                "One in twenty requests waits longer than five seconds for its first byte. Compare the services behind it, and the providers behind these.",
            )
            .fires(
                &[(FIVE, "0+10x60"), (TEN, "0+100x60"), (ALL, "0+100x60")],
                &labels,
            )
            .silent(&[(FIVE, "0+100x60"), (TEN, "0+100x60"), (ALL, "0+100x60")]),
        )
}

const REQUESTS: &str =
    "caddy_http_requests_total{$job,instance=\"a\",handler=\"subroute\",server=\"srv0\"}";

pub(super) fn dashboard(name: &Name) -> Dashboard {
    Dashboard::new(name.as_str()).over(
        name,
        [
            Panel::last(
                "Instances that answer",
                Unit::UpDown,
                &[("up{$job}", "{{instance}}")],
            ),
            Panel::last(
                "Servers that get requests",
                Unit::UpDown,
                &[(
                    "caddy_reverse_proxy_upstreams_healthy{$job}",
                    "{{instance}} to {{upstream}}",
                )],
            ),
            Panel::lines(
                "Requests",
                Unit::PerSecond,
                &[(
                    "sum by (instance) (rate(caddy_http_requests_total{$job}[5m]))",
                    "{{instance}}",
                )],
            ),
            Panel::lines(
                "Requests that fail",
                Unit::PerSecond,
                &[(ERRORS, "{{instance}}")],
            ),
            Panel::lines(
                "Time to the first byte, of 19 in 20 requests",
                Unit::Seconds,
                &[(FIRST_BYTE, "{{instance}}")],
            ),
            Panel::lines(
                "Requests that run",
                Unit::Number,
                &[(
                    "sum by (instance) (caddy_http_requests_in_flight{$job})",
                    "{{instance}}",
                )],
            ),
        ],
    )
}
