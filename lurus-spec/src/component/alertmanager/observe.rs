//! What Alertmanager says of itself.

use crate::component::alertmanager::WEB;
use crate::component::observe::{Alert, Dashboard, Metrics, Panel, RuleGroup, Severity, Unit};
use crate::literal::{Duration, Name};

pub(super) fn metrics(name: &Name) -> Metrics {
    Metrics::new(
        name,
        name,
        WEB,
        "alertmanager 0.26",
        include_str!("metrics.tsv"),
    )
}

pub(super) fn rules(name: &Name, members: usize) -> RuleGroup {
    let together = format!("alertmanager_cluster_members{{$job}} < {members}");
    let alone = format!("{}x60", members.saturating_sub(1));
    let all = format!("{members}x60");
    RuleGroup::of(name)
        .record(
            "job:alertmanager_notifications:rate5m",
            "sum by (job, integration) (rate(alertmanager_notifications_total{$job}[5m]))",
        )
        .alert(
            Alert::new("AlertmanagerDown", Severity::Critical, Duration::minutes(2), "up{$job} == 0")
                .says(
                    "Alertmanager {{ $labels.instance }} does not answer",
                    "The other members tell people; while none is left, nobody is told of anything. Look at its log{{ with $labels.host }} on {{ . }}{{ end }}: \
                     a refused configuration stops it when it starts.",
                )
                .fires(
                    &[("up{$job,instance=\"a\",host=\"h\"}", "0x60")],
                    &[("job", "$name"), ("instance", "a"), ("host", "h")],
                )
                .silent(&[("up{$job,instance=\"a\",host=\"h\"}", "1x60")]),
        )
        .alert(
            Alert::new(
                "AlertmanagerConfigReloadFailed",
                Severity::Critical,
                Duration::minutes(5),
                "alertmanager_config_last_reload_successful{$job} == 0",
            )
            .says(
                "{{ $labels.instance }} goes on with its old configuration",
                "The file that it was last told to read is refused: new receivers hear of nothing. Its log says which line.",
            )
            .fires(
                &[("alertmanager_config_last_reload_successful{$job,instance=\"a\"}", "0x60")],
                &[("job", "$name"), ("instance", "a")],
            )
            .silent(&[("alertmanager_config_last_reload_successful{$job,instance=\"a\"}", "1x60")]),
        )
        .alert(
            Alert::new(
                "AlertmanagerNotificationsFailing",
                Severity::Critical,
                Duration::minutes(5),
                "sum by (job, integration) (rate(alertmanager_notifications_failed_total{$job}[5m])) > 0",
            )
            .says(
                "people are not told: {{ $labels.integration }} fails",
                "A receiver refuses what is sent to it, or does not answer. The log of each member says why: most often an \
                 outdated token or password. Look at the page of alerts until it is mended.",
            )
            .fires(
                &[(
                    "alertmanager_notifications_failed_total{$job,instance=\"a\",integration=\"webhook\",reason=\"other\"}",
                    "0+1x60",
                )],
                &[("job", "$name"), ("integration", "webhook")],
            )
            .silent(&[(
                "alertmanager_notifications_failed_total{$job,instance=\"a\",integration=\"webhook\",reason=\"other\"}",
                "7x60",
            )]),
        )
        .alert(
            Alert::new("AlertmanagerClusterSplit", Severity::Warning, Duration::minutes(10), &together)
                .says(
                    "{{ $labels.instance }} does not see all members of Alertmanager",
                    "Members that do not see each other tell people twice. Look whether all run, and whether TCP and UDP pass \
                     between their cluster ports.",
                )
                .fires(
                    &[("alertmanager_cluster_members{$job,instance=\"a\"}", &alone)],
                    &[("job", "$name"), ("instance", "a")],
                )
                .silent(&[("alertmanager_cluster_members{$job,instance=\"a\"}", &all)]),
        )
}

pub(super) fn dashboard(name: &Name) -> Dashboard {
    Dashboard::new(name.as_str()).over(
        name,
        [
            Panel::last("Members", Unit::UpDown, &[("up{$job}", "{{instance}}")]),
            Panel::lines(
                "Members that each sees",
                Unit::Number,
                &[("alertmanager_cluster_members{$job}", "{{instance}}")],
            ),
            Panel::lines(
                "Alerts",
                Unit::Number,
                &[("max by (state) (alertmanager_alerts{$job})", "{{state}}")],
            ),
            Panel::lines(
                "Messages",
                Unit::PerSecond,
                &[("job:alertmanager_notifications:rate5m{$job}", "{{integration}}")],
            ),
            Panel::lines(
                "Messages that failed",
                Unit::PerSecond,
                &[(
                    "sum by (integration) (rate(alertmanager_notifications_failed_total{$job}[5m]))",
                    "{{integration}}",
                )],
            ),
        ],
    )
}
