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

/// Ends by itself, with 0, once its port was asked a hundred times: nobody ended it.
const SERVER: &str = "while [ \"$(wc -l <asked)\" -lt 100 ]; do /bin/sleep 0.01; done; touch over";

/// Answers as the test says, and that all is well once the server has ended, so that nothing is left behind.
const PORT: &str = r#"
read -r request
echo "$request" >>asked
if [ -e over ]; then echo '{"status":"ok"}'; exit; fi
case $request in
*/healthz*) echo "$HEALTH" ;;
*/routez*) printf '{\n  "num_routes": %s,\n  "routes": []\n}' "$ROUTES" ;;
esac"#;

const BEHIND: &str =
    r#"{"status":"unavailable","error":"JetStream is not current with the meta leader"}"#;
const ALONE: &str = r#"{"status":"unavailable","error":"JetStream has not established contact with a meta leader"}"#;
const STARTING: &str =
    r#"{"status":"error","error":"failed to be ready for connections after 1ms: server"}"#;

const NODES: [HostRef; 3] = [
    HostRef::new("node-1"),
    HostRef::new("node-2"),
    HostRef::new("node-3"),
];

fn script() -> String {
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
    let mut cluster = Cluster::new("start", inventory).network(NetworkRef::new("data"));
    cluster.omit(Ability::Hosts, "local");
    cluster.add(Nats::new("nats").on(NODES));
    let compiled = compile(&cluster).unwrap_or_else(|report| panic!("{report:#?}"));
    let path = TreePath::new("start/local/config/nats-2/nats/start.sh").expect("a path");
    compiled
        .tree
        .get(&path)
        .expect("it is generated")
        .text
        .clone()
}

/// How the server ends whose port answers so.
fn end(test: &str, health: &str, routes: &str) -> ExitStatus {
    let folder = format!("lurus-nats-start-{test}-{}", std::process::id());
    let folder = std::env::temp_dir().join(folder);
    fs::create_dir(&folder).expect("a folder");
    for (name, body) in [("nats-server", SERVER), ("nc", PORT), ("sleep", "exit 0")] {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("a program");
        fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("its mode");
    }
    fs::write(folder.join("asked"), "").expect("a file");
    let others = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", &script()])
        .current_dir(&folder)
        .env("PATH", format!("{}:{others}", folder.display()))
        .env("HEALTH", health)
        .env("ROUTES", routes)
        .output()
        .expect("a shell");
    fs::remove_dir_all(&folder).expect("it is there");
    output.status
}

#[test]
fn a_server_that_stays_behind_its_leader_begins_again() {
    assert_eq!(end("behind", BEHIND, "2").signal(), Some(15));
    assert_eq!(end("alone", ALONE, "1").signal(), Some(15));
}

#[test]
fn a_server_that_reaches_nobody_is_left_alone() {
    assert_eq!(end("cut", ALONE, "0").code(), Some(0));
}

#[test]
fn a_server_that_is_still_starting_is_left_alone() {
    assert_eq!(end("starting", STARTING, "2").code(), Some(0));
}
