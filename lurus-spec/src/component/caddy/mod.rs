//! Caddy on the application hosts: it stands before the services of its own host, and spreads requests over their instances.
//!
//! An instance lives on each of its hosts, and all of them answer the same paths. It speaks plain HTTP: the edge before it
//! ends TLS. Where a service has instances beside every Caddy, each Caddy hands on to those beside it only, so that losing
//! a host takes away its Caddy and its instances together; otherwise it hands on to all.

mod check;
mod lower;
mod observe;
mod operations;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::check::Rule;
use crate::component::nginx::Route;
use crate::component::{
    self, Component, Declaration, Endpoint, EndpointRef, Group, Lowering, Need, Reach, Survival,
    place,
};
use crate::literal::{Duration, Port, Size};
use crate::model::{Meta, Refused, Setting};
use crate::plan::{Ask, Duty, Probe, Procedure, Workload};
use crate::report::Origin;
use crate::words::Words;

pub use check::RULES;

/// Caddy, a balancer for HTTP before the services of a host: each request goes to the instance with the fewest, streams
/// and WebSockets pass.
#[derive(Component, Clone, Debug)]
#[component(kind = "caddy")]
pub struct Caddy {
    meta: Meta,
    /// Paths that it takes, and where their requests go.
    #[option(each = "with", cost = "reload", plain, entrusted)]
    routes: Vec<Setting<Route>>,
    /// Port for requests.
    #[option(default_value = "8080", cost = "recreate")]
    port: Option<Setting<Port>>,
    /// Port of health and metrics, for those who watch it.
    #[option(default_value = "9180", cost = "recreate")]
    metrics_port: Option<Setting<Port>>,
    /// The largest body of a request: at least what the edge lets through.
    #[option(default_value = "64MiB", cost = "reload")]
    max_body: Option<Setting<Size>>,
    /// The longest silence between two pieces of a request or of an answer, in seconds; a route may say its own.
    #[option(default_value = "600s", cost = "reload", entrusted)]
    timeout: Option<Setting<Duration>>,
    /// How long requests that run go on after a stop.
    #[option(default_value = "600s", cost = "recreate")]
    drain: Option<Setting<Duration>>,
}

const HTTP: &str = "http";
const METRICS: &str = "metrics";

/// Seconds between two questions to a server whether it is ready.
const ASKED_EVERY: u64 = 2;
/// Seconds in which a server has to answer that.
const ANSWERS_WITHIN: u64 = 10;
/// Seconds in which a server has to take a connection.
const CONNECTS_WITHIN: u64 = 1;
/// Seconds for which a server that failed twice gets no requests.
const LEFT_OUT: u64 = 30;

/// The path of its own health, on the port of metrics.
const HEALTHY: &str = "/healthz";

impl CaddyRef {
    /// What it answers on: every route is a path of it.
    pub fn http(&self) -> EndpointRef {
        EndpointRef::new(self, HTTP)
    }
}

impl Caddy {
    fn routes(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter().map(|set| &set.value)
    }

    /// Every endpoint that a route leads to, with the first place that says so.
    fn destinations(&self) -> BTreeMap<&EndpointRef, &Origin> {
        let mut destinations = BTreeMap::new();
        for route in self.routes() {
            destinations.entry(&route.to).or_insert(&route.origin);
        }
        destinations
    }

    fn largest_body(&self) -> Size {
        self.max_body_or_default().value
    }

    fn silence(&self) -> Duration {
        self.timeout_or_default().value
    }

    /// The longest silence that a route allows, and the place that says so.
    fn patience(&self, route: &Route) -> (Duration, Origin) {
        match route.timeout.as_ref().or(self.timeout.as_ref()) {
            Some(set) => (set.value, set.origin.clone()),
            None => (self.silence(), route.origin.clone()),
        }
    }

    fn drain_time(&self) -> Duration {
        self.drain_or_default().value
    }

    /// The memory limit of an instance: its program, which it runs from memory, and buffers of a few thousand requests.
    fn instance_memory(&self) -> Size {
        self.meta.memory_or(Size::mib(384))
    }
}

impl Component for Caddy {
    fn declare(&self, site: &component::Site<'_>) -> Declaration {
        let meta = &self.meta;
        let name = &meta.name.value;
        let (http, http_origin) = self.port_or_default().into_parts();
        let (metrics, metrics_origin) = self.metrics_port_or_default().into_parts();
        let ports = [
            (HTTP.into(), http, http_origin),
            (METRICS.into(), metrics, metrics_origin),
        ];
        let instances = Group {
            ready: Some(Probe {
                port: METRICS.into(),
                asks: Ask::Http(HEALTHY.to_owned()),
            }),
            ..Group::new(
                name.clone(),
                place(meta, site, self.instance_memory(), &ports),
            )
        };
        let survival = Survival::any(
            Words::new("one Caddy", "任意一个 Caddy"),
            instances.member_names(),
        );
        let needs = self
            .destinations()
            .into_iter()
            .map(|(endpoint, origin)| Need {
                group: name.clone(),
                endpoint: endpoint.clone(),
                origin: origin.clone(),
            });
        let handed_on = self.routes().map(|route| {
            let (patience, origin) = self.patience(route);
            route.handed_on(Setting::new(patience, origin))
        });
        let mut declaration = Declaration {
            image: Some("caddy"),
            endpoints: vec![Endpoint {
                hands_on: handed_on.collect(),
                ..Endpoint::new(HTTP, "http", name.clone(), HTTP, Reach::Any)
            }],
            needs: needs.collect(),
            groups: vec![instances],
            survival: vec![survival],
            ..Declaration::default()
        };
        declaration.metrics = vec![observe::metrics(name)];
        declaration.rule_groups = vec![observe::rules(name)];
        declaration.dashboards = vec![observe::dashboard(name)];
        declaration
    }

    fn duty(&self) -> Option<Duty> {
        Some(Duty::Edge)
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    fn refused(&self) -> Vec<&Refused> {
        let of_routes = self.routes().flat_map(|route| &route.refused);
        self.meta.refused.iter().chain(of_routes).collect()
    }

    fn lower(&self, lowering: &Lowering<'_>) -> Vec<Workload> {
        lower::lower(self, lowering)
    }

    fn operations(&self, lowering: &Lowering<'_>) -> Vec<Procedure> {
        operations::operations(self, lowering)
    }
}
