use super::*;
use crate::component::etcd::Etcd;
use crate::component::nats::Nats;
use crate::fixture::{NODES, cluster};
use crate::model::Loss;

fn changes(before: &Cluster, after: &Cluster) -> Vec<String> {
    let before = Record::parse(&Record::of(before).to_string());
    let changes = before.changes(&Record::of(after));
    changes.iter().map(Change::to_string).collect()
}

#[test]
fn of_a_list_it_says_what_came_and_went() {
    let difference = |before: &str, after: &str| list_difference(before, after);
    assert_eq!(difference("a, b", "a, b, c").as_deref(), Some("c added"));
    assert_eq!(
        difference("a, b, c", "a, c, d").as_deref(),
        Some("d added; b gone")
    );
    // Another order means something, and so does a list of which nothing stays.
    assert_eq!(difference("a, b", "b, a"), None);
    assert_eq!(difference("a, b", "c, d"), None);
    assert_eq!(difference("512MiB", "1GiB"), None);
    assert_eq!(
        difference("USAGE (a, b, 512MiB)", "USAGE (a, b, 1GiB)"),
        None
    );
}

#[test]
fn what_is_written_is_read_again() {
    let mut cluster = cluster().survives(Loss::of(1).hosts());
    cluster.add(Nats::new("nats").on(NODES).memory("512MiB"));
    let record = Record::of(&cluster);
    let text = record.to_string();
    assert!(text.contains("component nats = \"nats\"\n"), "{text}");
    assert!(
        text.contains("component nats memory = \"512MiB\"\n"),
        "{text}"
    );
    assert_eq!(Record::parse(&text).to_string(), text);
    assert!(Record::parse(&text).changes(&record).is_empty());
}

#[test]
fn a_change_has_both_values() {
    let with = |memory: &str| {
        let mut cluster = cluster();
        cluster.add(Nats::new("nats").on(NODES).memory(memory));
        cluster
    };
    assert_eq!(
        changes(&with("512MiB"), &with("1GiB")),
        ["nats memory 512MiB → 1GiB"]
    );
}

#[test]
fn what_was_or_is_the_default_is_said() {
    let mut plain = cluster();
    plain.add(Nats::new("nats").on(NODES));
    let mut set = cluster();
    set.add(Nats::new("nats").on(NODES).memory("1GiB"));
    assert_eq!(changes(&plain, &set), ["nats memory 1GiB, not said before"]);
    assert_eq!(
        changes(&set, &plain),
        ["nats memory 1GiB, not said any more"]
    );
}

#[test]
fn where_the_cluster_is_for_is_said() {
    let with = |leave_out: bool| {
        let mut cluster = cluster().target("k3s");
        let nats = cluster.add(Nats::new("nats").on(NODES));
        if leave_out {
            cluster.omit(&nats, "local");
        }
        cluster
    };
    assert_eq!(
        changes(&with(false), &with(true)),
        ["nats omit local, not said before"]
    );
    assert!(
        Record::of(&with(true))
            .to_string()
            .contains("cluster target = \"k3s\"\n")
    );
}

#[test]
fn a_component_comes_and_goes_as_a_whole() {
    let mut more = cluster();
    more.add(Nats::new("nats").on(NODES));
    assert_eq!(changes(&cluster(), &more), ["nats is new: nats"]);
    assert_eq!(changes(&more, &cluster()), ["nats is gone: nats"]);
}

#[test]
fn a_component_of_another_kind_does_not_find_its_data() {
    let mut before = cluster();
    before.add(Nats::new("queue").on(NODES));
    let mut after = cluster();
    after.add(Etcd::new("queue").on(NODES));
    let changes = Record::of(&before).changes(&Record::of(&after));
    let said: Vec<_> = changes
        .iter()
        .map(|change| (change.to_string(), change.cost))
        .collect();
    let expected = ("queue nats → etcd".to_owned(), Some(OptionCost::DataDanger));
    assert_eq!(said, [expected]);
}

#[test]
fn of_a_list_only_what_differs_is_said() {
    let cluster = |losses: &[usize]| {
        let claims = losses.iter().map(|count| Loss::of(*count).hosts());
        claims.fold(cluster(), Cluster::survives)
    };
    assert_eq!(
        changes(&cluster(&[1, 2]), &cluster(&[2, 1, 1])),
        ["the cluster survives 1 host, not said before"]
    );
}

#[test]
fn what_is_no_setting_is_left_out() {
    let text = "<<<<<<< ours\nfoo bar = \"1\"\nhost a cores = 4\nhost a cores = \"4\"\n";
    assert_eq!(Record::parse(text).to_string(), "host a cores = \"4\"\n");
}
