//! `verify` on copies of the committed files: each judge refuses a file that its program would refuse, and nothing else is
//! refused. Where a judge is neither on the PATH nor in an image of this machine, its part is skipped, and says so.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use fs_err as fs;
use tempfile::TempDir;
use walkdir::WalkDir;

/// What is refused: where, by whom, and how the file is broken.
const BROKEN: [(&str, &str, Break); 10] = [
    (
        "minimal/local/docker-compose.nobody.yml",
        "docker compose config",
        Break::Append("services: { a: { image: \"a:1\", depends_on: [nobody] } }\n"),
    ),
    (
        "minimal/local/docker-compose.misspelt.yml",
        "check-jsonschema",
        Break::Append("services: { a: { image: \"a:1\", restrat: always } }\n"),
    ),
    (
        "minimal/local/config/redis-2/redis/start.sh",
        "sh -n",
        Break::Append("if\n"),
    ),
    (
        "minimal/local/config/haproxy-2/haproxy/haproxy.cfg",
        "haproxy -c",
        Break::Append("  no-such-keyword\n"),
    ),
    (
        "minimal/local/config/nats-2/nats/nats.conf",
        "nats-server -t",
        Break::Append("no_such_field: 1\n"),
    ),
    (
        "minimal/local/config/pg-2/patroni/patroni.yml",
        "patroni --validate-config",
        Break::Append("restapi: 5\n"),
    ),
    (
        "minimal/local/config/redis-3/redis/redis.conf",
        "redis-server",
        Break::Append("no-such-directive 1\n"),
    ),
    (
        "minimal/local/docker-compose.pg-ha.yml etcd-1",
        "etcd",
        Break::Replace("--election-timeout=", "--no-such-flag="),
    ),
    (
        "minimal/hosts/node-1/system/etc/nftables.conf",
        "nft -c",
        Break::Replace("tcp dport", "tcp no-such-field"),
    ),
    (
        "minimal/hosts/node-1/system/etc/keepalived/keepalived.conf",
        "keepalived -t",
        Break::Replace("advert_int", "no_such_keyword"),
    ),
];

enum Break {
    /// At the end of the file, which may be a new one.
    Append(&'static str),
    /// The first place.
    Replace(&'static str, &'static str),
}

#[test]
fn each_judge_refuses_what_its_program_would_refuse() {
    let dir = copy();
    for (artifact, _, how) in &BROKEN {
        let file = dir.path().join(artifact.split(' ').next().unwrap());
        let old = fs::read_to_string(&file).unwrap_or_default();
        let new = match how {
            Break::Append(text) => format!("{old}{text}"),
            Break::Replace(from, to) => old.replacen(from, to, 1),
        };
        assert_ne!(old, new, "{artifact} is not broken");
        fs::write(file, new).unwrap();
    }
    let output = verify(dir.path(), &[]);
    let out = String::from_utf8(output.stdout).unwrap();
    let mut refused = 0;
    for (artifact, judge, _) in &BROKEN {
        match result(&out, artifact, judge) {
            "failed" => {
                let said = format!("failed: {artifact}, says {judge}\n  ");
                assert!(out.contains(&said), "{judge} does not say why:\n{out}");
                refused += 1;
            }
            "skipped" => say_skipped(judge),
            result => panic!("{artifact}, broken, is {result} for {judge}:\n{out}"),
        }
    }
    // `sh` is everywhere.
    assert!(refused > 0);
    assert_eq!(output.status.code(), Some(1));
    for line in out.lines().filter(|line| line.ends_with(" failed")) {
        // The two compose files are refused by both judges of compose files.
        let is_broken = |(artifact, ..): &(&str, &str, Break)| line.starts_with(artifact);
        assert!(BROKEN.iter().any(is_broken), "{line}");
    }
}

/// Past what the test runner captures: whoever runs the tests shall know what was not tested.
fn say_skipped(judge: &str) {
    let said =
        format!("skipped: {judge} cannot judge here; `cargo xtask verify` says how to let it\n");
    std::io::stderr().write_all(said.as_bytes()).unwrap();
}

#[test]
fn nothing_is_refused_as_generated_and_skips_count_only_when_strict() {
    let dir = copy();
    let judged = verify(dir.path(), &[]);
    let out = String::from_utf8(judged.stdout).unwrap();
    assert_eq!(judged.status.code(), Some(0), "{out}");

    // Without a PATH there is no judge, not even a shell.
    let none = TempDir::new().unwrap();
    let path = none.path().to_str().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = command(dir.path(), arguments);
        command.env("PATH", path).output().unwrap()
    };
    let lenient = run(&[]);
    let out = String::from_utf8(lenient.stdout).unwrap();
    assert!(out.contains("\n0 judged, 0 failed, "), "{out}");
    assert!(
        out.contains("to get it: pip install check-jsonschema\n"),
        "{out}"
    );
    assert_eq!(lenient.status.code(), Some(0));
    assert_eq!(run(&["--strict"]).status.code(), Some(1));
    let fetch = run(&["--fetch"]);
    assert_eq!(fetch.status.code(), Some(1));
    let error = String::from_utf8(fetch.stderr).unwrap();
    // Before it, a judge may say what it has to go on without.
    let says = |line: &str| line.starts_with("error: no engine answers: install");
    assert!(error.lines().any(says), "{error}");
}

