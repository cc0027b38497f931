//! Tests of NATS and its streams.

use std::collections::BTreeSet;

use crate::component::Component as _;
use crate::component::nats::lower::{Ask, Configuration, Start, Task, TaskStream};
use crate::component::nats::{Discard, Nats, Retention, Stream, StreamName, Subject};
use crate::fixture::{NODES, SIX, cluster_of_six, codes, file};
use crate::model::{Cluster, Loss};
use crate::template::check_against;

fn three() -> Nats {
    Nats::new("nats").on(NODES)
}

fn with(nats: Nats) -> Cluster {
    let mut cluster = cluster_of_six();
    cluster.add(nats);
    cluster
}

fn orders() -> Stream {
    Stream::new("ORDERS")
}

#[test]
fn the_templates_read_what_they_are_given() {
    let mut mistakes = check_against(include_str!("nats.conf.hbs"), &Configuration::example());
    let task = Task {
        streams: vec![TaskStream {
            name: "ORDERS".into(),
            config: "{}".into(),
        }],
    };
    mistakes.extend(check_against(include_str!("streams.sh.hbs"), &task));
    mistakes.extend(check_against(include_str!("ask.sh.hbs"), &Ask::here()));
    mistakes.extend(check_against(include_str!("start.sh.hbs"), &Start::of(3)));
    assert!(mistakes.is_empty(), "{mistakes:?}");
}

#[test]
fn a_server_is_addressed_by_ip_on_a_host_and_by_name_on_one_engine() {
    let cluster = with(three());
    insta::assert_snapshot!(
        "nats-2 on a host",
        file(&cluster, "hosts/node-2/config/nats-2/nats/nats.conf")
    );
    insta::assert_snapshot!(
        "nats-2 on one engine",
        file(&cluster, "local/config/nats-2/nats/nats.conf")
    );
}

#[test]
fn a_stream_is_what_the_task_creates() {
    let stream = orders()
        .subject("orders.>")
        .subject("returns.*.new")
        .retention(Retention::WorkQueue)
        .discard(Discard::New)
        .max_bytes("64MiB")
        .max_age("7d")
        .duplicate_window("1m");
    let script = file(
        &with(three().stream(stream)),
        "local/config/nats-streams/nats/streams.sh",
    );
    let (_, config) = script.split_once("/ORDERS.json\" <<'END'\n").unwrap();
    let (config, _) = config.split_once("\nEND\n").unwrap();
    insta::assert_snapshot!("a stream", config);
    assert!(serde_json::from_str::<serde_json::Value>(config).is_ok());
}

#[test]
fn servers_without_streams_have_no_task() {
    let compiled = crate::compile(&with(three())).unwrap();
    for plan in compiled.plans.values() {
        let names: Vec<&str> = plan
            .workloads
            .iter()
            .map(|workload| workload.name.as_str())
            .collect();
        assert_eq!(names, ["nats"]);
    }
}

#[test]
fn names_and_subjects_smuggle_nothing() {
    for good in ["ORDERS", "usage-events", "a_1"] {
        assert!(good.parse::<StreamName>().is_ok(), "{good}");
    }
    for bad in ["", "orders.eu", "a b", "a'b", "$(id)", "a/b", "END\n", "ö"] {
        assert!(bad.parse::<StreamName>().is_err(), "{bad}");
    }
    for good in ["orders", "orders.>", "usage.*.done", "a.*.>"] {
        assert!(good.parse::<Subject>().is_ok(), "{good}");
    }
    for bad in [
        "",
        ">",
        "*",
        "*.done",
        "orders.",
        "orders..new",
        "a.>.b",
        "a b",
        "$JS.API.>",
        "a\"",
        "a\nEND",
        "a.b>",
    ] {
        assert!(bad.parse::<Subject>().is_err(), "{bad}");
    }
}

#[test]
fn subjects_meet_as_the_server_says() {
    let meets = |one: &str, other: &str| {
        let (one, other): (Subject, Subject) = (one.parse().unwrap(), other.parse().unwrap());
        assert_eq!(one.meets(&other), other.meets(&one), "{one} {other}");
        one.meets(&other)
    };
    for (one, other) in [
        ("a", "a"),
        ("a.>", "a.b"),
        ("a.>", "a.b.c"),
        ("a.*", "a.b"),
        ("a.*.c", "a.b.*"),
        ("a.>", "a.*.c"),
    ] {
        assert!(meets(one, other), "{one} {other}");
    }
    for (one, other) in [
        ("a", "b"),
        ("a.>", "a"),
        ("a.*", "a.b.c"),
        ("a.*.c", "a.b.d"),
        ("a.>", "b.>"),
    ] {
        assert!(!meets(one, other), "{one} {other}");
    }
}

