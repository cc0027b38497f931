//! What is watched of PostgreSQL itself, whatever keeps it available: an exporter stands beside each server and logs in as
//! the role `monitor`.

use std::collections::BTreeMap;

use crate::component::observe::{
    self, Alert, EXPORTED, Metrics, Panel, RuleGroup, Severity, Unit, exporter_resources,
};
use crate::component::postgres::SQL;
use crate::component::{Group, Lowering, Site};
use crate::literal::{Duration, Name, Port};
use crate::model::{HostRef, Meta, Setting};
use crate::plan::{Health, Symbol, Text, Workload, checked};
use crate::words::Words;

/// The inventory's name of the exporter's image.
const EXPORTER: &str = "postgres-exporter";

/// Exporters on the hosts of servers, on this port.
pub(in crate::component) fn exporters(
    meta: &Meta,
    site: &Site<'_>,
    group: &Name,
    hosts: &[HostRef],
    port: Setting<Port>,
) -> Group {
    let hosts = hosts.iter().copied();
    observe::exporters(meta, site, group, EXPORTER, hosts, port)
}

pub(in crate::component) fn metrics(servers: &Name, exporter: &Name) -> Metrics {
    Metrics {
        beside: Some(servers.clone()),
        ..Metrics::new(
            exporter,
            exporter,
            EXPORTED,
            "postgres_exporter 0.15.0",
            include_str!("metrics.tsv"),
        )
    }
}

/// Exporters beside the servers of a component.
pub(in crate::component) fn exporter(
    meta: &Meta,
    servers: &Name,
    group: &Name,
    lowering: &Lowering<'_>,
) -> Workload {
    let port = Symbol::OwnPort(EXPORTED.into());
    let server = Symbol::Beside(servers.clone(), SQL.into());
    Workload {
        command: vec![Text::from(format!(
            "--web.listen-address={}:{port}",
            Symbol::OwnBind
        ))],
        env: BTreeMap::from([
            (
                checked("DATA_SOURCE_URI"),
                format!("{server}/postgres?sslmode=disable").into(),
            ),
            (checked("DATA_SOURCE_USER"), "monitor".into()),
            (
                checked("DATA_SOURCE_PASS"),
                Symbol::Secret(meta.secret("monitor-password")).into(),
            ),
        ]),
        health: Some(Health::http(EXPORTED, "/", Duration::secs(10))),
        unprivileged: Some((65_534, 65_534)),
        ..lowering.workload(
            meta,
            group,
            Words::new("metrics of PostgreSQL", "PostgreSQL 指标"),
            exporter_resources(meta),
        )
    }
}

const ONE: &[(&str, &str)] = &[("job", "$name"), ("instance", "a")];

