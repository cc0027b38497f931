//! What a run on hosts must know beyond what clients of the cluster know: the hosts themselves, and who may knock where.
//!
//! In: the text of `site.json`, which `cargo xtask e2e` writes for one run. Out: [`Site`].

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use super::book::{Line, Step};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Site {
    /// The hosts, by name.
    pub(super) hosts: BTreeMap<String, Host>,
    /// A machine that is no part of the cluster.
    pub(super) client: Client,
    /// The programs of the hosts themselves, by the names of their units.
    pub(super) units: Vec<String>,
    /// Every port that a member listens on.
    pub(super) doors: Vec<Way>,
    /// Each component's turn at a first start, in the order of the book.
    pub(super) turns: Vec<Turn>,
    /// How members are started and changed.
    pub(super) lines: Lines,
    /// What is changed while the cluster serves; nothing where the cluster has no component that it is about.
    pub(super) change: Option<Change>,
    /// The addresses that move between hosts, which the contract names.
    #[serde(skip)]
    pub(super) virtual_addresses: Vec<IpAddr>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Host {
    /// Its addresses, one for each interface.
    pub(super) addresses: Vec<IpAddr>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Client {
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) host: Host,
}

/// The turn of a component.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Turn {
    pub(super) component: String,
    /// Components that have to serve before it.
    pub(super) after: BTreeSet<String>,
    /// Whether its check is complete only once everything is there.
    pub(super) watches: bool,
    /// Its members, by host.
    pub(super) members: BTreeMap<String, Vec<String>>,
    /// The steps of its check.
    pub(super) check: Vec<Step>,
}

/// Lines of the book, in which `HOST` and `MEMBERS` are for the reader to replace.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lines {
    /// Starts members, or makes them anew.
    pub(super) up: String,
    /// Ends once everything on the host is ready.
    pub(super) ready: String,
    /// Removes what is described no more.
    pub(super) rest: String,
}

/// A change of the description.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    pub(super) says: String,
    /// The folder with the hosts' own folders after it.
    pub(super) folder: String,
    /// What it makes anew, in order: what `diff` prints.
    pub(super) rounds: Vec<Round>,
    /// Shows the value in each member that knows it.
    pub(super) shown: Vec<Line>,
    /// What is printed then once the change is made.
    pub(super) answer: String,
}

/// The part of a change that is about one component.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Round {
    pub(super) component: String,
    /// The hosts on which members are made anew, with these.
    pub(super) hosts: Vec<(String, Vec<String>)>,
    /// How the book gives roles away, and back.
    pub(super) switchover: Vec<Step>,
    pub(super) fail_back: Vec<Step>,
}

/// A port of a member.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Way {
    /// The member's service.
    pub(super) service: String,
    pub(super) at: SocketAddr,
    /// The hosts whose members need it.
    pub(super) from: BTreeSet<String>,
    /// Whether it is offered to everyone outside.
    pub(super) anyone: bool,
}

impl Site {
    /// Reads the text.
    ///
    /// # Errors
    /// When it is of another form, or there are too few hosts to lose one.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let site: Self = serde_json::from_str(text).context("site.json cannot be read")?;
        ensure!(
            site.hosts.len() > 1,
            "the cluster has {} host, and none may be lost: give a cluster of several hosts",
            site.hosts.len()
        );
        Ok(site)
    }
}

impl Site {
    /// The names of all members, and the addresses of all hosts.
    pub(super) fn names(&self) -> Vec<String> {
        let members = self.turns.iter().flat_map(|turn| turn.members.values());
        let addresses = self.hosts.values().flat_map(|host| &host.addresses);
        let addresses = addresses.map(IpAddr::to_string);
        members.flatten().cloned().chain(addresses).collect()
    }
}

impl Lines {
    /// A line for these members of a host.
    pub(super) fn filled(line: &str, host: &str, members: &[&str]) -> String {
        line.replace("HOST", host)
            .replace("MEMBERS", &members.join(" "))
    }
}

impl Host {
    /// The addresses, as the program that makes hosts reads them.
    pub(super) fn addresses(&self) -> String {
        let addresses: Vec<String> = self.addresses.iter().map(ToString::to_string).collect();
        addresses.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_is_too_few() {
        let text = r#"{"hosts": {"a": {"addresses": ["10.0.0.1"]}}, "client": {"name": "client", "addresses": ["10.0.0.9"]},
            "units": [], "doors": [], "turns": [],
            "lines": {"up": "", "ready": "", "rest": ""}, "change": null}"#;
        let refusal = Site::parse(text).unwrap_err().to_string();
        assert!(refusal.contains("none may be lost"), "{refusal}");
        let two = text.replacen(
            "}},",
            r#"}, "b": {"addresses": ["10.0.0.2", "10.0.1.2"]}},"#,
            1,
        );
        assert_eq!(
            Site::parse(&two).unwrap().hosts["b"].addresses(),
            "10.0.0.2,10.0.1.2"
        );
    }
}
