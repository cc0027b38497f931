//! What Patroni says of its members.

use crate::component::observe::{Alert, Metrics, Panel, RuleGroup, Severity, Unit};
use crate::component::patroni::REST;
use crate::literal::{Duration, Name};

pub(in crate::component) fn metrics(name: &Name) -> Metrics {
    Metrics::new(
        name,
        name,
        REST,
        "patroni 3.2.0",
        include_str!("metrics.tsv"),
    )
}

const SCOPE: &[(&str, &str)] = &[("job", "$name"), ("scope", "s")];
const MEMBER: &[(&str, &str)] = &[
    ("job", "$name"),
    ("instance", "a"),
    ("scope", "s"),
    ("name", "n"),
];

/// Alerts of members that elect in this store, of which a commit waits for a second one, or not.
pub(in crate::component) fn rules(name: &Name, synchronous: bool, store: &str) -> RuleGroup {
    let of = |metric: &str, member: &str| {
        format!(
            "{metric}{{$job,instance=\"{member}\",scope=\"s\",name=\"{}\"}}",
            if member == "a" { "n" } else { "m" }
        )
    };
    let one = |metric: &str| of(metric, "a");
    let primary = one("patroni_primary");
    let standby = one("patroni_standby_leader");
    let other = of("patroni_primary", "b");
    let group = RuleGroup::of(name)
        .record("job:patroni_primary:sum", "sum by (job, scope) (patroni_primary{$job})")
        .record(
            "job:patroni_replay_lag_bytes:max",
            "max by (job, scope) (max by (job, scope) (patroni_xlog_location{$job}) - on (job, scope) group_right () \
             (patroni_xlog_replayed_location{$job} and patroni_replica{$job} == 1))",
        )
        .alert(Alert::down(
            "PatroniDown",
            Severity::Critical,
            "Patroni {{ $labels.instance }} does not answer",
            "PostgreSQL may still run there without it. If it was the primary, another member has taken over or is about to. Look at its \
             log{{ with $labels.host }} on {{ . }}{{ end }}.",
        ))
        .alert(
            Alert::new(
                "PatroniNoLeader",
                Severity::Critical,
                Duration::minutes(1),
                "sum by (job, scope) (patroni_primary{$job}) + sum by (job, scope) (patroni_standby_leader{$job}) < 1",
            )
            .says(
                "PostgreSQL {{ $labels.scope }} has no primary",
                format!("No write succeeds. See whether {store} has its majority, and what `patronictl list` says of the members."),
            )
            .fires(&[(&primary, "0x60"), (&standby, "0x60")], SCOPE)
            .silent(&[(&primary, "1x60"), (&standby, "0x60")]),
        )
        .alert(
            Alert::new(
                "PatroniTwoLeaders",
                Severity::Critical,
                Duration::minutes(1),
                "sum by (job, scope) (patroni_primary{$job}) > 1",
            )
            .says(
                "two members of PostgreSQL {{ $labels.scope }} say that they are the primary",
                format!("One of them is isolated. `patronictl list` on a member that reaches {store} names the right one; stop the other."),
            )
            .fires(&[(&primary, "1x60"), (&other, "1x60")], SCOPE)
            .silent(&[(&primary, "1x60"), (&other, "0x60")]),
        )
        .alert(
            Alert::new(
                "PatroniPostgresDown",
                Severity::Critical,
                Duration::minutes(1),
                "patroni_postgres_running{$job} == 0",
            )
            .says(
                "PostgreSQL does not run on {{ $labels.instance }}",
                "Patroni runs and cannot start it: its log says why. A damaged member is copied anew with `patronictl reinit`.",
            )
            .fires(&[(&one("patroni_postgres_running"), "0x60")], MEMBER)
            .silent(&[(&one("patroni_postgres_running"), "1x60")]),
        )
        .alert(
            Alert::new(
                "PatroniReplicaNotStreaming",
                Severity::Warning,
                Duration::minutes(5),
                "patroni_replica{$job} == 1 and on (job, instance) patroni_postgres_streaming{$job} == 0",
            )
            .says(
                "replica {{ $labels.instance }} does not follow the primary",
                "It falls behind, and the primary keeps what it has not got until a limit. Look at its log: when what it needs is gone, \
                 copy it anew with `patronictl reinit`.",
            )
            .fires(
                &[(&one("patroni_replica"), "1x60"), (&one("patroni_postgres_streaming"), "0x60")],
                MEMBER,
            )
            .silent(&[(&one("patroni_replica"), "1x60"), (&one("patroni_postgres_streaming"), "1x60")]),
        )
        .alert(
            Alert::new(
                "PatroniReplicaLagBytes",
                Severity::Warning,
                Duration::minutes(5),
                "max by (job, scope) (patroni_xlog_location{$job}) - on (job, scope) group_right () \
                 (patroni_xlog_replayed_location{$job} and patroni_replica{$job} == 1) > 67108864",
            )
            .says(
                "replica {{ $labels.instance }} is more than 64 MiB behind",
                "Reads from it are old, and it is not elected. Look at its disk and at long queries on it.",
            )
            .fires(
                &[
                    (&of("patroni_xlog_location", "b"), "200000000x60"),
                    (&one("patroni_xlog_replayed_location"), "100000000x60"),
                    (&one("patroni_replica"), "1x60"),
                ],
                MEMBER,
            )
            .silent(&[
                (&of("patroni_xlog_location", "b"), "200000000x60"),
                (&one("patroni_xlog_replayed_location"), "199999999x60"),
                (&one("patroni_replica"), "1x60"),
            ]),
        )
        .alert(
            Alert::new(
                "PatroniDcsStale",
                Severity::Critical,
                Duration::minutes(1),
                "time() - patroni_dcs_last_seen{$job} > 60",
            )
            .says(
                format!("Patroni {{{{ $labels.instance }}}} has not reached {store} for a minute"),
                format!("The primary stays while all members see each other, and nobody can take over. Look at {store} and at the network to it."),
            )
            .fires(&[(&one("patroni_dcs_last_seen"), "0x60")], MEMBER)
            .silent(&[(&one("patroni_dcs_last_seen"), "0+60x60")]),
        )
        .alert(
            Alert::new(
                "PatroniFailsafeActive",
                Severity::Critical,
                Duration::minutes(1),
                "max by (job, scope) (patroni_failsafe_mode_is_active{$job}) == 1",
            )
            .says(
                format!("PostgreSQL {{{{ $labels.scope }}}} goes on without {store}"),
                format!("Losing one member now stops writes, since they must all agree. Bring back {store}; restart nothing else."),
            )
            .fires(&[(&one("patroni_failsafe_mode_is_active"), "1x60")], SCOPE)
            .silent(&[(&one("patroni_failsafe_mode_is_active"), "0x60")]),
        )
        .alert(
            Alert::new(
                "PatroniPaused",
                Severity::Warning,
                Duration::minutes(30),
                "max by (job, scope) (patroni_is_paused{$job}) == 1",
            )
            .says(
                "nobody takes over in PostgreSQL {{ $labels.scope }}: it is paused",
                "Somebody paused it for maintenance. `patronictl resume` ends that.",
            )
            .fires(&[(&one("patroni_is_paused"), "1x60")], SCOPE)
            .silent(&[(&one("patroni_is_paused"), "0x60")]),
        )
        .alert(
            Alert::new(
                "PatroniPendingRestart",
                Severity::Info,
                Duration::minutes(30),
                "patroni_pending_restart{$job} == 1",
            )
            .says(
                "{{ $labels.instance }} has settings that only a restart takes",
                "`patronictl restart` does it, replicas first.",
            )
            .fires(&[(&one("patroni_pending_restart"), "1x60")], MEMBER)
            .silent(&[(&one("patroni_pending_restart"), "0x60")]),
        )
        .alert(
            Alert::new(
                "PatroniFailover",
                Severity::Info,
                Duration::minutes(1),
                "max by (job, scope) (changes(patroni_postgres_timeline{$job}[10m])) > 0",
            )
            .says(
                "PostgreSQL {{ $labels.scope }} has a new primary",
                "When nobody moved it by hand, find out what happened to the old one before it happens again.",
            )
            .fires(&[(&one("patroni_postgres_timeline"), "1 2x60")], SCOPE)
            .silent(&[(&one("patroni_postgres_timeline"), "2x60")]),
        );
    if !synchronous {
        return group;
    }
    group.alert(
        Alert::new(
            "PatroniNoSyncStandby",
            Severity::Warning,
            Duration::minutes(10),
            "sum by (job, scope) (patroni_sync_standby{$job}) < 1",
        )
        .says(
            "no second member of PostgreSQL {{ $labels.scope }} confirms writes",
            "Losing the primary now loses what was written last. See which replica is gone or behind.",
        )
        .fires(&[(&one("patroni_sync_standby"), "0x60")], SCOPE)
        .silent(&[(&one("patroni_sync_standby"), "1x60")]),
    )
}

pub(in crate::component) fn panels() -> [Panel; 4] {
    [
        Panel::last(
            "Primary",
            Unit::Number,
            &[("patroni_primary{$job} == 1", "{{instance}}")],
        ),
        Panel::last(
            "Replicas that follow",
            Unit::UpDown,
            &[(
                "patroni_postgres_streaming{$job} and on (job, instance) patroni_replica{$job} == 1",
                "{{instance}}",
            )],
        ),
        Panel::lines(
            "How far replicas are behind",
            Unit::Bytes,
            &[(
                "max by (job, scope) (patroni_xlog_location{$job}) - on (job, scope) group_right () \
                 (patroni_xlog_replayed_location{$job} and patroni_replica{$job} == 1)",
                "{{instance}}",
            )],
        ),
        Panel::lines(
            "Timeline",
            Unit::Number,
            &[(
                "max by (scope) (patroni_postgres_timeline{$job})",
                "{{scope}}",
            )],
        ),
    ]
}
