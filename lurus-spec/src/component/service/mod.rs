//! Stateless applications: any number of equal instances, of which any one serves.
//!
//! What a service connects to is said once, in the values of its environment. Needs, and with them flows, firewalls,
//! the order of a rollout and the analysis of losses, follow from those values by themselves.
//!
//! Instances are numbered host by host, so that a host at the end of the list renames none. The k-th instance on a host
//! listens on the service's port plus k − 1.

mod check;
mod lower;
mod observe;
mod operations;
mod probe;
mod variable;

#[cfg(test)]
mod tests;

use std::fmt;

use crate::check::Rule;
use crate::component::observe::Metrics;
use crate::component::{
    Component, Declaration, Endpoint, EndpointRef, Group, GroupMember, GroupPort, Lowering, Need,
    Part, Reach, SecretDeclaration, Site, Survival, Value,
};
use crate::literal::{AbsPath, Duration, EnvName, Given, Name, Port, SecretName, Size};
use crate::model::{ImageRef, Meta, Refused, Setting};
use crate::plan::{Health, PortName, Probe, Procedure, Workload, has_token_characters};
use crate::report::Origin;
use crate::words::Words;

pub use check::RULES;
pub use probe::{Check, ProbeTool, UrlPath};
pub use variable::{NamedPort, OwnSecret, Pool, RedisClient, Series, Variable, WordList};

/// A stateless application: equal instances behind a balancer, each told by its environment what to connect to.
#[derive(Component, Clone, Debug)]
#[component(kind = "service")]
pub struct Service {
    meta: Meta,
    /// The application's image.
    #[option(required, cost = "recreate", plain)]
    image: Setting<ImageRef>,
    /// A port on which each instance listens, by name. Probes and metrics use the first one unless they name another,
    /// and the one called `http` is what `url()` of the reference leads to.
    #[option(each = "port", default = "none", cost = "procedure", manual)]
    ports: Vec<Setting<NamedPort>>,
    /// Instances on each host, at least 1. The k-th has the service's ports plus k − 1.
    #[option(default_value = "1", cost = "recreate", plain)]
    replicas: Option<Setting<u32>>,
    /// Runs one instance only, on the first host: for jobs of which there must not be two at a time. Nothing takes over
    /// while that host is lost.
    #[option(default_value = "false", cost = "procedure", manual)]
    singleton: Option<Setting<bool>>,
    /// The command of each instance, word by word; no shell reads it.
    #[option(default = "the image's own", cost = "recreate", manual)]
    command: Option<Setting<WordList>>,
    /// As whom the program runs, and as whose group, by number. Where nobody may be root, an image that names no such
    /// number itself does not start without it.
    #[option(default = "the image's own", cost = "recreate", plain)]
    user: Option<Setting<u32>>,
    /// A variable of the environment: text, or a value of another component. The service needs whatever the value
    /// speaks of.
    #[option(each = "env", default = "none", cost = "recreate", manual)]
    variables: Vec<Setting<Variable>>,
    /// A secret of the service itself, the same for all of its instances, and the variable that carries it. It is called
    /// `<service>-<suffix>`.
    #[option(each = "secret", default = "none", cost = "recreate", manual)]
    secrets: Vec<Setting<OwnSecret>>,
    /// Which Redis its client library speaks to: one server, or a cluster whose nodes send clients to each other.
    #[option(default = "both", cost = "nothing", plain)]
    speaks: Option<Setting<RedisClient>>,
    /// How others see that an instance serves; while it does not, it gets no requests and is not started again.
    #[option(default = "nobody asks", cost = "recreate", plain)]
    readiness: Option<Setting<Check>>,
    /// How others see that an instance hangs and has to be started again. It must not depend on anything else: were a
    /// database asked, the loss of the database would restart every instance.
    #[option(default = "nobody asks", cost = "recreate", needs = "liveness", plain)]
    liveness: Option<Setting<Check>>,
    /// What the image has to ask an instance with from inside.
    #[option(default = "nothing", cost = "recreate", plain)]
    probe_with: Option<Setting<ProbeTool>>,
    /// The path of its metrics, on its first port.
    #[option(default = "none", cost = "reload", manual)]
    metrics: Option<Setting<&'static str>>,
    /// The series that it exports: a line for each, with name, type and labels joined by commas, and a tab between.
    #[option(default = "none but up", cost = "reload", manual)]
    series: Option<Setting<Series>>,
    /// The most connections that one instance opens to an endpoint: to each of its members, where clients know them.
    #[option(each = "pool", default = "unknown", cost = "recreate", manual)]
    pools: Vec<Setting<Pool>>,
    /// The longest that a request may take. Whatever stands in front has to wait as long.
    #[option(default_value = "60s", cost = "reload")]
    timeout: Option<Setting<Duration>>,
    /// How long an instance that is told to stop goes on with the requests that it has.
    #[option(default = "the timeout", cost = "recreate")]
    drain: Option<Setting<Duration>>,
    /// How long an instance that is told to stop is waited for before it is killed.
    #[option(default = "5s more than the drain", cost = "recreate")]
    stop_grace: Option<Setting<Duration>>,
    /// A directory that the program writes to; it is in memory and empty at each start. `/tmp` is one already.
    #[option(each = "writes", default = "none", cost = "recreate")]
    scratch: Vec<Setting<AbsPath>>,
}