#[test]
fn a_judge_that_cannot_run_here_is_skipped_and_says_why() {
    let dir = copy();
    let file = "minimal/local/docker-compose.nats-cluster.yml";
    // Nobody else is there to judge.
    let judged = |code: u8, arguments: &[&str]| {
        let bin = TempDir::new().unwrap();
        let double = bin.path().join("check-jsonschema");
        let script = format!("#!/bin/sh\necho >&2\necho 'no interpreter' >&2\nexit {code}\n");
        fs::write(&double, script).unwrap();
        fs::set_permissions(&double, Permissions::from_mode(0o755)).unwrap();
        let mut command = command(dir.path(), arguments);
        command.env("PATH", bin.path()).output().unwrap()
    };
    for code in [126, 127] {
        let lenient = judged(code, &[]);
        let out = String::from_utf8(lenient.stdout).unwrap();
        assert_eq!(result(&out, file, "check-jsonschema"), "skipped", "{out}");
        let said =
            ", which cannot run here (no interpreter); to get it: pip install check-jsonschema\n";
        assert!(out.contains(said), "{out}");
        assert_eq!(lenient.status.code(), Some(0), "{out}");
        assert_eq!(judged(code, &["--strict"]).status.code(), Some(1));
    }
    // Any other end is its word about the file.
    let refused = judged(1, &[]);
    let out = String::from_utf8(refused.stdout).unwrap();
    assert_eq!(result(&out, file, "check-jsonschema"), "failed", "{out}");
    assert_eq!(refused.status.code(), Some(1));
}

#[test]
fn an_empty_directory_is_no_success() {
    let empty = TempDir::new().unwrap();
    let output = verify(empty.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.ends_with("nothing to judge; write it with `cargo xtask gen`\n"),
        "{error}"
    );
}

/// The local half of the committed files, and the system of one host.
fn copy() -> TempDir {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../generated");
    let to = TempDir::new().unwrap();
    let parts = ["minimal/local", "minimal/hosts/node-1/system"].map(|part| from.join(part));
    for entry in parts.iter().flat_map(WalkDir::new) {
        let entry = entry.unwrap();
        let target = to.path().join(entry.path().strip_prefix(&from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).unwrap();
        } else if entry.file_name() != ".env" {
            fs::copy(entry.path(), target).unwrap();
        }
    }
    to
}

fn verify(generated: &Path, arguments: &[&str]) -> Output {
    command(generated, arguments).output().unwrap()
}

fn command(generated: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("--generated").arg(generated).arg("verify");
    command.args(arguments);
    command
}

/// The last column of a row.
fn result<'a>(out: &'a str, artifact: &str, judge: &str) -> &'a str {
    let row = out.lines().find(|line| {
        let rest = line.strip_prefix(artifact).unwrap_or_default();
        rest.starts_with("  ") && rest.trim_start().starts_with(&format!("{judge}  "))
    });
    let row = row.unwrap_or_else(|| panic!("no row of {judge} on {artifact}:\n{out}"));
    row.rsplit(' ').next().unwrap()
}