#[test]
fn what_a_stream_refused_is_told_by_its_servers() {
    let nats = three()
        .lame_duck("long")
        .stream(Stream::new("a b").subject("c d").max_bytes("much"));
    let refused: Vec<&str> = nats
        .refused()
        .iter()
        .map(|refused| refused.text.as_str())
        .collect();
    assert_eq!(refused, ["long", "a b", "c d", "much"]);
}

#[test]
fn the_contract_names_a_stream_that_keeps_its_messages() {
    let clients = |nats: Nats| {
        let text = file(&with(nats), "local/clients.json");
        let clients: serde_json::Value = serde_json::from_str(&text).unwrap();
        clients["jetstream"].clone()
    };
    let queue = Stream::new("JOBS").retention(Retention::WorkQueue);
    let entry = clients(three().stream(queue.clone()).stream(orders()));
    assert_eq!(entry[0]["stream"], "ORDERS");
    assert_eq!(entry[0]["subject"], "orders.e2e");
    assert_eq!(entry[0]["members"][1]["service"], "nats-2");
    assert!(clients(three().stream(queue)).is_null());
}

#[test]
fn a_stream_with_few_copies_survives_no_loss() {
    let survives = |stream: Stream| {
        let mut cluster = cluster_of_six().survives(Loss::of(1).hosts());
        cluster.add(three().stream(stream));
        codes(&cluster)
    };
    assert_eq!(survives(orders()), [""; 0]);
    assert_eq!(survives(orders().replicas(2)), ["error L0204"]);
    assert_eq!(survives(orders().replicas(1)), ["error L0204"]);
}

/// The smallest bad cluster of each rule, one for each way to break it.
fn bad() -> Vec<(&'static str, Nats)> {
    vec![
        (
            "L0110",
            three().stream(orders()).stream(orders().subject("b.>")),
        ),
        (
            "L0110",
            three()
                .stream(orders())
                .stream(Stream::new("B").subject("orders.new")),
        ),
        ("L0504", three().memory("400MiB")),
        ("L0504", three().max_memory_store("1GiB").memory("1GiB")),
        ("L0505", three().stream(orders().replicas(0))),
        (
            "L0505",
            Nats::new("nats")
                .on(SIX[..5].to_vec())
                .stream(orders().replicas(6)),
        ),
        ("L0505", three().stream(orders().replicas(5))),
        (
            "L0505",
            three()
                .max_file_store("1GiB")
                .stream(orders().max_bytes("2GiB")),
        ),
        (
            "L0505",
            three()
                .max_file_store("1GiB")
                .stream(orders().max_bytes("600MiB"))
                .stream(Stream::new("B").max_bytes("600MiB")),
        ),
        ("L0608", three().lame_duck("29s")),
        ("L0609", three().stream(orders().max_age("1m"))),
        ("L0609", three().stream(orders().duplicate_window("10ms"))),
        (
            "L0609",
            three().stream(orders().max_age("50ms").duplicate_window("100ms")),
        ),
    ]
}

#[test]
fn each_rule_refuses_its_bad_cluster_alone() {
    for (code, nats) in bad() {
        let settings = format!("{nats:?}");
        let found: BTreeSet<String> = codes(&with(nats)).into_iter().collect();
        assert_eq!(
            found,
            BTreeSet::from([format!("error {code}")]),
            "{settings}"
        );
    }
    let rules: BTreeSet<&str> = super::RULES.iter().map(|rule| rule.code).collect();
    let refused: BTreeSet<&str> = bad().iter().map(|(code, _)| *code).collect();
    assert_eq!(rules, refused);
}

#[test]
fn the_edge_of_each_rule_is_fine() {
    for nats in [
        three().memory("512MiB").lame_duck("30s"),
        three().stream(orders().max_age("2m")),
        three()
            .max_file_store("1GiB")
            .stream(orders().max_bytes("512MiB"))
            .stream(Stream::new("B").max_bytes("512MiB")),
        Nats::new("nats")
            .on(SIX[..5].to_vec())
            .stream(orders().replicas(5)),
    ] {
        let settings = format!("{nats:?}");
        assert_eq!(codes(&with(nats)), [""; 0], "{settings}");
    }
}
