//! The packet filters of hosts let in what the cluster's flows need, and nothing else.

use std::fs;
use std::path::Path;

use lurus_spec::file_tree::TreePath;
use lurus_spec::plan::{Opening, Outside, Plan};
use lurus_spec::prelude::*;
use lurus_spec::target::Target;
use lurus_spec::target::hosts::Hosts;
use lurus_spec::{check, cidr, lower};

#[path = "rules/site.rs"]
mod site;

use site::{NODES, empty};

fn plan(operators: Option<Cidr>) -> Plan {
    let mut cluster = empty();
    if let Some(network) = operators {
        cluster = cluster.operators(network);
    }
    cluster.add(RedisCluster::new("redis").on(NODES));
    cluster.add(Nats::new("nats").on(NODES));
    let checked = check::check(&cluster).unwrap_or_else(|report| panic!("{report:#?}"));
    lower(&checked, &Hosts)
}

/// The rules that accept, of the first host.
fn accepted(plan: &Plan) -> Vec<String> {
    let path = TreePath::new("node-1/system/etc/nftables.conf").expect("a path");
    let tree = Hosts.render(plan);
    let file = tree.get(&path).expect("each host has a packet filter");
    file.text
        .lines()
        .map(str::trim)
        .filter(|line| line.ends_with(" accept"))
        .map(|line| line.trim_end_matches(" accept").to_owned())
        .collect()
}

const ALWAYS: [&str; 3] = [
    "ct state established,related",
    "iif lo",
    "meta l4proto { icmp, ipv6-icmp }",
];
const PEERS: &str = "ip saddr { 10.0.1.11, 10.0.1.12, 10.0.1.13 } ip daddr 10.0.1.11";

#[test]
fn exactly_the_ports_that_flows_need_are_open() {
    let time = "ip saddr { 10.0.1.12, 10.0.1.13 } udp dport { 123 }";
    let routes = format!("{PEERS} tcp dport {{ 6222 }}");
    let shards = format!("{PEERS} tcp dport {{ 7001, 7005, 17001, 17005 }}");
    let expected = [&ALWAYS[..], &["tcp dport 22", time, &routes, &shards]].concat();
    assert_eq!(accepted(&plan(None)), expected);
}

#[test]
fn operators_reach_ssh_and_what_is_published_from_their_networks_only() {
    let rules = accepted(&plan(Some(cidr!("10.9.0.0/24"))));
    assert!(rules.contains(&"ip saddr { 10.9.0.0/24 } tcp dport 22".to_owned()));
    assert!(!rules.contains(&"tcp dport 22".to_owned()));
    let clients = "ip saddr { 10.9.0.0/24 } ip daddr 10.0.1.11 tcp dport { 4222 }";
    assert!(rules.contains(&clients.to_owned()), "{rules:#?}");
    let buses = format!("{PEERS} tcp dport {{ 6222 }}");
    assert!(rules.contains(&buses), "{rules:#?}");
}

#[test]
fn an_opening_lets_in_whom_it_names_and_datagrams_where_the_port_takes_them() {
    let mut plan = plan(None);
    plan.openings = vec![
        Opening {
            group: name!("nats"),
            port: "client".into(),
            from: Outside::Anyone,
        },
        Opening {
            group: name!("nats"),
            port: "monitor".into(),
            from: Outside::Network(cidr!("10.7.0.0/16")),
        },
    ];
    for workload in &mut plan.workloads {
        for member in &mut workload.members {
            for port in &mut member.ports {
                port.datagrams = port.name == "client";
            }
        }
    }
    let rules = accepted(&plan);
    for expected in [
        "ip daddr 10.0.1.11 tcp dport { 4222 }",
        "ip daddr 10.0.1.11 udp dport { 4222 }",
        "ip saddr { 10.7.0.0/16 } ip daddr 10.0.1.11 tcp dport { 8222 }",
    ] {
        assert!(
            rules.contains(&expected.to_owned()),
            "{expected}: {rules:#?}"
        );
    }
}

#[test]
fn five_hosts_are_time_servers_and_the_others_ask_them() {
    let hosts = Path::new(env!("CARGO_MANIFEST_DIR")).join("generated/recommended/hosts");
    let folders = fs::read_dir(hosts)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("system/etc"));
    let (mut servers, mut clients) = (0, 0);
    for etc in folders.filter(|etc| etc.exists()) {
        let clock =
            fs::read_to_string(etc.join("chrony/conf.d/60-lurus-recommended.conf")).unwrap();
        let filter = fs::read_to_string(etc.join("nftables.conf")).unwrap();
        let lines = |word: &str| clock.lines().filter(|line| line.starts_with(word)).count();
        let let_in = filter.contains("udp dport { 123 } accept");
        match (lines("peer "), lines("allow "), lines("server "), let_in) {
            (4, 16, 0, true) => servers += 1,
            (0, 0, 5, false) => clients += 1,
            found => panic!("{}: {found:?}", etc.display()),
        }
    }
    assert_eq!((servers, clients), (5, 12));
}
