//! Every file of every cluster, as an independent reader sees it.

use lurus_spec::file_tree::{FileTree, TreePath};
use serde_json::Value;

/// The files of every cluster.
fn trees() -> Vec<FileTree> {
    lurus::clusters()
        .iter()
        .map(|cluster| {
            let compiled = lurus_spec::compile(cluster);
            compiled
                .unwrap_or_else(|report| panic!("{}: {report:?}", cluster.name.value))
                .tree
        })
        .collect()
}

fn files() -> Vec<(TreePath, String)> {
    let files = trees().into_iter().flat_map(|tree| {
        tree.iter()
            .map(|(path, file)| (path.clone(), file.text.clone()))
            .collect::<Vec<_>>()
    });
    files.collect()
}

#[test]
fn every_structured_file_can_be_read() {
    let mut read = 0;
    for (path, text) in files() {
        let parsed: Result<Value, String> = match path.as_str().rsplit('.').next() {
            Some("yml") => serde_yaml::from_str(&text).map_err(|error| error.to_string()),
            Some("json") => serde_json::from_str(&text).map_err(|error| error.to_string()),
            _ => continue,
        };
        parsed.unwrap_or_else(|error| panic!("{path}: {error}"));
        read += 1;
    }
    assert!(read > 10, "only {read} files were read");
}

#[test]
fn every_file_says_where_it_comes_from() {
    for (path, text) in files() {
        // JSON has no comments.
        if path.as_str().ends_with(".json") {
            continue;
        }
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        let header = if first.starts_with("#!") {
            lines.next().unwrap_or_default()
        } else {
            first
        };
        assert!(
            header.contains("enerated by `cargo xtask gen` from the cluster"),
            "{path} begins with {header:?}"
        );
    }
}

#[test]
fn no_file_knows_this_machine_or_its_secrets() {
    let root = env!("CARGO_MANIFEST_DIR");
    for (path, text) in files() {
        assert!(!text.contains(root), "{path} has a path of this machine");
        // Values that the guide has in plain text; see the domain's list of known passwords.
        for known in [
            "lurus_dev_2024",
            "postgres:postgres",
            "replicator:replicator",
            "sslmode=disable&password",
        ] {
            assert!(!text.contains(known), "{path} has the known secret {known}");
        }
        assert!(
            !text.contains(|c| ('\u{F0000}'..='\u{FFFFD}').contains(&c)),
            "{path} has a hole that nobody filled"
        );
    }
}

#[test]
fn every_line_is_ended() {
    for (path, text) in files() {
        assert!(text.ends_with('\n'), "{path} ends within a line");
        assert!(!text.contains('\r'), "{path} has a carriage return");
        for (number, line) in (1..).zip(text.lines()) {
            assert_eq!(line, line.trim_end(), "{path}:{number} ends with a blank");
        }
    }
}
