//! What is watched of a primary and its standbys, beside what is watched of every PostgreSQL: nobody elects here, so that
//! somebody has to be told when there is no primary, or a second one.

use crate::component::observe::{Alert, Panel, RuleGroup, Severity, Unit};
use crate::component::postgres::observe as postgres;
use crate::literal::{Duration, Name};

const SCOPE: &[(&str, &str)] = &[("job", "$name")];

/// Rules over the series of the exporters.
pub(super) fn rules(exporter: &Name) -> RuleGroup {
    let role = |member: &str| format!("pg_replication_is_replica{{$job,instance=\"{member}\"}}");
    let (first, second) = (role("a"), role("b"));
    let slot = "pg_replication_slots_active{$job,instance=\"a\",slot_name=\"pg_2\",server=\"x\"}";
    let behind = "pg_stat_replication_pg_wal_lsn_diff{$job,instance=\"a\",application_name=\"pg-2\",client_addr=\"10.0.1.12\",\
                  state=\"streaming\",server=\"x\"}";
    let standby = |label, value| [SCOPE, &[("instance", "a"), (label, value)]].concat();
    postgres::rules(exporter)
        .record(
            "job:pg_primaries:sum",
            "sum by (job) (1 - pg_replication_is_replica{$job})",
        )
        .record(
            "job:pg_stat_replication_pg_wal_lsn_diff:max",
            "max by (job) (pg_stat_replication_pg_wal_lsn_diff{$job})",
        )
        .alert(
            Alert::new(
                "PostgresNoPrimary",
                Severity::Critical,
                Duration::minutes(1),
                "sum by (job) (1 - pg_replication_is_replica{$job}) < 1",
            )
            .says(
                "no member of PostgreSQL takes writes",
                "The primary does not answer, and nobody takes its place by itself. Bring it back, or promote a standby as the book \
                 says: `The primary is lost`.",
            )
            .fires(&[(&second, "1x60")], SCOPE)
            .silent(&[(&first, "0x60"), (&second, "1x60")]),
        )
        .alert(
            Alert::new(
                "PostgresTwoPrimaries",
                Severity::Critical,
                Duration::minutes(1),
                "sum by (job) (1 - pg_replication_is_replica{$job}) > 1",
            )
            .says(
                "two members of PostgreSQL take writes",
                "Their data parts with each write. Stop the one that the description does not name; what was written to it has to be \
                 carried over by hand.",
            )
            .fires(&[(&first, "0x60"), (&second, "0x60")], SCOPE)
            .silent(&[(&first, "0x60"), (&second, "1x60")]),
        )
        .alert(
            Alert::new(
                "PostgresStandbyGone",
                Severity::Warning,
                Duration::minutes(5),
                "max by (job, instance, slot_name) (pg_replication_slots_active{$job}) == 0",
            )
            .says(
                "no standby follows {{ $labels.instance }} by slot {{ $labels.slot_name }}",
                "What it writes is kept there for the standby, 4 GiB at most. Start the standby, whose log says why it does not follow. \
                 When its data is lost, or the slot was given up, let it copy the primary anew; when there is no such member any more, \
                 drop the slot.",
            )
            .fires(&[(slot, "0x60")], &standby("slot_name", "pg_2"))
            .silent(&[(slot, "1x60")]),
        )
        .alert(
            Alert::new(
                "PostgresStandbyLagBytes",
                Severity::Warning,
                Duration::minutes(5),
                "max by (job, instance, application_name) (pg_stat_replication_pg_wal_lsn_diff{$job}) > 67108864",
            )
            .says(
                "standby {{ $labels.application_name }} is more than 64 MiB behind",
                "Reads from it are old, and what it lacks is lost with the primary. Look at its disk and at long queries on it.",
            )
            .fires(&[(behind, "100000000x60")], &standby("application_name", "pg-2"))
            .silent(&[(behind, "1000x60")]),
        )
}

pub(super) fn panels() -> [Panel; 3] {
    [
        Panel::last(
            "Primary",
            Unit::Number,
            &[("pg_replication_is_replica{$job} == 0", "{{instance}}")],
        ),
        Panel::last(
            "Standbys that follow",
            Unit::UpDown,
            &[(
                "max by (slot_name) (pg_replication_slots_active{$job})",
                "{{slot_name}}",
            )],
        ),
        Panel::lines(
            "How far standbys are behind",
            Unit::Bytes,
            &[(
                "max by (application_name) (pg_stat_replication_pg_wal_lsn_diff{$job})",
                "{{application_name}}",
            )],
        ),
    ]
}
