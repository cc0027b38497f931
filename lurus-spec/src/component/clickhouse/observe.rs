//! What ClickHouse says of itself.

use crate::component::clickhouse::METRICS;
use crate::component::observe::{Alert, Dashboard, Metrics, Panel, RuleGroup, Severity, Unit};
use crate::literal::{Duration, Name};

pub(super) fn metrics(name: &Name) -> Metrics {
    Metrics::new(
        name,
        name,
        METRICS,
        "clickhouse 23.8",
        include_str!("metrics.tsv"),
    )
}

pub(super) fn rules(name: &Name) -> RuleGroup {
    let minutes = |minutes: u64| Duration::secs(minutes * 60);
    let labels = [("job", "$name"), ("instance", "a")];
    RuleGroup::of(name)
        .record(
            "job:clickhouse_inserted_rows:rate5m",
            "sum by (job) (rate(ClickHouseProfileEvents_InsertedRows{$job}[5m]))",
        )
        .alert(
            Alert::new("ClickHouseDown", Severity::Critical, minutes(2), "up{$job} == 0")
                .says(
                    "ClickHouse {{ $labels.instance }} does not answer",
                    "No line of a log is stored meanwhile. Look at its log: a full volume or memory limit stops it.",
                )
                .fires(&[("up{$job,instance=\"a\"}", "0x60")], &labels)
                .silent(&[("up{$job,instance=\"a\"}", "1x60")]),
        )
        .alert(
            Alert::new(
                "ClickHouseInsertsDelayed",
                Severity::Warning,
                minutes(5),
                "ClickHouseMetrics_DelayedInserts{$job} > 0",
            )
            .says(
                "ClickHouse slows writers down",
                "There are too many small parts: the writer has to send more lines at once, at most once a second.",
            )
            .fires(
                &[("ClickHouseMetrics_DelayedInserts{$job,instance=\"a\"}", "3x60")],
                &labels,
            )
            .silent(&[("ClickHouseMetrics_DelayedInserts{$job,instance=\"a\"}", "0x60")]),
        )
        .alert(
            Alert::new(
                "ClickHouseInsertsRejected",
                Severity::Critical,
                minutes(0),
                "increase(ClickHouseProfileEvents_RejectedInserts{$job}[5m]) > 0",
            )
            .says(
                "ClickHouse refuses lines of logs",
                "There are far too many small parts: the writer has to send more lines at once. What it cannot keep is lost.",
            )
            .fires(
                &[("ClickHouseProfileEvents_RejectedInserts{$job,instance=\"a\"}", "0+1x60")],
                &labels,
            )
            .silent(&[("ClickHouseProfileEvents_RejectedInserts{$job,instance=\"a\"}", "4x60")]),
        )
        .alert(
            Alert::new(
                "ClickHouseQueriesFailing",
                Severity::Warning,
                minutes(5),
                "rate(ClickHouseProfileEvents_FailedQuery{$job}[5m]) \
                 / (rate(ClickHouseProfileEvents_Query{$job}[5m]) > 0) > 0.1",
            )
            .says(
                "more than a tenth of the queries of ClickHouse fail",
                "`SELECT query, exception FROM system.query_log WHERE type > 2 ORDER BY event_time DESC LIMIT 10` says which.",
            )
            .fires(
                &[
                    ("ClickHouseProfileEvents_FailedQuery{$job,instance=\"a\"}", "0+30x60"),
                    ("ClickHouseProfileEvents_Query{$job,instance=\"a\"}", "0+100x60"),
                ],
                &labels,
            )
            .silent(&[
                ("ClickHouseProfileEvents_FailedQuery{$job,instance=\"a\"}", "0+1x60"),
                ("ClickHouseProfileEvents_Query{$job,instance=\"a\"}", "0+100x60"),
            ]),
        )
}

pub(super) fn dashboard(name: &Name) -> Dashboard {
    Dashboard::new(name.as_str()).over(
        name,
        [
            Panel::last("It answers", Unit::UpDown, &[("up{$job}", "{{instance}}")]),
            Panel::lines(
                "Lines stored",
                Unit::PerSecond,
                &[(
                    "rate(ClickHouseProfileEvents_InsertedRows{$job}[5m])",
                    "{{instance}}",
                )],
            ),
            Panel::lines(
                "Bytes stored, before compression",
                Unit::BytesPerSecond,
                &[(
                    "rate(ClickHouseProfileEvents_InsertedBytes{$job}[5m])",
                    "{{instance}}",
                )],
            ),
            Panel::lines(
                "Queries",
                Unit::PerSecond,
                &[
                    ("rate(ClickHouseProfileEvents_Query{$job}[5m])", "all"),
                    (
                        "rate(ClickHouseProfileEvents_FailedQuery{$job}[5m])",
                        "failed",
                    ),
                ],
            ),
            Panel::lines(
                "Writers that are slowed down",
                Unit::Number,
                &[("ClickHouseMetrics_DelayedInserts{$job}", "{{instance}}")],
            ),
            Panel::lines(
                "Memory",
                Unit::Bytes,
                &[("ClickHouseMetrics_MemoryTracking{$job}", "{{instance}}")],
            ),
        ],
    )
}
