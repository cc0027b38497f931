//! What is watched of a Redis Cluster. One exporter on each host asks every member on it, replicas included.

use crate::component::observe::{Alert, Dashboard, Panel, RuleGroup, Severity, Unit};
use crate::component::redis::server::{self, ONE};
use crate::literal::{Duration, Name};

/// Alerts of a cluster of so many members.
pub(super) fn rules(name: &Name, members: usize) -> RuleGroup {
    let known = format!("redis_cluster_known_nodes{{$job}} < {members}");
    let (fewer, all) = (
        format!("{}x60", members.saturating_sub(1)),
        format!("{members}x60"),
    );
    server::rules(name)
        .alert(
            Alert::new("RedisDown", Severity::Critical, Duration::minutes(1), "redis_up{$job} == 0")
                .says(
                    "Redis {{ $labels.instance }} does not answer",
                    "If it was a master, a replica has taken over. Look at its log{{ with $labels.host }} on {{ . }}{{ end }}; when it is back, it follows the \
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
                "RedisMastersTogether",
                Severity::Warning,
                Duration::minutes(10),
                // Where members are not tied to hosts, nobody knows.
                "count by (job, host) (redis_instance_info{$job,host!=\"\",role=\"master\"}) > 1",
            )
            .says(
                "host {{ $labels.host }} carries more than one Redis master",
                "Everything is served, and losing this host now takes several shards' masters at once: without a majority of masters \
                 nobody takes over. When all members are back, fail back as the book says.",
            )
            .fires(
                &[
                    ("redis_instance_info{$job,instance=\"a\",host=\"h\",role=\"master\"}", "1x60"),
                    ("redis_instance_info{$job,instance=\"b\",host=\"h\",role=\"master\"}", "1x60"),
                ],
                &[("job", "$name"), ("host", "h")],
            )
            .silent(&[
                ("redis_instance_info{$job,instance=\"a\",host=\"h\",role=\"master\"}", "1x60"),
                ("redis_instance_info{$job,instance=\"b\",host=\"h\",role=\"slave\"}", "1x60"),
                ("redis_instance_info{$job,instance=\"c\",host=\"i\",role=\"master\"}", "1x60"),
            ]),
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
        ]
        .into_iter()
        .chain(server::panels()),
    )
}
