//! What Prometheus says of itself.

use crate::component::observe::{Alert, Dashboard, Metrics, Panel, RuleGroup, Severity, Unit};
use crate::component::prometheus::{WEB, jobs};
use crate::literal::{Duration, Name};

pub(super) fn metrics(name: &Name) -> Metrics {
    Metrics::new(
        name,
        name,
        WEB,
        "prometheus 2.48",
        include_str!("metrics.tsv"),
    )
}

/// Rules of servers that collect, or that take the aggregates of others; that send alerts somewhere, or nowhere.
pub(super) fn rules(name: &Name, collects: bool, sends: bool) -> RuleGroup {
    let group = RuleGroup::of(name);
    let group = if collects {
        group.record("job:up:ratio", "avg by (job) (up)")
    } else {
        group
    };
    let group = if sends { delivery(group) } else { group };
    let (severity, meanwhile) = if collects {
        (
            Severity::Critical,
            "The other servers go on; while none is left, nobody is alerted of anything.",
        )
    } else {
        (
            Severity::Warning,
            "The servers whose aggregates it takes collect and alert as before; it will have none of this time.",
        )
    };
    group
        .record(
            "job:prometheus_tsdb_head_series:max",
            "max by (job) (prometheus_tsdb_head_series{$job})",
        )
        .record(
            "job:prometheus_tsdb_head_samples_appended:rate5m",
            "sum by (job) (rate(prometheus_tsdb_head_samples_appended_total{$job}[5m]))",
        )
        .alert(
            Alert::new("PrometheusDown", severity, Duration::minutes(2), "up{$job} == 0")
                .says(
                    "Prometheus {{ $labels.instance }} does not answer",
                    format!(
                        "{meanwhile} Look at its log, and at its disk{{{{ with $labels.host }}}} on {{{{ . }}}}{{{{ end }}}}: a full volume stops it."
                    ),
                )
                .fires(
                    &[("up{$job,instance=\"a\",host=\"h\"}", "0x60")],
                    &[("job", "$name"), ("instance", "a"), ("host", "h")],
                )
                .fires(
                    &[("up{$job,instance=\"a\"}", "0x60")],
                    &[("job", "$name"), ("instance", "a")],
                )
                .silent(&[("up{$job,instance=\"a\",host=\"h\"}", "1x60")]),
        )
        .alert(
            Alert::new(
                "PrometheusConfigReloadFailed",
                Severity::Critical,
                Duration::minutes(5),
                "prometheus_config_last_reload_successful{$job} == 0",
            )
            .says(
                "{{ $labels.instance }} goes on with its old configuration",
                "The files that it was last told to read are refused, so that new targets and alerts are not in effect. Its log \
                 says which line; `cargo xtask verify` says it before a rollout.",
            )
            .fires(
                &[("prometheus_config_last_reload_successful{$job,instance=\"a\"}", "0x60")],
                &[("job", "$name"), ("instance", "a")],
            )
            .silent(&[("prometheus_config_last_reload_successful{$job,instance=\"a\"}", "1x60")]),
        )
        .alert(
            Alert::new(
                "PrometheusRuleFailures",
                Severity::Critical,
                Duration::minutes(5),
                "sum by (job, instance) (increase(prometheus_rule_evaluation_failures_total{$job}[5m])) > 0",
            )
            .says(
                "{{ $labels.instance }} fails to evaluate some of its rules",
                "Their alerts cannot fire. The page of rules shows the error beside the rule; most often two series match where \
                 one is expected.",
            )
            .fires(
                &[(
                    "prometheus_rule_evaluation_failures_total{$job,instance=\"a\",rule_group=\"g\"}",
                    "0+1x60",
                )],
                &[("job", "$name"), ("instance", "a")],
            )
            .silent(&[(
                "prometheus_rule_evaluation_failures_total{$job,instance=\"a\",rule_group=\"g\"}",
                "7x60",
            )]),
        )
        .alert(
            Alert::new(
                "PrometheusCompactionsFailing",
                Severity::Warning,
                Duration::minutes(1),
                "increase(prometheus_tsdb_compactions_failed_total{$job}[3h]) > 0",
            )
            .says(
                "{{ $labels.instance }} fails to write its series to disk",
                "Series stay in memory until it runs out. Look at the free space of its volume and at its log.",
            )
            .fires(
                &[("prometheus_tsdb_compactions_failed_total{$job,instance=\"a\"}", "0+1x60")],
                &[("job", "$name"), ("instance", "a")],
            )
            .silent(&[("prometheus_tsdb_compactions_failed_total{$job,instance=\"a\"}", "7x60")]),
        )
}

