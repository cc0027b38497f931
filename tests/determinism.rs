//! The same description compiles to the same bytes, whatever has no meaning: how often, and in which order components were added.

use lurus_spec::compile;
use lurus_spec::model::Cluster;

/// What a cluster compiles to, as a digest of every path, mode and byte.
#[track_caller]
fn digest(cluster: &Cluster) -> String {
    match compile(cluster) {
        Ok(compiled) => compiled.tree.digest(),
        Err(report) => panic!("{}: {report:?}", cluster.name.value),
    }
}

#[test]
fn ten_runs_write_the_same() {
    let digests = || -> Vec<String> { lurus::clusters().iter().map(digest).collect() };
    let first = digests();
    assert!(!first.is_empty());
    for _ in 1..10 {
        assert_eq!(digests(), first);
    }
}

#[test]
fn the_order_of_components_has_no_meaning() {
    for index in 0..lurus::clusters().len() {
        let cluster = || lurus::clusters().swap_remove(index);
        let expected = digest(&cluster());
        let components = cluster().components.len();
        for turn in 0..components {
            let mut shuffled = cluster();
            shuffled.components.rotate_left(turn);
            assert_eq!(digest(&shuffled), expected, "turned by {turn}");
            shuffled.components.reverse();
            assert_eq!(digest(&shuffled), expected, "turned by {turn} and reversed");
        }
    }
}
