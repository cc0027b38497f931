//! Tests of PostgreSQL with streaming replication.

use crate::component::haproxy::HaProxy;
use crate::component::observe::EXPORTED;
use crate::component::pgbouncer::PgBouncer;
use crate::component::prometheus::Prometheus;
use crate::component::streaming::Streaming;
use crate::component::streaming::lower::{AccessList, Configuration, Start};
use crate::fixture::{NODES, SIX, cluster, codes, file, plan};
use crate::model::{Cluster, Loss};
use crate::template::check_against;

#[test]
fn the_templates_read_what_they_are_given() {
    let configuration = Configuration {
        bind: "10.0.0.1".into(),
        port: "5432".into(),
        max_connections: 200,
        shared_buffers: "512MB".into(),
        senders: 10,
    };
    let list = AccessList {
        lines: vec!["host all all 10.0.0.1/32 scram-sha-256".into()],
    };
    let start = Start {
        primary: "pg-1".into(),
        host: "pg-1".into(),
        port: 5432,
    };
    let mut mistakes = check_against(include_str!("postgresql.conf.hbs"), &configuration);
    mistakes.extend(check_against(include_str!("pg_hba.conf.hbs"), &list));
    mistakes.extend(check_against(include_str!("start.sh.hbs"), &start));
    assert!(mistakes.is_empty(), "{mistakes:?}");
}

fn streaming() -> Streaming {
    Streaming::new("pg").on(NODES).database("orders")
}

/// What a test makes of it, with a balancer and a pool in front.
fn in_front(mut cluster: Cluster, streaming: Streaming) -> Cluster {
    let pg = cluster.add(streaming);
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    cluster.add(PgBouncer::new("pgbouncer").on(NODES).postgres(&pg));
    cluster
}

#[test]
fn writes_go_to_the_declared_primary_and_reads_to_the_others() {
    let config = |streaming| {
        let cluster = in_front(cluster(), streaming);
        file(
            &cluster,
            "hosts/node-1/config/haproxy-1/haproxy/haproxy.cfg",
        )
    };
    insta::assert_snapshot!("haproxy", config(streaming().primary(NODES[1])));
    let first = config(streaming());
    assert_eq!(first.matches("server pg-1 10.0.1.11:5432 check").count(), 1);
    assert!(!first.contains("8008"));
}

#[test]
fn nobody_is_said_to_take_over() {
    let claim = |cluster: Cluster| codes(&in_front(cluster, streaming()));
    assert!(claim(cluster()).is_empty());
    let refused = claim(cluster().survives(Loss::of(1).hosts()));
    assert!(refused.contains(&"error L0204".to_owned()), "{refused:?}");
    let claim = cluster().survives(Loss::of(1).hosts());
    let report = crate::check::check(&in_front(claim, streaming())).unwrap_err();
    let help = "nobody takes the place of pg-1 by itself: accept the loss, with `.except(&pg)` in the claim";
    let mut helps = report.iter().filter_map(|finding| finding.help.as_deref());
    assert!(helps.any(|said| said == help), "{report:?}");
}

#[test]
fn the_primary_is_one_of_the_members() {
    let at = |host| codes(&in_front(cluster(), streaming().primary(host)));
    assert!(at(NODES[2]).is_empty());
    assert_eq!(at(SIX[5]), ["error L0209"]);
}

#[test]
fn its_memory_holds_its_cache_and_its_connections() {
    let with = |streaming: Streaming| codes(&in_front(cluster(), streaming));
    assert!(with(streaming().memory("4GiB").max_connections(400)).is_empty());
    assert_eq!(with(streaming().max_connections(400)), ["error L0507"]);
}

#[test]
fn each_member_is_watched_where_metrics_are_collected() {
    let exporters = |cluster: &Cluster| {
        let plan = plan(cluster, "hosts");
        let mut workloads = plan.workloads.into_iter();
        workloads.find(|workload| workload.name.as_str() == "pg-exporter")
    };
    let mut cluster = in_front(cluster(), streaming().exporter_port(9287));
    assert!(exporters(&cluster).is_none());
    cluster.add(Prometheus::new("prometheus").on(NODES));
    let exporters = exporters(&cluster).expect("exporters");
    let ports = exporters.members.iter().map(|member| member.port(EXPORTED));
    assert_eq!(
        ports.flatten().map(|port| port.get()).sum::<u16>(),
        3 * 9287
    );
    let list = file(&cluster, "hosts/node-2/config/pg-2/postgresql/pg_hba.conf");
    assert!(
        list.contains("host postgres,orders monitor 10.0.1.12/32"),
        "{list}"
    );
}

#[test]
fn the_files_of_a_target() {
    let cluster = in_front(cluster(), streaming());
    for name in ["pg_hba.conf", "postgresql.conf", "start.sh"] {
        insta::assert_snapshot!(
            name,
            file(&cluster, &format!("local/config/pg-1/postgresql/{name}"))
        );
    }
}

#[test]
fn programs_outside_are_promised_nothing_that_a_lost_primary_takes_along() {
    let cluster = in_front(cluster(), streaming());
    let clients = file(&cluster, "local/clients.json");
    assert!(clients.contains("\"synchronous\": false"), "{clients}");
    assert!(!clients.contains("cluster_status"), "{clients}");
}
