//! What HAProxy says of itself, and of the databases behind it.

use crate::component::haproxy::STATS;
use crate::component::observe::{Alert, Dashboard, Metrics, Panel, RuleGroup, Severity, Unit};
use crate::literal::{Duration, Name};

pub(super) fn metrics(name: &Name) -> Metrics {
    Metrics::new(
        name,
        name,
        STATS,
        "haproxy 2.8",
        include_str!("metrics.tsv"),
    )
}

const WRITES: &[(&str, &str)] = &[
    ("job", "$name"),
    ("instance", "a"),
    ("proxy", "postgres_rw"),
];

pub(super) fn rules(name: &Name) -> RuleGroup {
    RuleGroup::of(name)
        .record(
            "job:haproxy_backend_current_sessions:sum",
            "sum by (job, proxy) (haproxy_backend_current_sessions{$job})",
        )
        .alert(Alert::down(
            "HAProxyDown",
            Severity::Critical,
            "HAProxy {{ $labels.instance }} does not answer",
            "Applications on {{ $labels.host }} reach no database through it. Look at its log; it starts without a database too, so a \
             refused configuration is the first guess.",
        ))
        .alert(
            Alert::new(
                "HAProxyNoPrimary",
                Severity::Critical,
                Duration::minutes(1),
                "haproxy_backend_status{$job,proxy=\"postgres_rw\",state=\"UP\"} == 0",
            )
            .says(
                "HAProxy {{ $labels.instance }} sees no primary of PostgreSQL",
                "Writes wait and then fail. During a failover this lasts less than a minute; when it stays, see whether the members \
                 have elected one, and whether this host reaches their REST port.",
            )
            .fires(
                &[("haproxy_backend_status{$job,instance=\"a\",proxy=\"postgres_rw\",state=\"UP\"}", "0x60")],
                &[WRITES, &[("state", "UP")]].concat(),
            )
            .silent(&[("haproxy_backend_status{$job,instance=\"a\",proxy=\"postgres_rw\",state=\"UP\"}", "1x60")]),
        )
        .alert(
            Alert::new(
                "HAProxyNoReplica",
                Severity::Warning,
                Duration::minutes(5),
                "sum by (job, instance, proxy) (haproxy_server_status{$job,proxy=\"postgres_ro\",state=\"UP\"}) < 1",
            )
            .says(
                "HAProxy {{ $labels.instance }} sees no replica of PostgreSQL that is current",
                "Reads go to the primary meanwhile, and no member could take over without loss. Look at the lag of the replicas.",
            )
            .fires(
                &[("haproxy_server_status{$job,instance=\"a\",proxy=\"postgres_ro\",server=\"x\",state=\"UP\"}", "0x60")],
                &[("job", "$name"), ("instance", "a"), ("proxy", "postgres_ro")],
            )
            .silent(&[("haproxy_server_status{$job,instance=\"a\",proxy=\"postgres_ro\",server=\"x\",state=\"UP\"}", "1x60")]),
        )
        .alert(
            Alert::new(
                "HAProxyTwoPrimaries",
                Severity::Critical,
                Duration::minutes(1),
                "sum by (job, instance, proxy) (haproxy_server_status{$job,proxy=\"postgres_rw\",state=\"UP\"}) > 1",
            )
            .says(
                "HAProxy {{ $labels.instance }} sees two primaries of PostgreSQL, and lets nobody write",
                "One of them is isolated and has not noticed. Find out which one the store names as leader; stop the other.",
            )
            .fires(
                &[
                    ("haproxy_server_status{$job,instance=\"a\",proxy=\"postgres_rw\",server=\"x\",state=\"UP\"}", "1x60"),
                    ("haproxy_server_status{$job,instance=\"a\",proxy=\"postgres_rw\",server=\"y\",state=\"UP\"}", "1x60"),
                ],
                WRITES,
            )
            .silent(&[
                ("haproxy_server_status{$job,instance=\"a\",proxy=\"postgres_rw\",server=\"x\",state=\"UP\"}", "1x60"),
                ("haproxy_server_status{$job,instance=\"a\",proxy=\"postgres_rw\",server=\"y\",state=\"UP\"}", "0x60"),
            ]),
        )
        .alert(
            Alert::new(
                "HAProxyQueueing",
                Severity::Warning,
                Duration::minutes(2),
                "haproxy_backend_current_queue{$job} > 10",
            )
            .says(
                "clients of {{ $labels.proxy }} wait at HAProxy {{ $labels.instance }}",
                "All connections that the database allows are in use. Look for long transactions before raising the limit.",
            )
            .fires(
                &[("haproxy_backend_current_queue{$job,instance=\"a\",proxy=\"postgres_rw\"}", "20x60")],
                WRITES,
            )
            .silent(&[("haproxy_backend_current_queue{$job,instance=\"a\",proxy=\"postgres_rw\"}", "2x60")]),
        )
        .alert(
            Alert::new(
                "HAProxyConnectionLimit",
                Severity::Warning,
                Duration::minutes(5),
                "haproxy_process_current_connections{$job} / haproxy_process_max_connections{$job} > 0.8",
            )
            .says(
                "HAProxy {{ $labels.instance }} has few connections left",
                "Beyond `.max_connections(…)` clients wait. Look for applications that open connections and keep them.",
            )
            .fires(
                &[
                    ("haproxy_process_current_connections{$job,instance=\"a\"}", "90x60"),
                    ("haproxy_process_max_connections{$job,instance=\"a\"}", "100x60"),
                ],
                &[("job", "$name"), ("instance", "a")],
            )
            .silent(&[
                ("haproxy_process_current_connections{$job,instance=\"a\"}", "10x60"),
                ("haproxy_process_max_connections{$job,instance=\"a\"}", "100x60"),
            ]),
        )
        .alert(
            Alert::new(
                "HAProxyConnectErrors",
                Severity::Warning,
                Duration::minutes(5),
                "rate(haproxy_backend_connection_errors_total{$job}[5m]) > 1",
            )
            .says(
                "HAProxy {{ $labels.instance }} cannot connect to {{ $labels.proxy }}",
                "A member passes its health check and refuses connections: look at its log and at its number of connections.",
            )
            .fires(
                &[("haproxy_backend_connection_errors_total{$job,instance=\"a\",proxy=\"postgres_rw\"}", "0+1200x60")],
                WRITES,
            )
            .silent(&[("haproxy_backend_connection_errors_total{$job,instance=\"a\",proxy=\"postgres_rw\"}", "9x60")]),
        )
}

pub(super) fn dashboard(name: &Name) -> Dashboard {
    Dashboard::new(name.as_str()).over(
        name,
        [
            Panel::last("Instances", Unit::UpDown, &[("up{$job}", "{{instance}}")]),
            Panel::lines(
                "Servers that serve",
                Unit::Number,
                &[(
                    "sum by (instance, proxy) (haproxy_server_status{$job,state=\"UP\"})",
                    "{{instance}} {{proxy}}",
                )],
            ),
            Panel::lines(
                "Sessions",
                Unit::Number,
                &[(
                    "haproxy_backend_current_sessions{$job}",
                    "{{instance}} {{proxy}}",
                )],
            ),
            Panel::lines(
                "Waiting clients",
                Unit::Number,
                &[(
                    "haproxy_backend_current_queue{$job}",
                    "{{instance}} {{proxy}}",
                )],
            ),
            Panel::lines(
                "Sent to clients",
                Unit::BytesPerSecond,
                &[(
                    "sum by (instance, proxy) (rate(haproxy_frontend_bytes_out_total{$job}[5m]))",
                    "{{instance}} {{proxy}}",
                )],
            ),
        ],
    )
}