/// The port to which [`ServiceRef::url`] leads.
const HTTP: &str = "http";

impl ServiceRef {
    /// The port called `http`, of any instance.
    pub fn http(&self) -> EndpointRef {
        self.port(HTTP)
    }

    /// The port of this name, of any instance.
    pub fn port(&self, name: &'static str) -> EndpointRef {
        EndpointRef::new(self, name)
    }

    /// `http://address:port` of the instance on the reader's own host, where each of its hosts has one; else of every
    /// instance, joined by commas.
    pub fn url(&self) -> Value {
        Value::new([Part::Urls {
            scheme: "http",
            endpoint: self.http(),
        }])
    }
}

impl Service {
    /// Listens on this port. Several instances on one host take the numbers that follow.
    ///
    /// Default: none. Each call adds one. A change follows a procedure: whoever connects has to know.
    #[track_caller]
    #[must_use = "a setter returns the component that it changed"]
    pub fn port(mut self, name: &'static str, port: impl Into<Given<Port>>) -> Self {
        let origin = Origin::caller();
        let named = self
            .meta
            .accept("port", Given::<Name>::from(name), &origin)
            .is_some();
        if let (true, Some(port)) = (named, self.meta.accept("port", port.into(), &origin)) {
            self.ports
                .push(Setting::new(NamedPort { name, port }, origin));
        }
        self
    }

    /// Runs one instance only, on the first host.
    ///
    /// Default: an instance on each host. A change follows a procedure.
    #[track_caller]
    #[must_use = "a setter returns the component that it changed"]
    pub fn singleton(mut self) -> Self {
        self.singleton = Some(Setting::new(true, Origin::caller()));
        self
    }

    /// Runs this command instead of the image's own.
    ///
    /// Default: the image's own. A change makes the container anew.
    #[track_caller]
    #[must_use = "a setter returns the component that it changed"]
    pub fn command<T: Into<String>>(mut self, words: impl IntoIterator<Item = T>) -> Self {
        let origin = Origin::caller();
        let words = WordList(words.into_iter().map(Into::into).collect());
        self.command = Some(Setting::new(words, origin));
        self
    }

    /// Sets a variable to a text or to a value of another component, such as `pg.primary().dsn("billing")`.
    ///
    /// Default: none. Each call adds one. A change makes the container anew.
    #[track_caller]
    #[must_use = "a setter returns the component that it changed"]
    pub fn env(mut self, name: impl Into<Given<EnvName>>, value: impl Into<Value>) -> Self {
        let origin = Origin::caller();
        let value = value.into();
        if let Some(text) = value.texts().find(|text| has_token_characters(text)) {
            self.meta.refused.push(Refused {
                option: "env",
                text: text.to_owned(),
                why: "it has characters of a private use area, which mean nothing outside of one program; leave them out"
                    .to_owned(),
                origin,
            });
        } else if let Some(name) = self.meta.accept("env", name.into(), &origin) {
            self.variables
                .push(Setting::new(Variable { name, value }, origin));
        }
        self
    }

    /// Sets a variable to a secret of the service itself: `.secret("SESSION_SECRET", "session-secret")` of a service
    /// `web` is the secret `web-session-secret`.
    ///
    /// Default: none. Each call adds one. A change makes the container anew.
    #[track_caller]
    #[must_use = "a setter returns the component that it changed"]
    pub fn secret(
        mut self,
        name: impl Into<Given<EnvName>>,
        suffix: impl Into<Given<SecretName>>,
    ) -> Self {
        let origin = Origin::caller();
        let name = self.meta.accept("secret", name.into(), &origin);
        let suffix = self.meta.accept("secret", suffix.into(), &origin);
        if let (Some(name), Some(suffix)) = (name, suffix) {
            self.secrets
                .push(Setting::new(OwnSecret { name, suffix }, origin));
        }
        self
    }

