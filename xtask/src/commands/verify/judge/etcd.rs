//! etcd has neither a file nor a test of its flags: a member is started with its own words, and has accepted them when it
//! serves. The others of its cluster are not there, so it waits for them until it is stopped.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, TcpListener};

use serde_json::Value;

use super::{Program, Subject};
use crate::commands::verify::place::Source;
use crate::commands::verify::trial::End;

pub(super) const PROGRAM: Program = Program {
    judge: "etcd",
    programs: &["etcd"],
    get: "etcd",
    reads_of: |service| (service.program() == Some("etcd")).then_some(Subject::Command),
    asks: |setting| {
        let command = setting.case.service.map(|service| &service.command[..]);
        words(command.unwrap_or_default(), setting.scratch.as_str())
    },
    until: Some("now serving peer/client/metrics"),
    reads,
};

/// The words of the command, with its directory in `scratch` and each address on a port of its own of the loopback.
fn words(command: &[String], scratch: &str) -> Vec<String> {
    let authorities: BTreeSet<&str> = command.iter().flat_map(|word| authorities(word)).collect();
    let free = free_ports(authorities.len());
    let ports: BTreeMap<&str, u16> = authorities.into_iter().zip(free).collect();
    let mut words = Vec::new();
    let mut is_directory = false;
    for word in command {
        words.push(if is_directory {
            format!("{scratch}/etcd")
        } else if word.starts_with("--data-dir=") {
            format!("--data-dir={scratch}/etcd")
        } else {
            on_loopback(word, &ports)
        });
        is_directory = word == "--data-dir";
    }
    words
}

/// The `host:port` of each URL in a text.
fn authorities(text: &str) -> impl Iterator<Item = &str> {
    text.split("://").skip(1).map(|url| authority(url).0)
}

/// The `host:port` that a URL goes on with after its `://`, and the rest.
fn authority(url: &str) -> (&str, &str) {
    url.split_at(url.find([',', '/']).unwrap_or(url.len()))
}

fn on_loopback(text: &str, ports: &BTreeMap<&str, u16>) -> String {
    let mut urls = text.split("://");
    let mut out = urls.next().unwrap_or_default().to_owned();
    for url in urls {
        let (authority, rest) = authority(url);
        out += &format!("://127.0.0.1:{}{rest}", ports[authority]);
    }
    out
}

/// Ports of the loopback that nobody uses now, no two equal. Zero where the machine gives none: a server takes any then.
pub(super) fn free_ports(number: usize) -> Vec<u16> {
    // All are held until the last is known.
    let held: Vec<_> = (0..number)
        .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .collect();
    let port = |listener: std::io::Result<TcpListener>| listener?.local_addr();
    held.into_iter()
        .map(|listener| port(listener).map_or(0, |address| address.port()))
        .collect()
}

fn reads(_: &Source, end: &End) -> Result<(), String> {
    match end {
        End::Said => Ok(()),
        End::Exited(status, said) => {
            let complaints: Vec<_> = said.lines().filter_map(complaint).collect();
            Err(if complaints.is_empty() {
                format!("ended before it served: {status}")
            } else {
                complaints.join("\n")
            })
        }
    }
}

/// What a line of its log complains of. Lines that are no log are for people.
fn complaint(line: &str) -> Option<String> {
    let Ok(Value::Object(entry)) = serde_json::from_str(line) else {
        let line = line.trim_end();
        return (!line.is_empty()).then(|| line.to_owned());
    };
    let text = |key: &str| entry.get(key).and_then(Value::as_str);
    Some(format!("{}: {}", text("msg")?, text("error")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_move_to_the_loopback_together() {
        let command = [
            "etcd",
            "--data-dir",
            "/var/lib/etcd/data",
            "--listen-peer-urls=http://0.0.0.0:2380",
            "--initial-advertise-peer-urls=http://a:2380",
            "--initial-cluster=a=http://a:2380,b=http://b:2380",
        ]
        .map(str::to_owned);
        let words = words(&command, "/tmp");
        assert_eq!(words[2], "/tmp/etcd");
        let (_, own) = words[4].split_once('=').unwrap();
        let (first, second) = words[5].split_once(',').unwrap();
        assert_eq!(first, format!("--initial-cluster=a={own}"));
        assert!(second.starts_with("b=http://127.0.0.1:"), "{second}");
        assert_ne!(second, format!("b={own}"));
        assert!(!words[3].contains("0.0.0.0"), "{}", words[3]);
    }

    #[test]
    fn complaints_are_found_in_the_log() {
        let log = r#"{"level":"warn","msg":"failed to verify flags","error":"unknown auto-compaction-mode \"weekly\""}"#;
        assert_eq!(
            complaint(log).as_deref(),
            Some("failed to verify flags: unknown auto-compaction-mode \"weekly\"")
        );
        assert_eq!(complaint(r#"{"level":"info","msg":"starting"}"#), None);
        let usage = "flag provided but not defined: -heartbeat-intervall";
        assert_eq!(complaint(usage).as_deref(), Some(usage));
    }
}
