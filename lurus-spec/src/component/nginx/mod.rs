//! Nginx at the edge: it ends TLS, and sends each request to a service that is placed.
//!
//! An instance lives on each of its hosts, and all of them serve the same names: which one a user reaches decides what
//! stands before them. Servers behind a route are exactly the members of the endpoint that it leads to.

mod check;
pub(super) mod handed_on;
mod lower;
mod observe;
mod operations;
mod route;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::check::Rule;
use crate::component::{
    self, Component, Declaration, Edge, Endpoint, EndpointRef, Group, Lowering, Need, Reach,
    ServedName, Survival, place, place_beside,
};
use crate::literal::{DomainName, Duration, Name, Port, Size};
use crate::model::{Certificate, Meta, Refused, Setting};
use crate::plan::{Ask, Contract, Duty, Opening, Outside, Probe, Procedure, Workload};
use crate::report::Origin;
use crate::words::Words;

pub use check::RULES;
pub use route::{Route, RoutePath, VirtualHost};

/// Nginx, a balancer for HTTP that ends TLS: plain HTTP is sent to HTTPS, unknown names get no answer, WebSockets and
/// streams pass.
#[derive(Component, Clone, Debug)]
#[component(kind = "nginx")]
pub struct Nginx {
    meta: Meta,
    /// A domain name that it serves, and where its requests go.
    #[option(each = "serves", cost = "reload", plain, entrusted)]
    virtual_hosts: Vec<Setting<VirtualHost>>,
    /// A certificate that the operator provides. Each name is served with the first one that names it, else with the first
    /// one whose star covers it.
    #[option(each = "certificate", cost = "recreate", plain, entrusted)]
    certificates: Vec<Setting<Certificate>>,
    /// Port for HTTP, from which everyone is sent to HTTPS.
    #[option(default_value = "80", cost = "recreate", entrusted)]
    http_port: Option<Setting<Port>>,
    /// Port for HTTPS.
    #[option(default_value = "443", cost = "recreate", entrusted)]
    https_port: Option<Setting<Port>>,
    /// Port of health and statistics, for those who watch it.
    #[option(default_value = "8081", cost = "recreate")]
    status_port: Option<Setting<Port>>,
    /// The largest body of a request.
    #[option(default_value = "64MiB", cost = "reload")]
    max_body: Option<Setting<Size>>,
    /// The longest silence between two pieces of a request or of an answer, in seconds; a route may say its own.
    #[option(default_value = "600s", cost = "reload", entrusted)]
    timeout: Option<Setting<Duration>>,
    /// How long requests that run go on after a reload or a stop.
    #[option(default_value = "600s", cost = "recreate", entrusted)]
    drain: Option<Setting<Duration>>,
    /// How many servers are tried for one request.
    #[option(default_value = "2", cost = "reload", plain, entrusted)]
    tries: Option<Setting<u32>>,
    /// Most connections of one worker process at a time, to clients and to servers together.
    #[option(default_value = "8192", cost = "recreate", plain)]
    connections: Option<Setting<u32>>,
    /// For how long browsers shall ask for these names by HTTPS only. There is no way back before that time is over.
    #[option(default = "browsers are told nothing", cost = "reload", entrusted)]
    hsts: Option<Setting<Duration>>,
}

pub(in crate::component) const HTTP: &str = "http";
pub(in crate::component) const HTTPS: &str = "https";
const STATUS: &str = "status";
const METRICS: &str = "metrics";

/// Memory limit of an exporter, which keeps nothing.
const EXPORTER_MEMORY: Size = Size::mib(64);

impl NginxRef {
    /// Health (`/healthz`) and statistics (`/stub_status`) of each instance.
    pub fn status(&self) -> EndpointRef {
        EndpointRef::new(self, STATUS)
    }
}

impl Nginx {
    /// Routes of all virtual hosts, as they were written.
    pub(in crate::component) fn routes(&self) -> impl Iterator<Item = &Route> {
        self.virtual_hosts
            .iter()
            .flat_map(|host| &host.value.routes)
    }

    /// Every endpoint that a route leads to, with the first place that says so.
    fn destinations(&self) -> BTreeMap<&EndpointRef, &Origin> {
        let mut destinations = BTreeMap::new();
        for route in self.routes() {
            destinations.entry(&route.to).or_insert(&route.origin);
        }
        destinations
    }

    /// The certificate with which a name is served.
    fn certificate_for(&self, name: &DomainName) -> Option<&Certificate> {
        let certificates = || self.certificates.iter().map(|set| &set.value);
        let names_it = |certificate: &&Certificate| {
            let mut names = certificate.names.iter();
            names.any(|covered| covered.value.as_str() == name.as_str())
        };
        certificates()
            .find(names_it)
            .or_else(|| certificates().find(|certificate| certificate.is_for(name)))
    }

    /// What it serves, as a platform that serves names by itself is told. A name without a certificate is the finding of a
    /// rule.
    fn served(&self) -> Vec<ServedName> {
        let hosts = self.virtual_hosts.iter();
        hosts
            .filter_map(|host| {
                let routes = host.value.routes.iter().map(|route| {
                    let (patience, origin) = self.patience(route);
                    route.handed_on(Setting::new(patience, origin))
                });
                Some(ServedName {
                    name: host.value.name.clone(),
                    certificate: self.certificate_for(&host.value.name)?.name.clone(),
                    routes: routes.collect(),
                    origin: host.origin.clone(),
                })
            })
            .collect()
    }

