use lurus_spec::file_tree::{Impact, TreePath};

use super::*;

const OLD: &str = "
name: lurus-x
services:
  a-1: {image: 'a:1', mem_limit: 1g, labels: {lurus.config: '1'}, volumes: ['./config/a-1:/etc:ro', 'a-1-data:/data']}
  a-2: {image: 'a:1', mem_limit: 1g, labels: {lurus.config: '1'}, volumes: ['a-2-data:/data']}
  a-3: {image: 'a:1', mem_limit: 1g, labels: {lurus.config: '1'}, volumes: ['a-3-data:/data']}
  b: {image: 'b:1', build: {context: ./build/b}, environment: {X: '1', Y: '1'}}
networks: {data: {ipam: {config: [{subnet: 10.0.0.0/24}]}}}
volumes: {a-1-data: {}, a-2-data: {}, a-3-data: {}}
";

fn diff(path: &str, impact: Option<(&str, Cost)>) -> FileDiff {
    FileDiff {
        path: TreePath::new(path).unwrap(),
        kind: Kind::Changed,
        unified: String::new(),
        before: None,
        after: None,
        impact: impact.map(|(workload, cost)| Impact {
            workloads: BTreeSet::from([workload.to_owned()]),
            cost,
            ..Impact::default()
        }),
    }
}

/// The price of the replaced text and the changed files.
#[track_caller]
fn check(replace: &[(&str, &str)], files: &[FileDiff], expected: &[&str]) {
    let new = replace.iter().fold(OLD.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from} is not in the old text");
        text.replace(from, to)
    });
    let files: Vec<(&str, &FileDiff)> = files
        .iter()
        .map(|diff| (diff.path.as_str(), diff))
        .collect();
    let lines: Vec<String> = effects(
        &Project::read(OLD).unwrap(),
        &Project::read(&new).unwrap(),
        &files,
    )
    .iter()
    .map(|line| format!("{}: {}", line.step, line.text))
    .collect();
    assert_eq!(lines, expected);
}

#[test]
fn only_services_that_changed_are_named() {
    check(&[], &[], &[]);
    check(
        &[("mem_limit: 1g", "mem_limit: 2g")],
        &[],
        &["recreate: a-1..a-3 (mem_limit)"],
    );
    check(
        &[("{X: '1', Y: '1'}", "{X: '2', Z: '1'}")],
        &[],
        &["recreate: b (X, Y, Z)"],
    );
}

#[test]
fn a_digest_is_told_by_the_file_that_changed_it() {
    check(
        &[(
            "a-1: {image: 'a:1', mem_limit: 1g, labels: {lurus.config: '1'}",
            "a-1: {image: 'a:1', mem_limit: 1g, labels: {lurus.config: '2'}",
        )],
        &[diff("config/a-1/a.conf", Some(("a-1", Cost::Restart)))],
        &["recreate: a-1 (a.conf)"],
    );
}

#[test]
fn files_cost_what_their_component_says() {
    check(
        &[],
        &[
            diff(
                "config/a-1/a.conf",
                Some(("a-1", Cost::Reload("HUP".into()))),
            ),
            diff(
                "config/a-2/a.conf",
                Some(("a-2", Cost::Reload("HUP".into()))),
            ),
            diff(
                "config/b/b.conf",
                Some(("b", Cost::DataDanger("emptied".into()))),
            ),
            diff("clients.json", Some(("b", Cost::Nothing))),
        ],
        &[
            "danger: b (b.conf): emptied",
            "reload: a-1, a-2 (a.conf): HUP",
            "no effect: clients.json",
        ],
    );
}

#[test]
fn every_member_of_a_built_image_is_made_anew() {
    check(
        &[],
        &[diff("build/b/Dockerfile", Some(("other", Cost::Recreate)))],
        &["recreate: b, other (Dockerfile)"],
    );
}

#[test]
fn a_deleted_file_is_told_by_its_folder() {
    check(
        &[("./config/a-1:/etc:ro", "./config/a-1:/x:ro")],
        &[diff("config/a-1/gone.conf", None), diff("notes", None)],
        &["recreate: a-1 (gone.conf, volumes)", "no effect: notes"],
    );
}