    /// Serves metrics on its first port, at this path.
    ///
    /// Default: none. A change is a reload of whoever collects them.
    #[track_caller]
    #[must_use = "a setter returns the component that it changed"]
    pub fn metrics(mut self, path: &'static str) -> Self {
        let origin = Origin::caller();
        let given = Given::<UrlPath>::from(path);
        if self.meta.accept("metrics", given, &origin).is_some() {
            self.metrics = Some(Setting::new(path, origin));
        }
        self
    }

    /// Exports these series: a line for each, with name, type (`counter`, `gauge`, `histogram`, `summary` or `untyped`)
    /// and labels joined by commas, and a tab between. `exporter` names the program and its version, for findings.
    ///
    /// Default: none but `up`. A change is a reload of whoever collects them.
    #[track_caller]
    #[must_use = "a setter returns the component that it changed"]
    pub fn series(mut self, exporter: &'static str, lines: &'static str) -> Self {
        let origin = Origin::caller();
        let series = Series::read(exporter, lines);
        if let Some(series) = self.meta.accept("series", series, &origin) {
            self.series = Some(Setting::new(series, origin));
        }
        self
    }

    /// Opens at most so many connections from one instance to this endpoint, such as `redis.addresses()` or
    /// `pg.primary()`; to each of its members, where clients know them.
    ///
    /// Default: unknown. Each call adds one. A change makes the container anew.
    #[track_caller]
    #[must_use = "a setter returns the component that it changed"]
    pub fn pool(mut self, endpoint: impl Into<EndpointRef>, connections: u32) -> Self {
        let pool = Pool {
            endpoint: endpoint.into(),
            connections,
        };
        self.pools.push(Setting::new(pool, Origin::caller()));
        self
    }

    /// The longest that a request may take, and the place that says so.
    pub fn longest_request(&self) -> (Duration, Origin) {
        self.timeout_or_default().into_parts()
    }

    fn is_singleton(&self) -> bool {
        self.singleton_or_default().value
    }

    fn per_host(&self) -> u32 {
        // That there are none is a finding; without members, every rule about placement would have one too.
        self.replicas_or_default().value.max(1)
    }

    fn drain_time(&self) -> Duration {
        self.drain
            .as_ref()
            .map_or_else(|| self.longest_request().0, |set| set.value)
    }

    fn grace(&self) -> Duration {
        self.stop_grace.as_ref().map_or_else(
            || Duration::millis(self.drain_time().as_millis().saturating_add(5000)),
            |set| set.value,
        )
    }

    /// The memory limit of an instance.
    fn instance_memory(&self) -> Size {
        self.meta.memory_or(Size::mib(256))
    }

    fn ready(&self) -> Option<Probe> {
        self.readiness
            .as_ref()
            .and_then(|set| set.value.probe(self.first_port()))
    }

    /// How an instance is asked from inside, at what `at` says of a port; `None` where its image has nothing to ask with.
    fn health(&self, at: impl Fn(&PortName) -> String) -> Option<Health> {
        let tool = self.probe_with.as_ref()?;
        tool.value.health(self.ready().as_ref(), at)
    }

