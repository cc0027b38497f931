//! What is watched of NATS. An exporter stands beside each server: servers themselves have no metrics.

use crate::component::observe::{
    Alert, Dashboard, EXPORTED, Metrics, Panel, RuleGroup, Severity, Unit,
};
use crate::literal::{Duration, Name};

pub(super) fn metrics(name: &Name, exporter: &Name) -> Metrics {
    Metrics {
        beside: Some(name.clone()),
        ..Metrics::new(
            name,
            exporter,
            EXPORTED,
            "prometheus-nats-exporter 0.15.0",
            include_str!("metrics.tsv"),
        )
    }
}

const ONE: &[(&str, &str)] = &[("job", "$name"), ("instance", "a")];

/// Alerts of a cluster of so many servers.
pub(super) fn rules(name: &Name, servers: usize) -> RuleGroup {
    let others = servers.saturating_sub(1);
    let remotes = format!("min by (job, instance) (gnatsd_varz_remotes{{$job}}) < {others}");
    let (fewer, all) = (
        format!("{}x60", others.saturating_sub(1)),
        format!("{others}x60"),
    );
    let group = RuleGroup::of(name)
        .record(
            "job:gnatsd_varz_in_msgs:rate5m",
            "sum by (job) (rate(gnatsd_varz_in_msgs{$job}[5m]))",
        )
        .record(
            "job:gnatsd_varz_connections:sum",
            "sum by (job) (gnatsd_varz_connections{$job})",
        )
        .alert(Alert::down(
            "NatsExporterDown",
            Severity::Warning,
            "nobody says how NATS {{ $labels.instance }} is",
            "The exporter{{ with $labels.host }} on {{ . }}{{ end }} does not answer, so that a loss of this server would not be seen. Look at its log.",
        ))
        .alert(
            // The exporter repeats the last values of a server that is gone; its health is what vanishes.
            Alert::new(
                "NatsServerGone",
                Severity::Critical,
                Duration::minutes(2),
                "up{$job} == 1 unless on (job, instance) gnatsd_healthz_status{$job}",
            )
            .says(
                "NATS {{ $labels.instance }} does not answer",
                "Clients have gone to the other servers. Streams go on while a majority of their copies is there. Look at its \
                 log{{ with $labels.host }} on {{ . }}{{ end }}.",
            )
            .fires(
                &[("up{$job,instance=\"a\",host=\"h\"}", "1x60")],
                &[("job", "$name"), ("instance", "a"), ("host", "h")],
            )
            .silent(&[
                ("up{$job,instance=\"a\",host=\"h\"}", "1x60"),
                ("gnatsd_healthz_status{$job,instance=\"a\",server_id=\"s\"}", "0x60"),
            ]),
        )
        .alert(
            Alert::new(
                "NatsUnhealthy",
                Severity::Critical,
                Duration::minutes(1),
                "max by (job, instance) (gnatsd_healthz_status{$job}) == 1",
            )
            .says(
                "NATS {{ $labels.instance }} says that it is not healthy",
                "`/healthz` of its monitoring page says why: most often JetStream has no leader yet, or a stream is not current. Do not \
                 restart other servers meanwhile.",
            )
            .fires(&[("gnatsd_healthz_status{$job,instance=\"a\",server_id=\"s\"}", "1x60")], ONE)
            .silent(&[("gnatsd_healthz_status{$job,instance=\"a\",server_id=\"s\"}", "0x60")]),
        )
        .alert(
            Alert::new(
                "NatsSlowConsumers",
                Severity::Warning,
                Duration::minutes(1),
                "increase(gnatsd_varz_slow_consumers{$job}[5m]) > 0",
            )
            .says(
                "NATS {{ $labels.instance }} cuts off clients that read too slowly",
                "They lose messages that are in no stream. The server's log names them.",
            )
            .fires(
                &[("gnatsd_varz_slow_consumers{$job,instance=\"a\",server_id=\"s\"}", "0+1x60")],
                &[ONE, &[("server_id", "s")]].concat(),
            )
            .silent(&[("gnatsd_varz_slow_consumers{$job,instance=\"a\",server_id=\"s\"}", "4x60")]),
        )
        .alert(
            Alert::new(
                "JetStreamDisabled",
                Severity::Critical,
                Duration::minutes(1),
                "max by (job, instance) (jetstream_server_jetstream_disabled{$job}) == 1",
            )
            .says(
                "NATS {{ $labels.instance }} has switched JetStream off",
                "It found its store damaged or its disk full. Its log says which; a server whose store is emptied gets its copies from \
                 the others.",
            )
            .fires(&[("jetstream_server_jetstream_disabled{$job,instance=\"a\",cluster=\"c\"}", "1x60")], ONE)
            .silent(&[("jetstream_server_jetstream_disabled{$job,instance=\"a\",cluster=\"c\"}", "0x60")]),
        )
        .alert(
            Alert::new(
                "JetStreamNoMetaLeader",
                Severity::Critical,
                Duration::minutes(2),
                "count by (job, cluster) (jetstream_server_total_streams{$job}) unless on (job, cluster) \
                 count by (job, cluster) (jetstream_server_total_streams{$job,is_meta_leader=\"true\"})",
            )
            .says(
                "the servers of NATS cluster {{ $labels.cluster }} have no leader",
                "Streams cannot be created or moved, and those that lose their leader stay without one. A majority of the servers is \
                 gone, or they do not see each other.",
            )
            .fires(
                &[("jetstream_server_total_streams{$job,instance=\"a\",cluster=\"c\",is_meta_leader=\"false\"}", "3x60")],
                &[("job", "$name"), ("cluster", "c")],
            )
            .silent(&[("jetstream_server_total_streams{$job,instance=\"a\",cluster=\"c\",is_meta_leader=\"true\"}", "3x60")]),
        )
        .alert(
            Alert::new(
                "JetStreamStorageFull",
                Severity::Warning,
                Duration::minutes(5),
                "gnatsd_varz_jetstream_stats_storage{$job} / (gnatsd_varz_jetstream_config_max_storage{$job} > 0) > 0.85",
            )
            .says(
                "streams have filled most of the disk that NATS {{ $labels.instance }} may use",
                "When it is full, publishers are refused. Lower `.max_bytes(…)` of a stream, or raise `.max_file_store(…)`.",
            )
            .fires(
                &[
                    ("gnatsd_varz_jetstream_stats_storage{$job,instance=\"a\",server_id=\"s\"}", "90x60"),
                    ("gnatsd_varz_jetstream_config_max_storage{$job,instance=\"a\",server_id=\"s\"}", "100x60"),
                ],
                &[ONE, &[("server_id", "s")]].concat(),
            )
            .silent(&[
                ("gnatsd_varz_jetstream_stats_storage{$job,instance=\"a\",server_id=\"s\"}", "10x60"),
                ("gnatsd_varz_jetstream_config_max_storage{$job,instance=\"a\",server_id=\"s\"}", "100x60"),
            ]),
        )
        .alert(
            Alert::new(
                "JetStreamConsumerBacklog",
                Severity::Warning,
                Duration::minutes(10),
                "max by (job, stream_name, consumer_name) (jetstream_consumer_num_pending{$job,is_consumer_leader=\"true\"}) > 10000",
            )
            .says(
                "consumer {{ $labels.consumer_name }} of stream {{ $labels.stream_name }} is far behind",
                "More is published than it reads, or nobody reads. See whether its program runs.",
            )
            .fires(
                &[(
                    "jetstream_consumer_num_pending{$job,instance=\"a\",stream_name=\"S\",consumer_name=\"c\",is_consumer_leader=\"true\"}",
                    "20000x60",
                )],
                &[("job", "$name"), ("stream_name", "S"), ("consumer_name", "c")],
            )
            .silent(&[(
                "jetstream_consumer_num_pending{$job,instance=\"a\",stream_name=\"S\",consumer_name=\"c\",is_consumer_leader=\"true\"}",
                "5x60",
            )]),
        );
    if others == 0 {
        return group;
    }
    group.alert(
        Alert::new("NATSClusterSizeChanged", Severity::Critical, Duration::minutes(2), remotes)
            .says(
                "NATS {{ $labels.instance }} does not see all other servers",
                "A server is gone, or the network between them is cut: while a majority sees each other, streams go on. See which \
                 server the others miss too.",
            )
            .fires(
                &[("gnatsd_varz_remotes{$job,instance=\"a\",server_id=\"s\"}", &fewer)],
                ONE,
            )
            .silent(&[("gnatsd_varz_remotes{$job,instance=\"a\",server_id=\"s\"}", &all)]),
    )
}

