//! The commands as a person meets them: what they print, write and end with.

mod danger;
mod place;
mod secrets;
mod writing;

use crate::place::{CONFIG, End, Place};
use crate::secrets::STORE;

#[test]
fn wrong_use_ends_with_2() {
    let place = Place::empty();
    place.run(&[]).ends_with(2);
    place.run(&["gne"]).ends_with(2);
    place.run(&["gen", "--cluster"]).ends_with(2);
    for command in [
        &["gen", "--cluster", "minmal"][..],
        &["diff", "--cluster", "minmal"],
        &["secrets", "minmal"],
        &["graph", "minmal"],
        &["up", "minmal"],
        &["down", "minmal"],
        &["status", "minmal"],
        &["e2e", "minmal"],
    ] {
        place
            .run(command)
            .ends_with(2)
            .says("there is no cluster `minmal`; did you mean `minimal`?");
    }
    assert!(!place.dir().exists());
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let place = Place::empty();
    let mut child = place
        .command(&["options", "--format", "markdown"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let end = End::of(child.wait_with_output().unwrap()).ends_with(0);
    assert_eq!(end.err, "");
}

#[test]
fn colours_are_for_terminals() {
    let place = Place::fresh();
    place.run(&["gen"]).ends_with(0).hides("\u{1b}[");
    let mut forced = place.command(&["gen"]);
    let forced = forced.env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR");
    End::of(forced.output().unwrap())
        .ends_with(0)
        .says("\u{1b}[");
    let end = End::of(
        forced
            .env("NO_COLOR", "1")
            .env_remove("CLICOLOR_FORCE")
            .output()
            .unwrap(),
    );
    end.ends_with(0).hides("\u{1b}[");
}

#[test]
fn a_good_description_has_no_finding() {
    let place = Place::empty();
    place.run(&["check"]).ends_with(0);
    let end = place
        .run(&["check", "--message-format", "json"])
        .ends_with(0);
    for line in end.out.lines() {
        let message: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(message["reason"], "compiler-message");
        assert_eq!(message["message"]["level"], "warning");
    }
}

#[test]
fn rules_are_explained() {
    let place = Place::empty();
    let list = place.run(&["explain"]).ends_with(0).out;
    let codes: Vec<&str> = list
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert!(codes.len() > 10 && codes.is_sorted(), "{codes:?}");
    for code in &codes {
        let small = code.to_lowercase();
        place
            .run(&["explain", &small])
            .ends_with(0)
            .says(code)
            .says("source");
    }
    place
        .run(&["explain", "L0O01"])
        .ends_with(2)
        .says("there is no rule `L0O01`; did you mean L0");
    place
        .run(&["explain", "quorum"])
        .ends_with(2)
        .says("`cargo xtask explain` lists every rule");
}

#[test]
fn generated_files_are_explained() {
    let place = Place::fresh();
    // From where one stands, from the generated directory, and by its full name.
    for path in [
        format!("generated/{CONFIG}"),
        CONFIG.to_owned(),
        place.path(CONFIG).display().to_string(),
    ] {
        place
            .run(&["explain", &path])
            .ends_with(0)
            .says("nats-1 on node-1")
            .says("comes from component nats (nats), spec/system.rs:")
            .hides("nats-2");
    }
    let compose = "minimal/local/docker-compose.nats-cluster.yml";
    let text = place.read(compose);
    let line = text.lines().position(|line| line == "  nats-2:").unwrap() + 2;
    place
        .run(&["explain", &format!("{compose}:{line}")])
        .ends_with(0)
        .says("nats-2 on node-2")
        .hides("nats-1 on");
    place
        .run(&["explain", &format!("{compose}:0")])
        .ends_with(2)
        .says("counted from 1");
    place
        .run(&["explain", &format!("{compose}:99999")])
        .ends_with(2)
        .says("there is no line");
    place
        .run(&["explain", "minimal/local/docker-compose.nats-clster.yml"])
        .ends_with(2)
        .says("did you mean minimal/local/docker-compose.nats-cluster.yml?");
    place
        .run(&["explain", "../spec/lib.rs"])
        .ends_with(2)
        .says("is not a file that `gen` writes");
}

#[test]
fn the_manual_has_every_option() {
    let place = Place::empty();
    let list = place.run(&["options"]).ends_with(0).out;
    for built_in in lurus_spec::component::BUILT_IN {
        assert!(list.contains(built_in.manual.kind));
        let page = place.run(&["options", built_in.manual.kind]).ends_with(0);
        for option in built_in.manual.options {
            assert_eq!(
                page.out.matches(&format!("\n.{}(", option.name)).count(),
                1,
                "{} of {}",
                option.name,
                built_in.manual.kind
            );
        }
        page.says("\n.on(");
    }
    place
        .run(&["options", "natz"])
        .ends_with(2)
        .says("did you mean `nats`?");
    let document = place
        .run(&["options", "nats", "--format", "markdown"])
        .ends_with(0);
    document.says("\n| `client_port` | `Port` | 4222 | ");
}

#[test]
fn the_picture_has_every_workload() {
    let picture = Place::empty().run(&["graph", "minimal"]).ends_with(0).out;
    assert!(picture.starts_with("flowchart LR\n"));
    for line in [
        "w_nats[\"nats<br/>3 members\"]",
        "w_nats_streams -->|\"client\"| w_nats",
    ] {
        assert!(picture.contains(line), "{picture}");
    }
}

#[test]
fn a_cluster_is_not_started_stale_or_without_an_engine() {
    let place = Place::empty();
    place
        .run(&["up", "minimal"])
        .ends_with(1)
        .says("run `cargo xtask diff`");
    place
        .run(&["down", "minimal"])
        .ends_with(1)
        .says("run `cargo xtask gen`");
    place.run(&["gen"]).ends_with(0);
    for command in ["up", "down", "status", "e2e"] {
        let mut without = place.command(&[command, "minimal"]);
        let end = End::of(without.env("PATH", place.root.path()).output().unwrap());
        end.ends_with(1)
            .says("there is no `docker` on the PATH: install");
    }
    assert!(!place.path(STORE).exists());
}

#[test]
fn every_command_has_a_help_with_an_example() {
    let place = Place::empty();
    let help = place.run(&["--help"]).ends_with(0).out;
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .collect();
    assert!(commands.len() >= 11, "{commands:?}");
    for command in commands {
        let text = format!("  cargo xtask {command}");
        place
            .run(&[command, "--help"])
            .ends_with(0)
            .says("Example")
            .says(&text);
    }
}