pub(in crate::component) fn rules(job: &Name) -> RuleGroup {
    RuleGroup::of(job)
        .record(
            "job:pg_stat_activity_count:sum",
            "sum by (job) (pg_stat_activity_count{$job})",
        )
        .record(
            "job:pg_stat_database_xact_commit:rate5m",
            "sum by (job) (rate(pg_stat_database_xact_commit{$job}[5m]))",
        )
        .alert(Alert::down(
            "PostgresExporterDown",
            Severity::Warning,
            "nobody says how PostgreSQL {{ $labels.instance }} is",
            "The exporter{{ with $labels.host }} on {{ . }}{{ end }} does not answer, so that full connections or a replica that lags would not be seen. Look \
             at its log.",
        ))
        .alert(
            Alert::new("PostgresDown", Severity::Critical, Duration::minutes(1), "pg_up{$job} == 0")
                .says(
                    "PostgreSQL {{ $labels.instance }} lets nobody in",
                    "It does not run, or all of its connections are taken. While the primary is away, no write succeeds. Look at \
                     its log.",
                )
                .fires(&[("pg_up{$job,instance=\"a\"}", "0x60")], ONE)
                .silent(&[("pg_up{$job,instance=\"a\"}", "1x60")]),
        )
        .alert(
            Alert::new(
                "PostgresReplicationLag",
                Severity::Warning,
                Duration::minutes(5),
                "(pg_replication_lag_seconds{$job} > 30) and on (job, instance) (pg_replication_is_replica{$job} == 1)",
            )
            .says(
                "replica {{ $labels.instance }} is more than 30 s behind",
                "Reads from it are old, and it is the last that should take over. Look at its disk and at long queries on it.",
            )
            .fires(
                &[
                    ("pg_replication_lag_seconds{$job,instance=\"a\"}", "60x60"),
                    ("pg_replication_is_replica{$job,instance=\"a\"}", "1x60"),
                ],
                ONE,
            )
            .silent(&[
                ("pg_replication_lag_seconds{$job,instance=\"a\"}", "60x60"),
                ("pg_replication_is_replica{$job,instance=\"a\"}", "0x60"),
            ]),
        )
        .alert(
            Alert::new(
                "PostgresConnectionsHigh",
                Severity::Warning,
                Duration::minutes(5),
                "sum by (job, instance) (pg_stat_activity_count{$job}) / min by (job, instance) (pg_settings_max_connections{$job}) > 0.85",
            )
            .says(
                "PostgreSQL {{ $labels.instance }} has few connections left",
                "Beyond the last one, applications are refused. Look for idle transactions and pools that are too large before raising \
                 `.max_connections(…)`.",
            )
            .fires(
                &[
                    ("pg_stat_activity_count{$job,instance=\"a\",datname=\"d\",state=\"idle\"}", "190x60"),
                    ("pg_settings_max_connections{$job,instance=\"a\",server=\"x\"}", "200x60"),
                ],
                ONE,
            )
            .silent(&[
                ("pg_stat_activity_count{$job,instance=\"a\",datname=\"d\",state=\"idle\"}", "20x60"),
                ("pg_settings_max_connections{$job,instance=\"a\",server=\"x\"}", "200x60"),
            ]),
        )
        .alert(
            Alert::new(
                "PostgresDeadlocks",
                Severity::Warning,
                Duration::minutes(1),
                "sum by (job, instance, datname) (increase(pg_stat_database_deadlocks{$job}[10m])) > 5",
            )
            .says(
                "transactions of database {{ $labels.datname }} block each other",
                "Some were rolled back. The server's log shows the statements: they take the same rows in a different order.",
            )
            .fires(
                &[("pg_stat_database_deadlocks{$job,instance=\"a\",datid=\"1\",datname=\"d\"}", "0+9x60")],
                &[ONE, &[("datname", "d")]].concat(),
            )
            .silent(&[("pg_stat_database_deadlocks{$job,instance=\"a\",datid=\"1\",datname=\"d\"}", "9x60")]),
        )
        .alert(
            Alert::new(
                "PostgresLongTransaction",
                Severity::Warning,
                Duration::minutes(5),
                "max by (job, instance, datname) (pg_stat_activity_max_tx_duration{$job,state=~\"active|idle in transaction.*\"}) > 1800",
            )
            .says(
                "a transaction in database {{ $labels.datname }} has been open for half an hour",
                "Meanwhile old rows are kept and tables grow. `pg_stat_activity` shows who it is; `pg_terminate_backend` ends it.",
            )
            .fires(
                &[("pg_stat_activity_max_tx_duration{$job,instance=\"a\",datname=\"d\",state=\"active\"}", "3600x60")],
                &[ONE, &[("datname", "d")]].concat(),
            )
            .silent(&[("pg_stat_activity_max_tx_duration{$job,instance=\"a\",datname=\"d\",state=\"idle\"}", "3600x60")]),
        )
        .alert(
            Alert::new(
                "PostgresSlotRetainsWal",
                Severity::Critical,
                Duration::minutes(10),
                "max by (job, instance, slot_name) (pg_replication_slots_pg_wal_lsn_diff{$job}) > 3221225472",
            )
            .says(
                "PostgreSQL {{ $labels.instance }} keeps more than 3 GiB for slot {{ $labels.slot_name }}",
                "Whoever reads it is gone or too slow. At 4 GiB the slot is given up, and its member has to be copied anew; bring the \
                 member back before, or drop the slot when nobody needs it.",
            )
            .fires(
                &[("pg_replication_slots_pg_wal_lsn_diff{$job,instance=\"a\",slot_name=\"s\"}", "4000000000x60")],
                &[ONE, &[("slot_name", "s")]].concat(),
            )
            .silent(&[("pg_replication_slots_pg_wal_lsn_diff{$job,instance=\"a\",slot_name=\"s\"}", "1000x60")]),
        )
}

pub(in crate::component) fn panels() -> [Panel; 4] {
    [
        Panel::last(
            "PostgreSQL answers",
            Unit::UpDown,
            &[("pg_up{$job}", "{{instance}}")],
        ),
        Panel::lines(
            "Connections",
            Unit::Number,
            &[(
                "sum by (instance, state) (pg_stat_activity_count{$job})",
                "{{instance}} {{state}}",
            )],
        ),
        Panel::lines(
            "Transactions",
            Unit::PerSecond,
            &[(
                "sum by (instance) (rate(pg_stat_database_xact_commit{$job}[5m]))",
                "{{instance}}",
            )],
        ),
        Panel::lines(
            "Size of databases",
            Unit::Bytes,
            &[(
                "max by (datname) (pg_database_size_bytes{$job})",
                "{{datname}}",
            )],
        ),
    ]
}