/// Whether alerts reach Alertmanager: of a server that is told of none, both are always so.
fn delivery(group: RuleGroup) -> RuleGroup {
    group
        .alert(
            Alert::new(
                "PrometheusNoAlertmanager",
                Severity::Critical,
                Duration::minutes(5),
                "prometheus_notifications_alertmanagers_discovered{$job} < 1",
            )
            .says(
                "{{ $labels.instance }} sends its alerts nowhere",
                "It knows no Alertmanager. Compare `alerting` in its configuration with the members of Alertmanager. This alert \
                 reaches you by another server.",
            )
            .fires(
                &[("prometheus_notifications_alertmanagers_discovered{$job,instance=\"a\"}", "0x60")],
                &[("job", "$name"), ("instance", "a")],
            )
            .silent(&[("prometheus_notifications_alertmanagers_discovered{$job,instance=\"a\"}", "1x60")]),
        )
        .alert(
            Alert::new(
                "PrometheusNotificationsDropped",
                Severity::Warning,
                Duration::minutes(5),
                "increase(prometheus_notifications_dropped_total{$job}[5m]) > 0",
            )
            .says(
                "{{ $labels.instance }} cannot deliver alerts and drops them",
                "Alertmanager does not answer it, or too slowly. Look at the members of Alertmanager and at the network between.",
            )
            .fires(
                &[("prometheus_notifications_dropped_total{$job,instance=\"a\"}", "0+1x60")],
                &[("job", "$name"), ("instance", "a")],
            )
            .silent(&[("prometheus_notifications_dropped_total{$job,instance=\"a\"}", "7x60")]),
        )
}

/// What a server that takes the aggregates of others says of these.
pub(super) fn federation(name: &Name) -> RuleGroup {
    RuleGroup {
        name: name.clone(),
        ..RuleGroup::of(&crate::plan::checked(jobs::FEDERATION))
            .alert(
                Alert::new(
                    "FederationSourceDown",
                    Severity::Critical,
                    Duration::minutes(2),
                    "up{$job} == 0",
                )
                .says(
                    "aggregates of {{ $labels.instance }} are missing",
                    "The Prometheus server {{ $labels.instance }}{{ with $labels.host }} on {{ . }}{{ end }} does not answer: while none of its \
                     kind is left, nobody is alerted of anything.",
                )
                .fires(
                    &[("up{$job,instance=\"a\",host=\"h\"}", "0x60")],
                    &[("job", "$name"), ("instance", "a"), ("host", "h")],
                )
                .silent(&[("up{$job,instance=\"a\",host=\"h\"}", "1x60")]),
            )
    }
}

pub(super) fn dashboard(name: &Name) -> Dashboard {
    Dashboard::new(name.as_str()).over(
        name,
        [
            Panel::last("Servers", Unit::UpDown, &[("up{$job}", "{{instance}}")]),
            Panel::lines(
                "Targets that answer",
                Unit::Ratio,
                &[("job:up:ratio", "{{job}}")],
            ),
            Panel::lines(
                "Alerts that fire",
                Unit::Number,
                &[(
                    "count by (alertname) (ALERTS{alertstate=\"firing\"})",
                    "{{alertname}}",
                )],
            ),
            Panel::lines(
                "Series in memory",
                Unit::Number,
                &[("prometheus_tsdb_head_series{$job}", "{{instance}}")],
            ),
            Panel::lines(
                "Samples",
                Unit::PerSecond,
                &[(
                    "rate(prometheus_tsdb_head_samples_appended_total{$job}[5m])",
                    "{{instance}}",
                )],
            ),
            Panel::lines(
                "Disk of series",
                Unit::Bytes,
                &[("prometheus_tsdb_storage_blocks_bytes{$job}", "{{instance}}")],
            ),
            Panel::lines(
                "Memory",
                Unit::Bytes,
                &[("process_resident_memory_bytes{$job}", "{{instance}}")],
            ),
        ],
    )
}
