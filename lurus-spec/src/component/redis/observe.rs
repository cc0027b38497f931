//! What is watched of a Redis Cluster. One exporter on each host asks every member on it, replicas included.

use crate::component::observe::{
    Alert, Asked, Dashboard, EXPORTED, Metrics, Panel, RuleGroup, Severity, Unit,
};
use crate::component::redis::CLIENT;
use crate::literal::{Duration, Name};

pub(super) fn metrics(name: &Name, exporter: &Name) -> Metrics {
    Metrics {
        path: "/scrape",
        asks: Some(Asked {
            group: name.clone(),
            port: CLIENT.into(),
            scheme: "redis://",
        }),
        ..Metrics::new(
            name,
            exporter,
            EXPORTED,
            "redis_exporter 1.55.0",
            include_str!("metrics.tsv"),
        )
    }
}

const ONE: &[(&str, &str)] = &[("job", "$name"), ("instance", "a")];

/// Alerts of a cluster of so many members.
pub(super) fn rules(name: &Name, members: usize) -> RuleGroup {
    let known = format!("redis_cluster_known_nodes{{$job}} < {members}");
    let (fewer, all) = (
        format!("{}x60", members.saturating_sub(1)),
        format!("{members}x60"),
    );
    RuleGroup::of(name)
        .record("job:redis_up:sum", "sum by (job) (redis_up{$job})")
        .record(
            "job:redis_memory_used_bytes:sum",
            "sum by (job) (redis_memory_used_bytes{$job})",
        )
        .record(
            "job:redis_commands_processed:rate5m",
            "sum by (job) (rate(redis_commands_processed_total{$job}[5m]))",
        )
        .alert(Alert::down(
            "RedisExporterDown",
            Severity::Warning,
            "nobody says how Redis {{ $labels.instance }} is",
            "The exporter on {{ $labels.host }} does not answer, so that a loss of this member would not be seen. Look at its log.",
        ))
        .alert(
            Alert::new("RedisDown", Severity::Critical, Duration::minutes(1), "redis_up{$job} == 0")
                .says(
                    "Redis {{ $labels.instance }} does not answer",
                    "If it was a master, a replica has taken over. Look at its log on {{ $labels.host }}; when it is back, it follows the \
                     new master: fail back as the book says, so that one host does not carry two masters.",
                )
                .fires(
                    &[("redis_up{$job,instance=\"a\",host=\"h\"}", "0x60")],
                    &[("job", "$name"), ("instance", "a"), ("host", "h")],
                )
                .silent(&[("redis_up{$job,instance=\"a\",host=\"h\"}", "1x60")]),
        )
        .alert(
            Alert::new(
                "RedisClusterDown",
                Severity::Critical,
                Duration::minutes(1),
                "redis_cluster_state{$job} == 0",
            )
            .says(
                "the Redis Cluster refuses commands, as {{ $labels.instance }} sees it",
                "A shard has no master, or this member sees no majority of masters. `redis-cli --cluster check` says which slots are \
                 lost; bring back a copy of that shard.",
            )
            .fires(&[("redis_cluster_state{$job,instance=\"a\"}", "0x60")], ONE)
            .silent(&[("redis_cluster_state{$job,instance=\"a\"}", "1x60")]),
        )
        .alert(
            Alert::new(
                "RedisClusterSlotsLost",
                Severity::Critical,
                Duration::minutes(1),
                "redis_cluster_slots_ok{$job} < 16384",
            )
            .says(
                "keys of the Redis Cluster have no master, as {{ $labels.instance }} sees it",
                "Commands on them fail. `redis-cli --cluster check` says which shard it is; bring back one of its copies.",
            )
            .fires(&[("redis_cluster_slots_ok{$job,instance=\"a\"}", "10922x60")], ONE)
            .silent(&[("redis_cluster_slots_ok{$job,instance=\"a\"}", "16384x60")]),
        )
        .alert(
            Alert::new("RedisClusterNodesMissing", Severity::Warning, Duration::minutes(5), known)
                .says(
                    "Redis {{ $labels.instance }} does not know all members of its cluster",
                    "A member was forgotten, or has never joined. Running the task that forms the cluster once more brings it in.",
                )
                .fires(&[("redis_cluster_known_nodes{$job,instance=\"a\"}", &fewer)], ONE)
                .silent(&[("redis_cluster_known_nodes{$job,instance=\"a\"}", &all)]),
        )
        .alert(
            Alert::new(
                "RedisReplicaLinkDown",
                Severity::Warning,
                Duration::minutes(2),
                "min by (job, instance, host) (redis_master_link_up{$job}) == 0",
            )
            .says(
                "Redis replica {{ $labels.instance }} has lost its master",
                "It falls behind, and does not take over once it is too old. Look at the network between them and at the log of both: \
                 buffers that are too small show there.",
            )
            .fires(
                &[("redis_master_link_up{$job,instance=\"a\",host=\"h\",master_host=\"m\",master_port=\"1\"}", "0x60")],
                &[("job", "$name"), ("instance", "a"), ("host", "h")],
            )
            .silent(&[("redis_master_link_up{$job,instance=\"a\",host=\"h\",master_host=\"m\",master_port=\"1\"}", "1x60")]),
        )
        .alert(
            Alert::new(
                "RedisMasterWithoutReplica",
                Severity::Warning,
                Duration::minutes(5),
                "redis_connected_slaves{$job} == 0 and on (job, instance) redis_instance_info{$job,role=\"master\"} == 1",
            )
            .says(
                "Redis master {{ $labels.instance }} has no replica",
                "Losing it now loses its keys. See which member should follow it, and why it does not.",
            )
            .fires(
                &[
                    ("redis_connected_slaves{$job,instance=\"a\"}", "0x60"),
                    ("redis_instance_info{$job,instance=\"a\",role=\"master\"}", "1x60"),
                ],
                ONE,
            )
            .silent(&[
                ("redis_connected_slaves{$job,instance=\"a\"}", "0x60"),
                ("redis_instance_info{$job,instance=\"a\",role=\"slave\"}", "1x60"),
            ]),
        )
        .alert(
            Alert::new(
                "RedisMemoryHigh",
                Severity::Warning,
                Duration::minutes(5),
                "redis_memory_used_bytes{$job} / (redis_memory_max_bytes{$job} > 0) > 0.9",
            )
            .says(
                "Redis {{ $labels.instance }} has used nine tenths of its memory",
                "A full member refuses writes, or forgets keys, as its policy says. Find what grows with `redis-cli --bigkeys`, or raise \
                 `.max_memory(…)`.",
            )
            .fires(
                &[
                    ("redis_memory_used_bytes{$job,instance=\"a\"}", "95x60"),
                    ("redis_memory_max_bytes{$job,instance=\"a\"}", "100x60"),
                ],
                ONE,
            )
            .silent(&[
                ("redis_memory_used_bytes{$job,instance=\"a\"}", "50x60"),
                ("redis_memory_max_bytes{$job,instance=\"a\"}", "100x60"),
            ]),
        )
        .alert(
            Alert::new(
                "RedisRejectedConnections",
                Severity::Critical,
                Duration::minutes(1),
                "increase(redis_rejected_connections_total{$job}[5m]) > 0",
            )
            .says(
                "Redis {{ $labels.instance }} turns clients away",
                "All of its connections are in use. `redis-cli client list` says by whom; look for pools without a bound.",
            )
            .fires(&[("redis_rejected_connections_total{$job,instance=\"a\"}", "0+1x60")], ONE)
            .silent(&[("redis_rejected_connections_total{$job,instance=\"a\"}", "5x60")]),
        )
        .alert(
            Alert::new(
                "RedisPersistenceFailing",
                Severity::Warning,
                Duration::minutes(5),
                "redis_rdb_last_bgsave_status{$job} == 0 or redis_aof_last_write_status{$job} == 0",
            )
            .says(
                "Redis {{ $labels.instance }} cannot write its data to disk",
                "A restart would lose what it has in memory. Look at the free space of its volume, and at its log.",
            )
            .fires(&[("redis_aof_last_write_status{$job,instance=\"a\"}", "0x60")], ONE)
            .silent(&[
                ("redis_aof_last_write_status{$job,instance=\"a\"}", "1x60"),
                ("redis_rdb_last_bgsave_status{$job,instance=\"a\"}", "1x60"),
            ]),
        )
}