#[test]
fn identities_are_dangers() {
    check(
        &[("a-1-data", "a-1-store")],
        &[],
        &[
            "danger: nothing uses volume a-1-data any more: its data stays on the engine, unread",
            "danger: volume a-1-store of a-1 is a new one, and empty: what is kept now is not in it",
            "recreate: a-1 (volumes)",
        ],
    );
    check(
        &[("name: lurus-x", "name: lurus-y")],
        &[],
        &[
            "danger: the project lurus-x becomes lurus-y: every volume of it starts empty, and the containers of lurus-x run on until `docker compose --project-name lurus-x down`",
        ],
    );
    check(
        &[("10.0.0.0/24", "10.0.0.0/23")],
        &[],
        &[
            "procedure: network data is made anew: `down` and `up`, since every service on it has to leave it",
        ],
    );
}

#[test]
fn a_new_member_brings_its_own_volume() {
    check(
        &[
            (
                "  b: {",
                "  a-4: {image: 'a:1', volumes: ['a-4-data:/data']}\n  c: {",
            ),
            ("volumes: {a-1", "volumes: {a-4-data: {}, a-1"),
        ],
        &[diff("config/a-4/a.conf", Some(("a-4", Cost::Restart)))],
        &["removed: b", "new: a-4, c"],
    );
}

#[test]
fn a_file_that_is_no_yaml_is_refused() {
    assert!(Project::read("a: [1").is_err());
}

#[test]
fn steps_of_a_key_are_said_beside_what_the_file_costs() {
    let change = |path: &str, workload: &str| {
        let mut diff = diff(path, Some((workload, Cost::Reload("HUP".into()))));
        let impact = diff.impact.as_mut().unwrap();
        impact.keys = [
            ("store.ttl", Cost::Procedure("tell the store".into())),
            ("memory", Cost::Restart),
            ("first", Cost::Nothing),
        ]
        .map(|(key, cost)| (key.to_owned(), cost))
        .into();
        diff.before = Some("{store: {ttl: 1}, memory: 1, first: 1, list: []}".to_owned());
        diff
    };
    let with = |after: &str| {
        ["a-1", "a-2"].map(|name| FileDiff {
            after: Some(after.to_owned()),
            ..change(&format!("config/{name}/a.yml"), name)
        })
    };
    check(
        &[],
        &with("{store: {ttl: 2}, memory: 1, first: 1, list: [x]}"),
        &[
            "procedure: a-1, a-2 (ttl in a.yml): tell the store",
            "reload: a-1, a-2 (a.yml): HUP",
        ],
    );
    check(
        &[],
        &with("{store: {ttl: 1}, memory: 2, first: 1, list: [x]}"),
        &["restart: a-1, a-2 (a.yml)"],
    );
    check(
        &[],
        &with("{store: {ttl: 1}, memory: 1, first: 2, list: []}"),
        &["no effect: config/a-1/a.yml, config/a-2/a.yml"],
    );
}

#[test]
fn reloads_with_commands_of_their_own_are_all_said() {
    let reload = |how: &str| Some(("a-1", Cost::Reload(how.into())));
    check(
        &[],
        &[
            diff("config/a-1/a.conf", reload("HUP")),
            diff("config/a-1/a.sh", reload("sh a.sh")),
            diff("config/a-1/b.conf", reload("HUP")),
        ],
        &[
            "reload: a-1 (a.conf, b.conf): HUP",
            "reload: a-1 (a.sh): sh a.sh",
        ],
    );
}

#[test]
fn steps_of_their_own_are_all_said_and_cover_what_is_milder() {
    let of_host = |cost| Some(("the host's engine", cost));
    check(
        &[],
        &[
            diff("daemon.json", of_host(Cost::Procedure("reload it".into()))),
            diff("60-x.conf", of_host(Cost::Procedure("restart it".into()))),
            diff("limits.conf", of_host(Cost::Reload("read".into()))),
        ],
        &[
            "procedure: the host's engine (daemon.json): reload it",
            "procedure: the host's engine (60-x.conf, limits.conf): restart it",
        ],
    );
}

#[test]
fn a_file_that_was_not_there_has_no_steps_to_follow() {
    let steps = Cost::Procedure("one by one".into());
    let first = |path: &str, workload: &str| FileDiff {
        kind: Kind::Added,
        ..diff(path, Some((workload, steps.clone())))
    };
    check(
        &[],
        &[
            first("config/a-1/a.conf", "a-1"),
            first("system/x.conf", "x"),
        ],
        &[
            "procedure: x (x.conf): one by one",
            "recreate: a-1 (a.conf)",
        ],
    );
}
