//! Whether a kernel gives programs as many open files as they want.

use crate::check::{Check, Rule};
use crate::plan::check::origin;
use crate::plan::{MOST_OPEN_FILES, Plan};
use crate::report::{Code, Diagnostic, Report};

const FILES_CODE: Code = Code::new("L0513");

pub(super) const FILES: Rule = Rule {
    code: FILES_CODE.as_str(),
    ensures: "Ensure no member wants more open files than a kernel gives to one program.",
    explain: r"Every connection is an open file, so the limit of a member (`nofile`) follows from how many connections it takes: it is
never less than what the member's own configuration asks for. The kernel has a bound for that limit, `fs.nr_open`, which is
1,048,576 unless somebody raised it. A container that wants more does not start (`error setting rlimits`).

Let one member take fewer connections, and place more members: a program that serves a million clients at a time runs out
of processor and memory before it runs out of files.",
    source: "Linux, Documentation/admin-guide/sysctl/fs.rst: nr_open; getrlimit(2), RLIMIT_NOFILE",
    check: Check::Planned(files),
};

fn files(plan: &Plan, report: &mut Report) {
    for workload in &plan.workloads {
        let (name, wanted) = (&workload.name, workload.resources.open_files);
        if wanted > MOST_OPEN_FILES {
            report.push(
                Diagnostic::error(FILES_CODE, format!("{name} wants {wanted} open files"))
                    .primary(
                        origin(workload),
                        format!("a kernel gives a program {MOST_OPEN_FILES} at most"),
                    )
                    .help("let one member take fewer connections, and place more members"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::component::etcd::Etcd;
    use crate::component::haproxy::HaProxy;
    use crate::component::nats::Nats;
    use crate::component::nginx::{Nginx, VirtualHost};
    use crate::component::patroni::Patroni;
    use crate::component::pgbouncer::PgBouncer;
    use crate::component::redis::RedisCluster;
    use crate::component::redis_single::Redis;
    use crate::fixture::{NODES, Web, cluster, codes, plan};
    use crate::literal::Name;
    use crate::model::{Certificate, Cluster};
    use crate::plan::{Body, checked};

    use super::*;

    /// What takes connections, each of so many where that can be said.
    fn busy(connections: u32) -> Cluster {
        let mut cluster = cluster();
        let etcd = cluster.add(Etcd::new("etcd").on(NODES));
        let pg = cluster.add(
            Patroni::new("pg")
                .on(NODES)
                .etcd(&etcd)
                .role("app")
                .database("orders")
                .database("bills"),
        );
        cluster.add(
            HaProxy::new("haproxy")
                .on(NODES)
                .postgres(&pg)
                .max_connections(connections),
        );
        cluster.add(
            PgBouncer::new("pgbouncer")
                .on(NODES)
                .postgres(&pg)
                .max_clients(connections),
        );
        let web = cluster.add(Web::new("web").on(NODES));
        cluster.add(
            Nginx::new("nginx")
                .on(NODES)
                .certificate(Certificate::new("own").covers("example.com"))
                .serves(VirtualHost::new("example.com").route("/", web.http()))
                .connections(connections),
        );
        cluster.add(RedisCluster::new("redis").on(NODES));
        cluster.add(Redis::new("cache").on([NODES[0]]));
        cluster.add(Nats::new("nats").on(NODES));
        cluster
    }

    /// Every number after a key in the files of a workload, added up.
    fn said(plan: &Plan, workload: &str, key: &str) -> u32 {
        let workload = plan.workload(&checked::<Name>(workload)).expect(workload);
        let mut sum = 0;
        for file in workload.all_config().flat_map(|folder| &folder.files) {
            let Body::Lines(text) = &file.body else {
                continue;
            };
            for after in text.tokens().split(key).skip(1) {
                let digits: String = after
                    .trim_start_matches([' ', '=', ':'])
                    .chars()
                    .take_while(char::is_ascii_digit)
                    .collect();
                sum += digits.parse::<u32>().unwrap_or_default();
            }
        }
        assert!(sum > 0, "{} has no `{key}`", workload.name);
        sum
    }

    #[test]
    fn limits_follow_from_the_connections_of_the_configuration() {
        for connections in [100, 980, 100_000] {
            let plan = plan(&busy(connections), "hosts");
            let sum = |workload, keys: &[&str]| -> u32 {
                keys.iter().map(|key| said(&plan, workload, key)).sum()
            };
            let needed = [
                // redis.conf, maxclients: the server keeps 32 files for itself.
                ("redis", 32 + sum("redis", &["\nmaxclients"])),
                ("cache", 32 + sum("cache", &["\nmaxclients"])),
                // PgBouncer's manual, max_client_conn: and the connections of all pools, which `max_db_connections` bounds.
                (
                    "pgbouncer",
                    sum("pgbouncer", &["max_client_conn", "max_db_connections"]),
                ),
                // A client and a server for each session.
                ("haproxy", 2 * sum("haproxy", &["\n    maxconn"])),
                ("nginx", sum("nginx", &["worker_connections"])),
                ("nats", sum("nats", &["max_connections"])),
            ];
            for (name, needed) in needed {
                let given = plan
                    .workload(&checked::<Name>(name))
                    .unwrap()
                    .resources
                    .open_files;
                assert!(given > needed, "{name}: {given} of {needed}");
            }
        }
    }

    #[test]
    fn more_than_a_kernel_gives_is_refused_and_overflows_nowhere() {
        for connections in [1_000_000, u32::MAX - 1000, u32::MAX] {
            let found = codes(&busy(connections));
            assert!(
                !found.is_empty() && found.iter().all(|code| code == "error L0513"),
                "{connections}: {found:?}"
            );
        }
    }
}
