//! What is watched of a Redis server, whether it is of a cluster or alone.
//!
//! In: the job, and the group whose servers are asked. Out: the exporter that asks them, its catalogue, and the alerts and
//! panels that hold of every server.

use std::collections::BTreeMap;

use crate::component::Lowering;
use crate::component::observe::{
    Alert, Asked, EXPORTED, Metrics, Panel, RuleGroup, Severity, Unit, exporter_resources,
};
use crate::component::redis::CLIENT;
use crate::literal::{Duration, Name};
use crate::model::Meta;
use crate::plan::{Symbol, Text, Workload, checked};
use crate::words::Words;

pub(in crate::component) fn metrics(name: &Name, exporter: &Name) -> Metrics {
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

/// The labels of an alert about one server.
pub(in crate::component) const ONE: &[(&str, &str)] = &[("job", "$name"), ("instance", "a")];

/// Recordings and alerts of every server.
pub(in crate::component) fn rules(name: &Name) -> RuleGroup {
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
            "The exporter{{ with $labels.host }} on {{ . }}{{ end }} does not answer, so that a loss of this member would not be seen. Look at its log.",
        ))
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

/// Panels of every server.
pub(in crate::component) fn panels() -> [Panel; 4] {
    [
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
    ]
}

/// One on each host, told by whoever collects metrics which server to ask.
pub(in crate::component) fn exporter(
    meta: &Meta,
    group: &Name,
    lowering: &Lowering<'_>,
) -> Workload {
    let port = Symbol::OwnPort(EXPORTED.into());
    Workload {
        command: vec![Text::from(format!(
            "--web.listen-address={}:{port}",
            Symbol::OwnBind
        ))],
        env: BTreeMap::from([(
            checked("REDIS_PASSWORD"),
            Symbol::Secret(meta.secret("password")).into(),
        )]),
        // As its image says itself.
        unprivileged: Some((59_000, 59_000)),
        // Some builds of its image hold nothing to ask it with, so that it has no health of its own: Prometheus asks, and
        // whether it answers is `up`.
        ..lowering.workload(
            meta,
            group,
            Words::new("metrics of Redis", "Redis 指标"),
            exporter_resources(meta),
        )
    }
}
