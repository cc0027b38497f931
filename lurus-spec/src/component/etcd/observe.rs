//! What etcd says of itself.

use crate::component::etcd::METRICS;
use crate::component::observe::{Alert, Dashboard, Metrics, Panel, RuleGroup, Severity, Unit};
use crate::literal::{Duration, Name};

pub(super) fn metrics(name: &Name) -> Metrics {
    Metrics::new(
        name,
        name,
        METRICS,
        "etcd 3.5.9",
        include_str!("metrics.tsv"),
    )
}

const ONE: &[(&str, &str)] = &[("job", "$name"), ("instance", "a")];

/// Alerts of a cluster of so many members.
pub(super) fn rules(name: &Name, members: usize) -> RuleGroup {
    let majority = members / 2 + 1;
    let lost = format!("sum by (job) (up{{$job}}) < {majority}");
    let at_risk = format!("sum by (job) (up{{$job}}) == {majority}");
    // So many members that answer, one that does not.
    let up: Vec<(String, &str)> = (1..=majority)
        .map(|member| (format!("up{{$job,instance=\"{member}\"}}"), "1x60"))
        .collect();
    let up: Vec<(&str, &str)> = up
        .iter()
        .map(|(series, values)| (series.as_str(), *values))
        .collect();
    let another = ("up{$job,instance=\"z\"}", "1x60");
    let more = [&up[..], &[another]].concat();
    let fewer = &up[1..];
    let fewer = if fewer.is_empty() {
        &[("up{$job,instance=\"1\"}", "0x60")]
    } else {
        fewer
    };
    let group = RuleGroup::of(name)
        .record(
            "job:etcd_disk_wal_fsync_duration_seconds:p99_5m",
            "histogram_quantile(0.99, sum by (job, le) (rate(etcd_disk_wal_fsync_duration_seconds_bucket{$job}[5m])))",
        )
        .record(
            "job:etcd_mvcc_db_total_size_in_bytes:max",
            "max by (job) (etcd_mvcc_db_total_size_in_bytes{$job})",
        )
        .alert(Alert::down(
            "EtcdMemberDown",
            Severity::Critical,
            "etcd {{ $labels.instance }} does not answer",
            "A majority goes on without it; one more loss may end that. Look at its log on {{ $labels.host }}. A member whose volume \
             is lost has to be replaced: see the book.",
        ))
        .alert(
            Alert::new("EtcdQuorumLost", Severity::Critical, Duration::minutes(1), lost)
                .says(
                    "etcd has lost its majority",
                    "Nobody can be elected: the primary of PostgreSQL stays as long as its members see each other, and is not replaced. \
                     Bring back members of etcd, the ones with their volumes first.",
                )
                .fires(fewer, &[("job", "$name")])
                .silent(&up),
        )
        .alert(
            Alert::new(
                "EtcdNoLeader",
                Severity::Critical,
                Duration::minutes(1),
                "etcd_server_has_leader{$job} == 0",
            )
            .says(
                "etcd {{ $labels.instance }} sees no leader",
                "It answers no reads and writes. When all members say so the majority is lost; when one does, the network between \
                 it and the others is cut.",
            )
            .fires(&[("etcd_server_has_leader{$job,instance=\"a\"}", "0x60")], ONE)
            .silent(&[("etcd_server_has_leader{$job,instance=\"a\"}", "1x60")]),
        )
        .alert(
            Alert::new(
                "EtcdLeaderChanges",
                Severity::Warning,
                Duration::minutes(5),
                "increase(etcd_server_leader_changes_seen_total{$job}[15m]) > 3",
            )
            .says(
                "etcd elects its leader again and again, as {{ $labels.instance }} sees it",
                "Heartbeats arrive too late: look at the disks and processors of its hosts, and at the round trips between them.",
            )
            .fires(&[("etcd_server_leader_changes_seen_total{$job,instance=\"a\"}", "0+9x60")], ONE)
            .silent(&[("etcd_server_leader_changes_seen_total{$job,instance=\"a\"}", "1x60")]),
        )
        .alert(
            Alert::new(
                "EtcdWalFsyncSlow",
                Severity::Warning,
                Duration::minutes(10),
                "histogram_quantile(0.99, sum by (job, instance, le) (rate(etcd_disk_wal_fsync_duration_seconds_bucket{$job}[5m]))) > 0.5",
            )
            .says(
                "the disk of etcd {{ $labels.instance }} takes over half a second to make a write safe",
                "Elections follow when it becomes longer than the election timeout. See what else writes to that disk, and move it away.",
            )
            .fires(
                &[
                    ("etcd_disk_wal_fsync_duration_seconds_bucket{$job,instance=\"a\",le=\"0.5\"}", "0x60"),
                    ("etcd_disk_wal_fsync_duration_seconds_bucket{$job,instance=\"a\",le=\"1\"}", "0+10x60"),
                    ("etcd_disk_wal_fsync_duration_seconds_bucket{$job,instance=\"a\",le=\"+Inf\"}", "0+10x60"),
                ],
                ONE,
            )
            .silent(&[
                ("etcd_disk_wal_fsync_duration_seconds_bucket{$job,instance=\"a\",le=\"0.01\"}", "0+10x60"),
                ("etcd_disk_wal_fsync_duration_seconds_bucket{$job,instance=\"a\",le=\"+Inf\"}", "0+10x60"),
            ]),
        )
        .alert(
            Alert::new(
                "EtcdDatabaseNearQuota",
                Severity::Critical,
                Duration::minutes(10),
                "etcd_mvcc_db_total_size_in_bytes{$job} / etcd_server_quota_backend_bytes{$job} > 0.8",
            )
            .says(
                "etcd {{ $labels.instance }} has used four fifths of its quota",
                "Beyond the quota every write is refused. Compact and defragment (`etcdctl compaction`, `etcdctl defrag`, one member at a \
                 time) as the book says, or raise `.quota(…)`.",
            )
            .fires(
                &[
                    ("etcd_mvcc_db_total_size_in_bytes{$job,instance=\"a\"}", "90x60"),
                    ("etcd_server_quota_backend_bytes{$job,instance=\"a\"}", "100x60"),
                ],
                ONE,
            )
            .silent(&[
                ("etcd_mvcc_db_total_size_in_bytes{$job,instance=\"a\"}", "10x60"),
                ("etcd_server_quota_backend_bytes{$job,instance=\"a\"}", "100x60"),
            ]),
        )
        .alert(
            Alert::new(
                "EtcdProposalsFailing",
                Severity::Warning,
                Duration::minutes(5),
                "increase(etcd_server_proposals_failed_total{$job}[15m]) > 5",
            )
            .says(
                "writes through etcd {{ $labels.instance }} fail",
                "An election or a lost majority; when neither is there, look at its disk and at the network.",
            )
            .fires(&[("etcd_server_proposals_failed_total{$job,instance=\"a\"}", "0+20x60")], ONE)
            .silent(&[("etcd_server_proposals_failed_total{$job,instance=\"a\"}", "9x60")]),
        );
    if members < 3 {
        return group;
    }
    group.alert(
        Alert::new("EtcdQuorumAtRisk", Severity::Warning, Duration::minutes(5), at_risk)
            .says(
                "one more loss stops etcd",
                "Just a majority of its members answers. Bring back the ones that do not, before anything else is restarted.",
            )
            .fires(&up, &[("job", "$name")])
            .silent(&more),
    )
}

pub(super) fn dashboard(name: &Name) -> Dashboard {
    Dashboard::new(name.as_str()).over(
        name,
        [
            Panel::last("Members", Unit::UpDown, &[("up{$job}", "{{instance}}")]),
            Panel::last("Sees a leader", Unit::UpDown, &[("etcd_server_has_leader{$job}", "{{instance}}")]),
            Panel::lines(
                "Elections",
                Unit::Number,
                &[("increase(etcd_server_leader_changes_seen_total{$job}[15m])", "{{instance}}")],
            ),
            Panel::lines(
                "Time to make a write safe, 99 of 100",
                Unit::Seconds,
                &[(
                    "histogram_quantile(0.99, sum by (instance, le) (rate(etcd_disk_wal_fsync_duration_seconds_bucket{$job}[5m])))",
                    "{{instance}}",
                )],
            ),
            Panel::lines(
                "Database",
                Unit::Bytes,
                &[("etcd_mvcc_db_total_size_in_bytes{$job}", "{{instance}}")],
            ),
            Panel::lines(
                "Writes",
                Unit::PerSecond,
                &[("rate(etcd_server_proposals_committed_total{$job}[5m])", "{{instance}}")],
            ),
        ],
    )
}
