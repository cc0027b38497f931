//! What is written, what would be, and what is left alone.

use std::fs;

use crate::place::{CONFIG, Place, as_if_said};

#[test]
fn gen_writes_once() {
    let place = Place::empty();
    place
        .run(&["gen", "--check"])
        .ends_with(1)
        .says("  missing ");
    assert!(!place.dir().exists(), "a check wrote something");
    place.run(&["gen"]).ends_with(0).says("written: ");
    place.run(&["gen"]).ends_with(0).says("fresh: ");
    place.run(&["gen", "--check"]).ends_with(0).says("fresh: ");
    place.run(&["diff"]).ends_with(0).says("fresh: ");
}

#[test]
fn what_is_not_fresh_is_named_and_mended() {
    let place = Place::fresh();
    let config = place.read(CONFIG);
    place.write(CONFIG, "edited\n");
    fs::remove_file(place.path("minimal/local/clients.json")).unwrap();
    place.leave_behind("minimal/local/old.conf", "old\n");
    place
        .run(&["gen", "--check"])
        .ends_with(1)
        .says(&format!("    stale {CONFIG}\n"))
        .says("  missing minimal/local/clients.json\n")
        .says("    stray minimal/local/old.conf\n")
        .says(&format!("edited by hand, and replaced {CONFIG}\n"))
        .says("to mend it:\n  cargo xtask gen\n");
    assert_eq!(place.read(CONFIG), "edited\n", "a check wrote something");
    place
        .run(&["diff"])
        .ends_with(1)
        .says("-edited\n")
        .says("minimal/local\n");
    place
        .run(&["gen"])
        .ends_with(0)
        .says("  removed minimal/local/old.conf\n");
    assert_eq!(place.read(CONFIG), config);
    place.run(&["gen", "--check"]).ends_with(0);
}

#[test]
fn a_change_of_one_service_names_no_other() {
    let place = Place::fresh();
    let compose = "minimal/local/docker-compose.nats-cluster.yml";
    let text = place.read(compose);
    let at = text.find("  nats-2:").unwrap();
    let (before, after) = text.split_at(at);
    let changed = after.replacen("restart: unless-stopped", "restart: always", 1);
    place.write(compose, &format!("{before}{changed}"));
    let end = place.run(&["diff", "--summary"]).ends_with(1);
    let price = end.out.lines().skip_while(|line| *line != "minimal/local");
    let price: Vec<&str> = price.collect();
    assert_eq!(price, ["minimal/local", "   recreate  nats-2 (restart)"]);
}

#[test]
fn a_change_is_told_with_its_cause() {
    let place = Place::fresh();
    let memory = as_if_said(&place, "component redis max_memory", "1MiB");
    let config = "minimal/local/config/redis-1/redis/redis.conf";
    place.write(config, "maxmemory 1mb\n");
    let end = place.run(&["diff", "--summary"]).ends_with(1);
    let mut lines = end.out.lines();
    assert_eq!(lines.next(), Some("minimal follows from"), "{}", end.out);
    let cause = format!("    redis max_memory 1MiB → {memory} (spec/");
    assert!(lines.next().unwrap().starts_with(&cause), "{}", end.out);
    assert_eq!(lines.next(), Some("      local: 1 file"), "{}", end.out);
}

#[test]
fn a_change_without_a_cause_is_told_as_one() {
    let place = Place::fresh();
    place.write("minimal/local/config/redis-1/redis/redis.conf", "old\n");
    place
        .run(&["diff", "--summary"])
        .ends_with(1)
        .says("    no setting: from a file beside the description, or from the compiler\n      local: 1 file\n");
    fs::remove_file(place.path("minimal/settings.txt")).unwrap();
    place
        .run(&["diff", "--summary"])
        .ends_with(1)
        .says("what it said before is not known: ");
}

#[test]
fn a_blocked_directory_is_left_as_it_is() {
    let place = Place::empty();
    fs::write(place.dir(), "mine").unwrap();
    place
        .run(&["gen"])
        .ends_with(1)
        .says("is not a folder; move it away");
    assert_eq!(fs::read_to_string(place.dir()).unwrap(), "mine");
    let place = Place::empty();
    place.write(CONFIG, "mine");
    place
        .run(&["gen"])
        .ends_with(1)
        .says("files that `gen` did not write are where it has to write")
        .says(CONFIG);
    assert_eq!(place.read(CONFIG), "mine");
    place
        .run(&["diff", "--summary"])
        .ends_with(1)
        .says("in the way: ");
}

#[test]
fn one_cluster_leaves_the_others_alone() {
    let place = Place::fresh();
    place.leave_behind("other/local/x.conf", "x\n");
    place.write(CONFIG, "edited\n");
    place
        .run(&["gen", "--cluster", "minimal", "--check"])
        .ends_with(1)
        .says("cargo xtask gen --cluster minimal\n")
        .hides("other/");
    place
        .run(&["gen", "--cluster", "minimal"])
        .ends_with(0)
        .hides("other/");
    assert_eq!(place.read("other/local/x.conf"), "x\n");
    // It is still known as written by gen, so that a run for all clusters removes it.
    place
        .run(&["gen"])
        .ends_with(0)
        .says("  removed other/local/x.conf\n");
    assert!(!place.path("other").exists());
}