    fn first_port(&self) -> Option<&'static str> {
        self.ports.first().map(|port| port.value.name)
    }

    /// Every variable with its value and its place, in the order in which the author said them, secrets last.
    fn environment(&self) -> impl Iterator<Item = (&EnvName, Value, &Origin)> {
        let variables = self.variables.iter().map(|set| {
            let Variable { name, value } = &set.value;
            (name, value.clone(), &set.origin)
        });
        let secrets = self.secrets.iter().map(|set| {
            let secret = self.meta.secret(set.value.suffix.as_str());
            (&set.value.name, Value::from(secret), &set.origin)
        });
        variables.chain(secrets)
    }

    /// Every endpoint that the service connects to, once, with the first place that says so.
    fn needs(&self) -> Vec<Need> {
        let of_variables = self.variables.iter().flat_map(|set| {
            let endpoints = set.value.value.endpoints();
            endpoints.map(move |endpoint| (endpoint, &set.origin))
        });
        let of_pools = self
            .pools
            .iter()
            .map(|set| (&set.value.endpoint, &set.origin));
        let mut needs: Vec<Need> = Vec::new();
        for (endpoint, origin) in of_variables.chain(of_pools) {
            if !needs.iter().any(|need| &need.endpoint == endpoint) {
                needs.push(Need {
                    group: self.meta.name.value.clone(),
                    endpoint: endpoint.clone(),
                    origin: origin.clone(),
                });
            }
        }
        needs
    }

    fn members(&self, site: &Site<'_>) -> Vec<GroupMember> {
        let meta = &self.meta;
        let stem = &meta.name.value;
        let placed = meta.on.as_ref().map_or(&meta.name.origin, |on| &on.origin);
        let (hosts, copies) = if self.is_singleton() {
            (meta.hosts().get(..1).unwrap_or_default(), 1)
        } else {
            (meta.hosts(), self.per_host())
        };
        let places = hosts
            .iter()
            .flat_map(|host| (0..copies).map(move |copy| (*host, copy)));
        (1..)
            .zip(places)
            .map(|(index, (host, copy))| GroupMember {
                name: stem.indexed(index).unwrap_or_else(|_| stem.clone()),
                index,
                host,
                network: site.network_of(meta),
                ports: self.ports_of(copy),
                memory: self.instance_memory(),
                memory_origin: meta.blame(meta.memory.as_ref()),
                copy_of: None,
                origin: placed.clone(),
            })
            .collect()
    }

    /// Ports of the instance that has so many others before it on its host.
    fn ports_of(&self, before: u32) -> Vec<GroupPort> {
        let number = |first: Port| {
            let wanted = u64::from(first.get()) + u64::from(before);
            u16::try_from(wanted)
                .ok()
                .and_then(|number| Port::new(number).ok())
                .ok_or_else(|| format!("{wanted} is over 65535"))
        };
        self.ports
            .iter()
            .map(|set| GroupPort {
                name: set.value.name.into(),
                port: number(set.value.port),
                origin: set.origin.clone(),
            })
            .collect()
    }

    /// The program that exports its series, and the series.
    fn exported(&self) -> (&'static str, &'static str) {
        match &self.series {
            Some(set) => (set.value.exporter, set.value.lines),
            None => ("a service whose series nobody listed", ""),
        }
    }
}

impl Component for Service {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let name = &meta.name.value;
        let instances = Group {
            ready: self.ready(),
            ..Group::new(name.clone(), self.members(site))
        };
        let what = if self.is_singleton() {
            Words::new("its only instance", "唯一的实例")
        } else {
            Words::new("one instance", "任意一个实例")
        };
        let endpoints = self.ports.iter().map(|set| {
            let port = set.value.name;
            let protocol = if port == HTTP { "http" } else { "tcp" };
            let (longest, origin) = self.longest_request();
            Endpoint {
                patience: (port == HTTP).then(|| Setting::new(longest, origin)),
                ..Endpoint::new(port, protocol, name.clone(), port, Reach::Any)
            }
        });
        let metrics = self.metrics.as_ref().zip(self.first_port());
        let secrets = self.secrets.iter().map(|set| SecretDeclaration {
            name: meta.secret(set.value.suffix.as_str()),
            purpose: Words::new(
                format!("the variable {} of {name}", set.value.name),
                format!("{name} 的环境变量 {}", set.value.name),
            ),
            origin: set.origin.clone(),
        });
        Declaration {
            image: Some(self.image.value.name()),
            endpoints: endpoints.collect(),
            needs: self.needs(),
            metrics: metrics
                .iter()
                .map(|(path, port)| {
                    let (exporter, lines) = self.exported();
                    Metrics {
                        path: path.value,
                        ..Metrics::new(name, name, *port, exporter, lines)
                    }
                })
                .collect(),
            rule_groups: metrics
                .iter()
                .map(|_| observe::rules(name, instances.members.len()))
                .collect(),
            dashboards: metrics.iter().map(|_| observe::dashboard(name)).collect(),
            secrets: secrets.collect(),
            survival: vec![Survival::any(what, instances.member_names())],
            groups: vec![instances],
            ..Declaration::default()
        }
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    fn refused(&self) -> Vec<&Refused> {
        let of_values = self
            .variables
            .iter()
            .flat_map(|set| set.value.value.refused());
        let checks = [&self.readiness, &self.liveness];
        let of_checks = checks
            .into_iter()
            .flatten()
            .filter_map(|set| set.value.refused.as_ref());
        self.meta
            .refused
            .iter()
            .chain(of_values)
            .chain(of_checks)
            .collect()
    }

    fn values(&self) -> Vec<&Value> {
        self.variables.iter().map(|set| &set.value.value).collect()
    }

    fn lower(&self, lowering: &Lowering<'_>) -> Vec<Workload> {
        lower::lower(self, lowering)
    }

    fn operations(&self, lowering: &Lowering<'_>) -> Vec<Procedure> {
        operations::operations(self, lowering)
    }
}

impl fmt::Display for RedisClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.protocol())
    }
}