pub(super) fn dashboard(name: &Name) -> Dashboard {
    Dashboard::new(name.as_str()).over(
        name,
        [
            Panel::last(
                "Servers that are healthy",
                Unit::UpDown,
                &[("1 - max by (instance) (gnatsd_healthz_status{$job})", "{{instance}}")],
            ),
            Panel::last(
                "Other servers that each sees",
                Unit::Number,
                &[("gnatsd_varz_remotes{$job}", "{{instance}}")],
            ),
            Panel::lines(
                "Messages received",
                Unit::PerSecond,
                &[("rate(gnatsd_varz_in_msgs{$job}[5m])", "{{instance}}")],
            ),
            Panel::lines(
                "Messages sent",
                Unit::PerSecond,
                &[("rate(gnatsd_varz_out_msgs{$job}[5m])", "{{instance}}")],
            ),
            Panel::lines(
                "Clients",
                Unit::Number,
                &[("gnatsd_varz_connections{$job}", "{{instance}}")],
            ),
            Panel::lines(
                "Disk of streams in use",
                Unit::Ratio,
                &[(
                    "gnatsd_varz_jetstream_stats_storage{$job} / (gnatsd_varz_jetstream_config_max_storage{$job} > 0)",
                    "{{instance}}",
                )],
            ),
            Panel::lines(
                "Messages that consumers have not read",
                Unit::Number,
                &[(
                    "max by (stream_name, consumer_name) (jetstream_consumer_num_pending{$job,is_consumer_leader=\"true\"})",
                    "{{stream_name}} {{consumer_name}}",
                )],
            ),
        ],
    )
}