    /// The largest body of a request that it lets through, and the place that says so, or its own. None is too large where
    /// it is zero.
    pub(in crate::component) fn largest_body(&self) -> (Size, Origin) {
        self.max_body_or_default().into_parts()
    }

    fn silence(&self) -> Duration {
        self.timeout_or_default().value
    }

    /// The longest silence that a route allows, and the place that says so, or the component's.
    fn patience<'a>(&'a self, route: &'a Route) -> (Duration, Origin) {
        match route.timeout.as_ref().or(self.timeout.as_ref()) {
            Some(set) => (set.value, set.origin.clone()),
            None => (self.silence(), route.origin.clone()),
        }
    }

    fn drain_time(&self) -> Duration {
        self.drain_or_default().value
    }

    fn most_tries(&self) -> u32 {
        self.tries_or_default().value
    }

    fn most_connections(&self) -> u32 {
        self.connections_or_default().value
    }

    /// The memory limit of an instance: buffers of a few thousand requests at a time, and TLS sessions.
    fn instance_memory(&self) -> Size {
        self.meta.memory_or(Size::mib(512))
    }

    fn exporter(&self) -> Name {
        self.meta.derive("exporter")
    }
}

impl Component for Nginx {
    fn declare(&self, site: &component::Site<'_>) -> Declaration {
        let meta = &self.meta;
        let name = &meta.name.value;
        let (http, http_origin) = self.http_port_or_default().into_parts();
        let (https, https_origin) = self.https_port_or_default().into_parts();
        let (status, status_origin) = self.status_port_or_default().into_parts();
        let ports = [
            (HTTP.into(), http, http_origin),
            (HTTPS.into(), https, https_origin),
            (STATUS.into(), status, status_origin),
        ];
        let instances = Group {
            ready: Some(Probe {
                port: STATUS.into(),
                asks: Ask::Http("/healthz".to_owned()),
            }),
            ..Group::new(
                name.clone(),
                place(meta, site, self.instance_memory(), &ports),
            )
        };
        let survival = Survival::any(
            Words::new("one Nginx", "任意一个 Nginx"),
            instances.member_names(),
        );
        let opening = |port: &'static str| Opening {
            group: name.clone(),
            port: port.into(),
            from: Outside::Anyone,
        };
        let needs = self
            .destinations()
            .into_iter()
            .map(|(endpoint, origin)| Need {
                group: name.clone(),
                endpoint: endpoint.clone(),
                origin: origin.clone(),
            });
        let mut declaration = Declaration {
            image: Some("nginx"),
            edge: Some(Edge {
                group: name.clone(),
                http,
                https,
                names: self.served(),
                tries: self.most_tries(),
                drain: self.drain_time(),
                hsts: self.hsts.as_ref().map(|set| set.value),
            }),
            endpoints: vec![Endpoint::new(
                STATUS,
                "http",
                name.clone(),
                STATUS,
                Reach::Each,
            )],
            needs: needs.collect(),
            pins: self.destinations().into_keys().cloned().collect(),
            groups: vec![instances],
            openings: vec![opening(HTTP), opening(HTTPS)],
            survival: vec![survival],
            ..Declaration::default()
        };
        if site.monitored {
            let exporter = self.exporter();
            let port = [(
                METRICS.into(),
                Port::constant(9113),
                meta.name.origin.clone(),
            )];
            let hosts = meta.hosts().iter().copied();
            let members = place_beside(meta, site, &exporter, hosts, EXPORTER_MEMORY, &port);
            declaration.groups.push(Group {
                image: Some("nginx-exporter"),
                ..Group::new(exporter.clone(), members)
            });
            declaration.needs.push(Need {
                group: exporter.clone(),
                endpoint: EndpointRef {
                    component: name.clone(),
                    endpoint: STATUS.into(),
                },
                origin: meta.name.origin.clone(),
            });
            declaration.metrics = vec![observe::metrics(name, &exporter)];
            declaration.rule_groups = vec![observe::rules(name)];
            declaration.dashboards = vec![observe::dashboard(name)];
        }
        declaration
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    fn refused(&self) -> Vec<&Refused> {
        let of_hosts = self.virtual_hosts.iter().flat_map(|set| &set.value.refused);
        let of_certificates = self.certificates.iter().flat_map(|set| &set.value.refused);
        self.meta
            .refused
            .iter()
            .chain(of_hosts)
            .chain(of_certificates)
            .collect()
    }

    fn duty(&self) -> Option<Duty> {
        Some(Duty::Edge)
    }

    fn lower(&self, lowering: &Lowering<'_>) -> Vec<Workload> {
        lower::lower(self, lowering)
    }

    fn operations(&self, lowering: &Lowering<'_>) -> Vec<Procedure> {
        operations::operations(self, lowering)
    }

    fn contracts(&self, lowering: &Lowering<'_>) -> Vec<Contract> {
        lower::contracts(self, lowering)
    }
}
