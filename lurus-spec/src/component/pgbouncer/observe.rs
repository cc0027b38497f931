//! What the exporter of PgBouncer tells, and which rules and panels read it.

use crate::component::Declaration;
use crate::component::observe::{Alert, Dashboard, Metrics, Panel, RuleGroup, Severity, Unit};
use crate::component::pgbouncer::METRICS;
use crate::literal::{Duration, Name};

pub(super) fn declare(name: &Name, exporter: &Name, declaration: &mut Declaration) {
    declaration.metrics.push(Metrics {
        beside: Some(name.clone()),
        ..Metrics::new(
            name,
            exporter,
            METRICS,
            "pgbouncer_exporter 0.7.0",
            include_str!("metrics.tsv"),
        )
    });
    declaration.rule_groups.push(rules(name));
    declaration.dashboards.push(dashboard(name));
}

fn rules(job: &Name) -> RuleGroup {
    let minutes = |minutes: u64| Duration::secs(minutes * 60);
    RuleGroup::of(job)
        .record(
            "job:pgbouncer_client_waiting_connections:sum",
            "sum by (job, database) (pgbouncer_pools_client_waiting_connections{$job})",
        )
        .record(
            "job:pgbouncer_transactions:rate5m",
            "sum by (job, database) (rate(pgbouncer_stats_sql_transactions_pooled_total{$job}[5m]))",
        )
        .alert(
            Alert::new(
                "PgBouncerDown",
                Severity::Critical,
                minutes(1),
                "pgbouncer_up{$job} == 0",
            )
            .says(
                "PgBouncer {{ $labels.instance }} does not answer its exporter",
                "Applications that use it have no way to the database. See whether it runs and what it wrote last.",
            )
            .fires(
                &[("pgbouncer_up{$job,instance=\"p\"}", "0x10")],
                &[("job", "$name"), ("instance", "p")],
            )
            .silent(&[("pgbouncer_up{$job,instance=\"p\"}", "1x10")]),
        )
        .alert(
            Alert::new(
                "PgBouncerClientsWaiting",
                Severity::Warning,
                minutes(2),
                "sum by (job, instance, database) (pgbouncer_pools_client_waiting_connections{$job}) > 10",
            )
            .says(
                "more than ten clients of {{ $labels.database }} wait for a connection at {{ $labels.instance }}",
                "Transactions are slower or more than the pool carries. Look for long transactions; a larger pool needs room in max_connections.",
            )
            .fires(
                &[(
                    "pgbouncer_pools_client_waiting_connections{$job,instance=\"p\",database=\"d\",user=\"u\"}",
                    "30x10",
                )],
                &[("job", "$name"), ("instance", "p"), ("database", "d")],
            )
            .silent(&[(
                "pgbouncer_pools_client_waiting_connections{$job,instance=\"p\",database=\"d\",user=\"u\"}",
                "0x10",
            )]),
        )
        .alert(
            Alert::new(
                "PgBouncerMaxWait",
                Severity::Critical,
                minutes(2),
                "max by (job, instance, database) (pgbouncer_pools_client_maxwait_seconds{$job}) > 5",
            )
            .says(
                "clients of {{ $labels.database }} wait for seconds for a connection at {{ $labels.instance }}",
                "Either the server lets nobody in, as during a failover that does not end, or every connection of the pool is in a long transaction.",
            )
            .fires(
                &[(
                    "pgbouncer_pools_client_maxwait_seconds{$job,instance=\"p\",database=\"d\",user=\"u\"}",
                    "9x10",
                )],
                &[("job", "$name"), ("instance", "p"), ("database", "d")],
            )
            .silent(&[(
                "pgbouncer_pools_client_maxwait_seconds{$job,instance=\"p\",database=\"d\",user=\"u\"}",
                "1x10",
            )]),
        )
        .alert(
            Alert::new(
                "PgBouncerClientLimit",
                Severity::Warning,
                minutes(5),
                "pgbouncer_used_clients{$job} / pgbouncer_config_max_client_connections{$job} > 0.9",
            )
            .says(
                "PgBouncer {{ $labels.instance }} has nearly as many clients as it takes",
                "Beyond the limit clients are refused. See which application opens them; raise max_clients when they are meant.",
            )
            .fires(
                &[
                    ("pgbouncer_used_clients{$job,instance=\"p\"}", "95x15"),
                    (
                        "pgbouncer_config_max_client_connections{$job,instance=\"p\"}",
                        "100x15",
                    ),
                ],
                &[("job", "$name"), ("instance", "p")],
            )
            .silent(&[
                ("pgbouncer_used_clients{$job,instance=\"p\"}", "50x15"),
                (
                    "pgbouncer_config_max_client_connections{$job,instance=\"p\"}",
                    "100x15",
                ),
            ]),
        )
}

fn dashboard(job: &Name) -> Dashboard {
    Dashboard::new(job.as_str()).over(
        job,
        [
            Panel::last(
                "Up",
                Unit::UpDown,
                &[("pgbouncer_up{$job}", "{{instance}}")],
            ),
            Panel::lines(
                "Clients that wait",
                Unit::Number,
                &[(
                    "sum by (instance, database) (pgbouncer_pools_client_waiting_connections{$job})",
                    "{{instance}} {{database}}",
                )],
            ),
            Panel::lines(
                "Longest wait",
                Unit::Seconds,
                &[(
                    "max by (instance, database) (pgbouncer_pools_client_maxwait_seconds{$job})",
                    "{{instance}} {{database}}",
                )],
            ),
            Panel::lines(
                "Connections to the server, in use",
                Unit::Number,
                &[(
                    "sum by (instance, database) (pgbouncer_pools_server_active_connections{$job})",
                    "{{instance}} {{database}}",
                )],
            ),
            Panel::lines(
                "Connections to the server, of those that are allowed",
                Unit::Ratio,
                &[(
                    "pgbouncer_databases_current_connections{$job} / (pgbouncer_databases_max_connections{$job} > 0)",
                    "{{instance}} {{name}}",
                )],
            ),
            Panel::lines(
                "Clients, of those that are allowed",
                Unit::Ratio,
                &[(
                    "pgbouncer_used_clients{$job} / pgbouncer_config_max_client_connections{$job}",
                    "{{instance}}",
                )],
            ),
            Panel::lines(
                "Transactions",
                Unit::PerSecond,
                &[(
                    "sum by (instance, database) (rate(pgbouncer_stats_sql_transactions_pooled_total{$job}[5m]))",
                    "{{instance}} {{database}}",
                )],
            ),
            Panel::lines(
                "Received and sent",
                Unit::BytesPerSecond,
                &[
                    (
                        "sum by (instance) (rate(pgbouncer_stats_received_bytes_total{$job}[5m]))",
                        "{{instance}} received",
                    ),
                    (
                        "sum by (instance) (rate(pgbouncer_stats_sent_bytes_total{$job}[5m]))",
                        "{{instance}} sent",
                    ),
                ],
            ),
        ],
    )
}
