//! The script that starts a server of NATS, run by a shell: the server, its monitoring port and the clock are doubles.
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus};

use lurus_spec::file_tree::TreePath;
use lurus_spec::model::{Host, HostRef, ImagePin, Inventory, Network, NetworkRef};
use lurus_spec::prelude::*;
use lurus_spec::{cidr, compile, host_name, image, ip, name, size};

/// Ends by itself, with 0, once its port was asked a hundred times, or is no more: nobody ended it.
const SERVER: &str = r#"
before=nothing
while [ "$(wc -l <asked)" -lt 100 ] && [ "$(cat asked)" != "$before" ]; do before=$(cat asked); /bin/sleep 1; done
touch over"#;

/// Answers as the test says, and that the server leads once it has ended, so that nothing is left behind.
const PORT: &str = r#"
read -r request
echo "$request" >>asked
case $request in
CONNECT*)
  if [ -e over ]; then LEADER='{"server":{"name":"nats-2","id":"B"}}'; fi
  if [ -n "$LEADER" ]; then printf 'MSG _INBOX.ask 1 %s\r\n%s\r\n' "${#LEADER}" "$LEADER"; fi
  ;;
*/routez*) printf '{\n  "num_routes": %s,\n  "routes": []\n}' "$ROUTES" ;;
esac"#;

/// What the leader says of `nats-2`, the server that is started.
fn heard(how: &str) -> String {
    format!(
        r#"{{"server":{{"name":"nats-1","id":"A"}},"data":{{"meta_cluster":{{"leader":"nats-1","replicas":[{{"name":"nats-2",{how},"peer":"b"}},{{"name":"nats-3","current":true,"active":1,"peer":"c"}}]}}}}}}"#
    )
}

const DATA: NetworkRef = NetworkRef::new("data");

const NODES: [HostRef; 3] = [
    HostRef::new("node-1"),
    HostRef::new("node-2"),
    HostRef::new("node-3"),
];

/// A script of the second of three servers.
fn script(name: &str) -> String {
    let host = |name, ip| Host::new(name, 4, size!("16GiB"), size!("100GiB")).at(name!("data"), ip);
    let inventory = Inventory::new(
        vec![Network::new(
            name!("data"),
            cidr!("10.0.1.0/24"),
            ip!("10.0.1.1"),
        )],
        vec![
            host(host_name!("node-1"), ip!("10.0.1.11")),
            host(host_name!("node-2"), ip!("10.0.1.12")),
            host(host_name!("node-3"), ip!("10.0.1.13")),
        ],
        vec![ImagePin::new(name!("nats"), image!("nats:2.10.18-alpine"))],
    );
    let mut cluster = Cluster::new("start", inventory).network(DATA).trusts(DATA);
    cluster.omit(Ability::Hosts, "local");
    cluster.add(Nats::new("nats").on(NODES));
    let compiled = compile(&cluster).unwrap_or_else(|report| panic!("{report:#?}"));
    let path = TreePath::new(&format!("start/local/config/nats-2/nats/{name}")).expect("a path");
    compiled
        .tree
        .get(&path)
        .expect("it is generated")
        .text
        .clone()
}

/// How the server ends of which its leader says so, if there is one, and which has so many routes; how often it was asked.
fn end(test: &str, leader: &str, routes: &str) -> (ExitStatus, usize) {
    let folder = format!("lurus-nats-start-{test}-{}", std::process::id());
    let folder = std::env::temp_dir().join(folder);
    fs::create_dir(&folder).expect("a folder");
    for (name, body) in [("nats-server", SERVER), ("nc", PORT), ("sleep", "exit 0")] {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("a program");
        fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("its mode");
    }
    for name in ["start.sh", "ask.sh"] {
        fs::write(folder.join(name), script(name)).expect("a script");
    }
    fs::write(folder.join("asked"), "").expect("a file");
    let others = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .arg(folder.join("start.sh"))
        .current_dir(&folder)
        .env("PATH", format!("{}:{others}", folder.display()))
        .env("NATS_SYS_PASSWORD", "\"secret\"")
        .env("LEADER", leader)
        .env("ROUTES", routes)
        .output()
        .expect("a shell");
    let asked = fs::read_to_string(folder.join("asked")).expect("a file");
    fs::remove_dir_all(&folder).expect("it is there");
    (output.status, asked.lines().count())
}

#[test]
fn a_server_that_its_leader_never_hears_begins_again() {
    let never = heard(r#""current":false,"active":0,"lag":10"#);
    assert_eq!(end("mute", &never, "2").0.signal(), Some(15));
    let unknown = r#"{"server":{"name":"nats-1","id":"A"},"data":{"meta_cluster":{"leader":"nats-1","replicas":[{"name":"nats-3","current":true,"active":1,"peer":"c"}],"cluster_size":2}}}"#;
    assert_eq!(end("unknown", unknown, "2").0.signal(), Some(15));
    let before = heard(r#""current":false,"offline":true,"active":405443845627,"lag":54233"#);
    assert_eq!(end("mute again", &before, "2").0.signal(), Some(15));
}

#[test]
fn a_server_that_has_no_leader_among_enough_others_begins_again() {
    assert_eq!(end("leaderless", "", "1").0.signal(), Some(15));
}

#[test]
fn a_server_that_reaches_nobody_is_left_alone() {
    assert_eq!(end("cut", "", "0").0.code(), Some(0));
}

#[test]
fn a_server_that_is_still_catching_up_is_left_alone() {
    let behind = heard(r#""current":false,"active":434783599,"lag":3363"#);
    let (status, asked) = end("behind", &behind, "2");
    assert_eq!(status.code(), Some(0));
    assert!(asked >= 100, "it is watched still: {asked}");
}

#[test]
fn a_server_that_was_heard_is_watched_no_more() {
    let heard = heard(r#""current":true,"active":434783599"#);
    let (status, asked) = end("heard", &heard, "2");
    assert_eq!((status.code(), asked), (Some(0), 1));
}
