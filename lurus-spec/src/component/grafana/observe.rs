//! What Grafana says of itself.

use crate::component::grafana::WEB;
use crate::component::observe::{Alert, Dashboard, Metrics, Panel, RuleGroup, Severity, Unit};
use crate::literal::{Duration, Name};

pub(super) fn metrics(name: &Name) -> Metrics {
    Metrics::new(name, name, WEB, "grafana 10.2", include_str!("metrics.tsv"))
}

pub(super) fn rules(name: &Name) -> RuleGroup {
    let minutes = |minutes: u64| Duration::secs(minutes * 60);
    // What a dashboard asks goes through this handler, and only that: `grafana_proxy_response_status_total` counts another.
    let failing = "grafana_http_request_duration_seconds_count{$job,instance=\"a\",handler=\"/api/ds/query\",method=\"POST\",status_code=\"400\"}";
    RuleGroup::of(name)
        .record(
            "job:grafana_api_responses:rate5m",
            "sum by (job, code) (rate(grafana_api_response_status_total{$job}[5m]))",
        )
        .alert(
            Alert::new("GrafanaDown", Severity::Warning, minutes(5), "up{$job} == 0")
                .says(
                    "Grafana {{ $labels.instance }} does not answer",
                    "Dashboards cannot be seen there; alerts do not depend on it. Look at its log and its host.",
                )
                .fires(
                    &[("up{$job,instance=\"a\"}", "0x60")],
                    &[("job", "$name"), ("instance", "a")],
                )
                .silent(&[("up{$job,instance=\"a\"}", "1x60")]),
        )
        .alert(
            Alert::new(
                "GrafanaQueriesFail",
                Severity::Warning,
                minutes(5),
                "sum by (job, instance) (rate(grafana_http_request_duration_seconds_count{$job,handler=\"/api/ds/query\",status_code=~\"[45]..\"}[5m])) > 0.1",
            )
            .says(
                "queries of {{ $labels.instance }} fail",
                "The datasource does not answer: look whether Prometheus is up, and choose another server at the top of the \
                 dashboard meanwhile.",
            )
            .fires(&[(failing, "0+30x60")], &[("job", "$name"), ("instance", "a")])
            .silent(&[(failing, "3x60")]),
        )
}

pub(super) fn dashboard(name: &Name) -> Dashboard {
    Dashboard::new(name.as_str()).over(
        name,
        [
            Panel::last("It answers", Unit::UpDown, &[("up{$job}", "{{instance}}")]),
            Panel::lines(
                "Answers, by status",
                Unit::PerSecond,
                &[(
                    "sum by (code) (rate(grafana_api_response_status_total{$job}[5m]))",
                    "{{code}}",
                )],
            ),
            Panel::lines(
                "Answers of the datasource, by status",
                Unit::PerSecond,
                &[(
                    "sum by (status_code) (rate(grafana_http_request_duration_seconds_count{$job,handler=\"/api/ds/query\"}[5m]))",
                    "{{status_code}}",
                )],
            ),
            Panel::lines(
                "Memory",
                Unit::Bytes,
                &[("process_resident_memory_bytes{$job}", "{{instance}}")],
            ),
        ],
    )
}
