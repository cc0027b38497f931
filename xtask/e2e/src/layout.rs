//! What the compose files describe: services, how they hang together, and through which addresses of this machine they are
//! reached.
//!
//! In: the text of `docker compose config --format json`. Out: [`Layout`]. It must not know any product, nor what runs.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, Result};
use serde::Deserialize;

/// Every service of a project, by name.
#[derive(Debug)]
pub(crate) struct Layout {
    services: BTreeMap<String, Service>,
    /// The group of each service that is in one.
    groups: BTreeMap<String, String>,
}

/// One service, as it is described.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) kind: Kind,
    pub(crate) image: String,
    /// Whether the files say how to build the image.
    pub(crate) is_built: bool,
    /// The services that it waits for when it is started.
    pub(crate) needs: BTreeSet<String>,
    host: Option<String>,
    published: BTreeSet<SocketAddr>,
    fixed: BTreeSet<IpAddr>,
}

/// What a service is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It runs on: its restart policy starts it again whenever it ends.
    Server,
    /// It ends with 0 once its work is done.
    Task,
}

/// The label that names the host for which a container stands.
const HOST: &str = "lurus.host";

impl Layout {
    /// Reads what compose printed of services in these groups.
    ///
    /// # Errors
    /// When it is of another form. The text holds the values of secrets, so the error does not quote it.
    pub(crate) fn parse(text: &str, groups: &BTreeMap<String, Vec<String>>) -> Result<Self> {
        let config: Config = serde_json::from_str(text)
            .ok()
            .context("`docker compose config` printed something unknown")?;
        let services = config.services.into_iter();
        let groups = groups.iter().flat_map(|(group, members)| {
            members.iter().map(|member| (member.clone(), group.clone()))
        });
        Ok(Self {
            services: services
                .map(|(name, written)| (name, written.into()))
                .collect(),
            groups: groups.collect(),
        })
    }

    /// The group of equals that a service is in; its own name when it is alone.
    pub(crate) fn group<'a>(&'a self, service: &'a str) -> &'a str {
        self.groups.get(service).map_or(service, String::as_str)
    }

    pub(crate) fn service(&self, name: &str) -> Option<&Service> {
        self.services.get(name)
    }

    pub(crate) fn services(&self) -> impl Iterator<Item = (&str, &Service)> {
        self.services
            .iter()
            .map(|(name, service)| (name.as_str(), service))
    }

    /// Every service that is started only after one of `roots`, the roots included.
    pub(crate) fn waiting_for(&self, roots: &BTreeSet<String>) -> BTreeSet<String> {
        let mut found = roots.clone();
        loop {
            let more: Vec<String> = self
                .services()
                .filter(|(name, service)| {
                    !found.contains(*name) && !service.needs.is_disjoint(&found)
                })
                .map(|(name, _)| name.to_owned())
                .collect();
            if more.is_empty() {
                return found;
            }
            found.extend(more);
        }
    }

    /// The service that answers at an address of this machine.
    pub(crate) fn door(&self, address: SocketAddr) -> Option<&str> {
        self.services()
            .find(|(_, service)| {
                service.published.contains(&address) || service.fixed.contains(&address.ip())
            })
            .map(|(name, _)| name)
    }
}

impl Service {
    /// The host for which its container stands.
    pub(crate) fn host(&self) -> &str {
        self.host.as_deref().unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct Config {
    services: BTreeMap<String, Written>,
}

/// A service as compose prints it; what nobody asks for is left out.
#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    image: String,
    build: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    restart: String,
    #[serde(default)]
    depends_on: BTreeMap<String, serde::de::IgnoredAny>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    ports: Vec<WrittenPort>,
    #[serde(default)]
    networks: BTreeMap<String, Option<WrittenNetwork>>,
}

#[derive(Deserialize)]
struct WrittenPort {
    #[serde(default)]
    host_ip: String,
    #[serde(default)]
    published: String,
}

#[derive(Deserialize)]
struct WrittenNetwork {
    ipv4_address: Option<IpAddr>,
}

impl From<Written> for Service {
    fn from(written: Written) -> Self {
        let published = written.ports.iter().filter_map(|port| {
            Some(SocketAddr::new(
                port.host_ip.parse().ok()?,
                port.published.parse().ok()?,
            ))
        });
        Self {
            kind: match written.restart.as_str() {
                "always" | "unless-stopped" => Kind::Server,
                _ => Kind::Task,
            },
            image: written.image,
            is_built: written.build.is_some(),
            needs: written.depends_on.into_keys().collect(),
            host: written.labels.get(HOST).cloned(),
            published: published.collect(),
            fixed: written
                .networks
                .values()
                .flatten()
                .filter_map(|network| network.ipv4_address)
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = r#"{"services": {
        "redis-1": {"image": "redis:7", "restart": "unless-stopped", "networks": {"data": {"ipv4_address": "10.0.1.31"}}},
        "form": {"image": "redis:7", "restart": "on-failure", "depends_on": {"redis-1": {"condition": "service_healthy"}}},
        "gateway-1": {"restart": "always", "depends_on": {"form": {}}, "networks": {"data": null}},
        "edge-1": {"restart": "always", "depends_on": {"gateway-1": {}}, "labels": {"lurus.host": "node-1"}, "build": {"context": "."},
                   "ports": [{"mode": "ingress", "host_ip": "127.0.0.1", "target": 443, "published": "8443", "protocol": "tcp"}]}}}"#;

    #[test]
    fn services_are_read_as_compose_prints_them() {
        let layout = Layout::parse(CONFIG, &BTreeMap::new()).unwrap();
        let edge = layout.service("edge-1").unwrap();
        assert_eq!((edge.kind, edge.host()), (Kind::Server, "node-1"));
        assert!(edge.is_built && !layout.service("form").unwrap().is_built);
        assert_eq!(layout.service("form").unwrap().kind, Kind::Task);
    }

    #[test]
    fn an_address_leads_to_who_publishes_it_or_has_it_as_its_own() {
        let layout = Layout::parse(CONFIG, &BTreeMap::new()).unwrap();
        let door = |address: &str| layout.door(address.parse().unwrap());
        assert_eq!(door("127.0.0.1:8443"), Some("edge-1"));
        assert_eq!(door("10.0.1.31:7001"), Some("redis-1"));
        assert_eq!(door("127.0.0.1:443"), None);
    }

    #[test]
    fn who_waits_for_a_service_also_waits_through_others() {
        let layout = Layout::parse(CONFIG, &BTreeMap::new()).unwrap();
        let waiting = layout.waiting_for(&BTreeSet::from(["form".to_owned()]));
        assert_eq!(
            waiting.iter().map(String::as_str).collect::<Vec<_>>(),
            ["edge-1", "form", "gateway-1"]
        );
    }

    #[test]
    fn a_service_is_in_its_group_or_alone() {
        let groups = BTreeMap::from([("edge".to_owned(), vec!["edge-1".to_owned()])]);
        let layout = Layout::parse(CONFIG, &groups).unwrap();
        assert_eq!(layout.group("edge-1"), "edge");
        assert_eq!(layout.group("form"), "form");
    }

    #[test]
    fn a_config_that_cannot_be_read_is_not_quoted() {
        let error = Layout::parse(r#"{"services": ["hunter2"]}"#, &BTreeMap::new()).unwrap_err();
        assert!(!format!("{error:#}").contains("hunter2"));
    }
}