pub(super) fn dashboard(name: &Name) -> Dashboard {
    Dashboard::new(name.as_str()).over(
        name,
        [
            Panel::last(
                "Members",
                Unit::UpDown,
                &[("redis_up{$job}", "{{instance}}")],
            ),
            Panel::last(
                "Masters by host",
                Unit::Number,
                &[(
                    "count by (host) (redis_instance_info{$job,role=\"master\"})",
                    "{{host}}",
                )],
            ),
            Panel::lines(
                "Slots that are served",
                Unit::Number,
                &[("min by (job) (redis_cluster_slots_ok{$job})", "slots")],
            ),
            Panel::lines(
                "Commands",
                Unit::PerSecond,
                &[(
                    "rate(redis_commands_processed_total{$job}[5m])",
                    "{{instance}}",
                )],
            ),
            Panel::lines(
                "Memory in use",
                Unit::Ratio,
                &[(
                    "redis_memory_used_bytes{$job} / (redis_memory_max_bytes{$job} > 0)",
                    "{{instance}}",
                )],
            ),
            Panel::lines(
                "Clients",
                Unit::Number,
                &[("redis_connected_clients{$job}", "{{instance}}")],
            ),
            Panel::lines(
                "Keys that were forgotten",
                Unit::PerSecond,
                &[("rate(redis_evicted_keys_total{$job}[5m])", "{{instance}}")],
            ),
        ],
    )
}
