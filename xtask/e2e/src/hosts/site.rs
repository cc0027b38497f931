//! What a run on hosts must know beyond what clients of the cluster know: the hosts themselves, and who may knock where.
//!
//! In: the text of `site.json`, which `cargo xtask e2e` writes for one run. Out: [`Site`].

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

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
            "units": [], "doors": []}"#;
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
