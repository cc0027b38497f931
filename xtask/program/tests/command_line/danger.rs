//! Changes that lose data are not written without being asked for.

use crate::place::{Place, as_if_said};

const REDIS: &str = "minimal/local/docker-compose.redis-cluster.yml";

impl Place {
    /// Everything below a folder of the generated files, as it was before something in it was called otherwise.
    fn rename(&self, path: &str, from: &str, to: &str) -> String {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from}");
        let text = text.replace(from, to);
        self.write(path, &text);
        text
    }
}

#[test]
fn a_volume_is_not_left_behind_unasked() {
    let place = Place::fresh();
    let now = place.read(REDIS);
    let before = place.rename(REDIS, "redis-1-data", "redis-1-store");
    place
        .run(&["gen"])
        .ends_with(1)
        .says("error: data of minimal is in danger\n")
        .says("minimal/local: nothing uses volume redis-1-store any more")
        .says("minimal/local: volume redis-1-data of redis-1 is a new one, and empty")
        .says("run `cargo xtask gen --cluster minimal --allow-danger`\n")
        .says("stays as it was\n");
    assert_eq!(place.read(REDIS), before, "nothing is written");
    place.run(&["gen", "--check"]).ends_with(1).hides("refused");
    place
        .run(&["gen", "--allow-danger"])
        .ends_with(0)
        .says("written: ");
    assert_eq!(place.read(REDIS), now);
    place.run(&["gen"]).ends_with(0).says("fresh: ");
}

#[test]
fn a_setting_on_which_data_depends_is_named_with_its_line() {
    let place = Place::fresh();
    let now = as_if_said(&place, "component clickhouse retention", "90d");
    place
        .run(&["gen"])
        .ends_with(1)
        .says(&format!("clickhouse retention 90d → {now}"))
        .says("--> spec/system.rs:")
        .says(".retention(");
    // More time, and a setting that was left to its default, lose nothing.
    as_if_said(&place, "component clickhouse retention", "1d");
    place.run(&["gen"]).ends_with(0).says("written: ");
}

#[test]
fn an_identity_is_not_changed_unasked() {
    let place = Place::fresh();
    let path = "minimal/local/config/pg-1/patroni/patroni.yml";
    place.rename(path, "scope: minimal-pg", "scope: shop-pg");
    place
        .run(&["gen"])
        .ends_with(1)
        .says("minimal/local: pg-1 (scope in patroni.yml): ");
}

#[test]
fn a_cluster_that_is_described_no_more_had_data() {
    let place = Place::fresh();
    let text = "name: other\nservices: {}\nvolumes:\n  data: {}\n";
    place.leave_behind("other/local/docker-compose.distributed.yml", text);
    place
        .run(&["gen"])
        .ends_with(1)
        .says("data of other is in danger")
        .says("other/local: nothing uses volume data any more");
    // It is none of the only cluster that is asked for.
    place.run(&["gen", "--cluster", "minimal"]).ends_with(0);
}

#[test]
fn a_version_is_not_moved_farther_than_its_data() {
    let place = Place::fresh();
    for (image, before, refused) in [
        (
            "patroni",
            "ghcr.io/lurus/patroni:3.2.0-pg15",
            "PostgreSQL does not start on data",
        ),
        (
            "etcd",
            "quay.io/coreos/etcd:v3.3.27",
            "skip a minor version",
        ),
        ("k3s", "rancher/k3s:v1.36.1-k3s1", "nor go back"),
    ] {
        let now = as_if_said(&place, &format!("image {image}"), before);
        place
            .run(&["gen", "--cluster", "minimal"])
            .ends_with(1)
            .says(&format!("image {image} {before} → {now}"))
            .says("--> spec/images.toml:")
            .says(refused);
        as_if_said(&place, &format!("image {image}"), &now);
    }
    // One step at a time is one that the program takes.
    as_if_said(&place, "image etcd", "quay.io/coreos/etcd:v3.4.30");
    place.run(&["gen", "--cluster", "minimal"]).ends_with(0);
}
