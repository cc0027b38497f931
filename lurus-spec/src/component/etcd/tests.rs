//! Tests of etcd.

use crate::component::etcd::Etcd;
use crate::fixture::{NODES, cluster, codes};

#[test]
fn an_election_waits_for_heartbeats() {
    let with = |heartbeat: &str, election: &str| {
        let mut cluster = cluster();
        cluster.add(
            Etcd::new("etcd")
                .on(NODES)
                .heartbeat(heartbeat)
                .election_timeout(election),
        );
        codes(&cluster)
    };
    assert!(with("100ms", "1s").is_empty());
    assert_eq!(with("100ms", "499ms"), ["error L0602"]);
    assert_eq!(with("100ms", "999ms"), ["warning L0602"]);
    assert_eq!(with("5s", "51s"), ["error L0602"]);
    assert_eq!(with("0ms", "1s"), ["error L0602"]);
}

#[test]
fn a_member_says_everything_in_flags() {
    let mut cluster = cluster();
    cluster.add(Etcd::new("etcd").on(NODES));
    let command = |target| {
        let plan = crate::fixture::plan(&cluster, target);
        let etcd = plan.workloads[0].clone();
        etcd.command
            .iter()
            .map(|text| text.resolve(|symbol| format!("<{symbol:?}>")))
            .collect::<Vec<_>>()
            .join("\n")
    };
    insta::assert_snapshot!(command("hosts"));
    assert!(command("local").contains("etcd-2=http://etcd-2:2380"));
}
