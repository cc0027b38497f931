//! Products. Each folder owns its product's model, checks, configuration text, health check and survival rule.
//!
//! In: what an author set. Out: a [`Declaration`] first, then, with all declarations readable, workloads of the
//! plan. A component knows other components only through their references and declarations, and no target.
//!
//! # Adding a component
//!
//! 1. A folder here (or a module of your own `spec/`) with `mod.rs` (the struct with `#[derive(Component)]`, its
//!    docs, `declare`), `check.rs` (its rules), `lower.rs`, one `*.hbs` for each line format, `tests.rs`.
//! 2. For a built-in one, a line in [`BUILT_IN`].
//! 3. Its use in `spec/`, and `cargo xtask gen`.

mod declare;
mod edge;
mod endpoint;
mod lowering;
mod value;

pub mod observe;

pub mod alertmanager;
pub mod caddy;
pub mod citus;
pub mod clickhouse;
pub mod consul;
pub mod etcd;
pub mod grafana;
pub mod haproxy;
pub mod managed;
pub mod nats;
pub mod nginx;
pub mod node_exporter;
pub mod patroni;
pub mod pgbouncer;
pub mod postgres;
pub mod prometheus;
pub mod redis;
pub mod redis_single;
pub mod service;
pub mod streaming;
pub mod vip;

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;

#[cfg(doc)]
use crate::check::Stated;
use crate::check::{Declarations, Rule};
use crate::model::{Described, Manual, Refused, Settings, Upgrade};
use crate::plan::{Body, Contract, Duty, HostService, Procedure, Workload};

pub use declare::{
    Declaration, Front, Group, GroupMember, GroupPort, Need, Quorum, SecretDeclaration, Site,
    Survival, TASK_MEMORY, place, place_beside, place_by_host, place_task,
};
pub(crate) use declare::{Platform, WatchedPlatform};
pub use edge::{Edge, ServedName};
pub use endpoint::{
    Account, Endpoint, EndpointRef, HandedOn, Login, Reach, Right, Served, Transport,
};
pub use lowering::{Lowering, Peer, Reached};
pub use value::{Own, Part, Value};

/// A part of a cluster: one product, its members and what it offers. Targets are worked on at once, and each of them reads
/// it.
pub trait Component: Settings + Any + fmt::Debug + Sync {
    /// What it consists of, offers and needs. Sees the inventory and its own settings, not other components.
    fn declare(&self, site: &Site<'_>) -> Declaration;

    /// Rules of this product, in the order of their codes.
    fn rules(&self) -> &'static [Rule] {
        &[]
    }

    /// How far the versions of its images may be moved at once, where what they wrote is not read by any other.
    fn upgrades(&self) -> &'static [Upgrade] {
        &[]
    }

    /// Whether it collects the metrics of others: where nothing does, nobody runs exporters.
    fn collects(&self) -> bool {
        false
    }

    /// What it is for, where a platform may do that by itself: there it is left out unless
    /// [`Cluster::keep`](crate::model::Cluster::keep) asks for it.
    fn duty(&self) -> Option<Duty> {
        None
    }

    /// Texts that setters were given and their types refused: those of the component, and of values that have setters
    /// of their own.
    fn refused(&self) -> Vec<&Refused> {
        let of_values = self.values().into_iter().flat_map(Value::refused);
        self.meta().refused.iter().chain(of_values).collect()
    }

    /// The values that its author gave it: what they ask for by name has to be there.
    fn values(&self) -> Vec<&Value> {
        Vec::new()
    }

    /// The files that no target decides, by name, each made by [`Stated::made`]. Called only when every check of the
    /// description has passed.
    fn files(&self, site: &Site<'_>, declarations: &Declarations) -> BTreeMap<String, Body> {
        let _ = (site, declarations);
        BTreeMap::new()
    }

    /// What runs. Called only when every check of the description has passed.
    fn lower(&self, lowering: &Lowering<'_>) -> Vec<Workload>;

    /// What runs on the hosts themselves.
    fn host_services(&self, lowering: &Lowering<'_>) -> Vec<HostService> {
        let _ = lowering;
        Vec::new()
    }

    /// How programs outside the cluster reach it.
    fn contracts(&self, lowering: &Lowering<'_>) -> Vec<Contract> {
        let _ = lowering;
        Vec::new()
    }

    /// What people do with it while it runs: the chapters of the book about checks, failures, switching over and
    /// failing back, in both languages.
    ///
    /// They are read at night by someone who did not write them:
    ///
    /// - A [`ProcedureKind::Check`] for the whole component, and a [`ProcedureKind::Failure`] for each kind of member or
    ///   role whose loss is felt differently, volumes included. Where a role can be moved, a
    ///   [`ProcedureKind::Switchover`]; where a failure leaves roles on the wrong hosts, a [`ProcedureKind::FailBack`].
    /// - `explains` says what happens by itself, how long that takes with the settings of this cluster, and what is
    ///   lost meanwhile. Numbers come from the settings, never from memory.
    /// - Commands name members and addresses of this cluster, from [`Lowering::members`] and [`Lowering::peers`], so
    ///   that they can be pasted. Each was run on the real program, and `expect` is what it printed. What only a running
    ///   cluster knows is a word in capitals.
    /// - One member stands for its kind: a cluster of a thousand hosts has no longer book.
    ///
    /// [`ProcedureKind::Check`]: crate::plan::ProcedureKind::Check
    /// [`ProcedureKind::Failure`]: crate::plan::ProcedureKind::Failure
    /// [`ProcedureKind::Switchover`]: crate::plan::ProcedureKind::Switchover
    /// [`ProcedureKind::FailBack`]: crate::plan::ProcedureKind::FailBack
    fn operations(&self, lowering: &Lowering<'_>) -> Vec<Procedure> {
        let _ = lowering;
        Vec::new()
    }
}

/// Writes what every component would write by hand; a component is a struct with this and `impl Component`.
///
/// ```
/// use lurus_spec::component::Component;
/// use lurus_spec::literal::{DomainName, Name, Port, Size};
/// use lurus_spec::model::{Described, HostRef, Meta, Setting, Settings};
/// use lurus_spec::report::Origin;
///
/// /// Memcached servers that know nothing of each other.
/// #[derive(Component, Clone, Debug)]
/// #[component(kind = "memcached")]
/// pub struct Memcached {
///     meta: Meta,
///     /// Port for clients.
///     #[option(default_value = "11211", cost = "recreate")]
///     port: Option<Setting<Port>>,
///     /// Most clients at a time.
///     #[option(default_value = "1024", cost = "recreate", plain)]
///     clients: Option<Setting<u32>>,
/// }
///
/// /// A web server that keeps its sessions in memcached.
/// #[derive(Component, Clone, Debug)]
/// #[component(kind = "web")]
/// pub struct Web {
///     meta: Meta,
///     /// Where sessions are kept.
///     #[option(required, cost = "restart", plain)]
///     sessions: Setting<MemcachedRef>,
///     /// A name by which browsers find it.
///     #[option(each = "domain", cost = "reload")]
///     domains: Vec<Setting<DomainName>>,
///     /// A header of every answer.
///     #[option(each = "header", cost = "reload", manual)]
///     headers: Vec<Setting<String>>,
/// }
///
/// // `manual`: this setter takes two values, so its author writes it, as the derive writes the others.
/// impl Web {
///     /// Adds a header to every answer.
///     #[track_caller]
///     #[must_use]
///     pub fn header(mut self, name: &str, value: &str) -> Self {
///         let origin = Origin::caller();
///         self.headers.push(Setting::new(format!("{name}: {value}"), origin));
///         self
///     }
/// }
///
/// // What holds is known to the component alone: what its author set, or the default that the manual shows.
/// impl Memcached {
///     fn clients_of_a_server(&self) -> u32 {
///         self.clients_or_default().value
///     }
/// }
///
/// // The reference is a type of its own; what other components may ask of it stands here.
/// impl MemcachedRef {
///     /// The name of the secret that clients show.
///     pub fn secret(&self) -> String {
///         format!("{}-password", self.name())
///     }
/// }
///
/// const NODE_1: HostRef = HostRef::new("node-1");
/// const NODE_2: HostRef = HostRef::new("node-2");
///
/// let sessions = Memcached::new("sessions").on([NODE_1, NODE_2]).clients(512);
/// assert_eq!(sessions.reference().secret(), "sessions-password");
/// assert_eq!(sessions.clients_of_a_server(), 512);
/// assert_eq!(Memcached::new("others").clients_of_a_server(), 1024);
///
/// let web = Web::new("web", sessions.reference())
///     .domain("example.com")
///     .domain("www.example.com")
///     .header("X-Frame-Options", "DENY")
///     .memory("a lot");
///
/// // Everything that the author said, as data that knows its place.
/// let said: Vec<_> = web.settings().into_iter().map(|set| (set.option, set.value)).collect();
/// let expected = [
///     ("sessions", "sessions"),
///     ("domain", "example.com"),
///     ("domain", "www.example.com"),
///     ("header", "X-Frame-Options: DENY"),
/// ];
/// assert_eq!(said, expected.map(|(option, value)| (option, value.to_string())));
///
/// // A text that its type refuses is no panic: the checks report it with all other findings.
/// assert_eq!(web.meta().refused[0].option, "memory");
///
/// // The manual is the doc comments.
/// assert_eq!(Memcached::DOC, "Memcached servers that know nothing of each other.");
/// assert_eq!(Memcached::OPTIONS[0].doc, "Port for clients.");
/// assert_eq!(Memcached::OPTIONS[0].default, Some("11211"));
/// ```
pub use lurus_macros::Component;

/// A built-in kind of component, as the manual and `explain` show it.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// What can be set on it.
    pub manual: Manual,
    /// Its rules.
    pub rules: &'static [Rule],
}

impl BuiltIn {
    const fn of<C: Described>(rules: &'static [Rule]) -> Self {
        Self {
            manual: Manual::of::<C>(),
            rules,
        }
    }
}

/// Every built-in component, by kind.
pub const BUILT_IN: &[BuiltIn] = &[
    BuiltIn::of::<alertmanager::Alertmanager>(alertmanager::RULES),
    BuiltIn::of::<caddy::Caddy>(caddy::RULES),
    BuiltIn::of::<citus::Citus>(citus::RULES),
    BuiltIn::of::<clickhouse::ClickHouse>(clickhouse::RULES),
    BuiltIn::of::<consul::Consul>(consul::RULES),
    BuiltIn::of::<etcd::Etcd>(etcd::RULES),
    BuiltIn::of::<grafana::Grafana>(grafana::RULES),
    BuiltIn::of::<haproxy::HaProxy>(haproxy::RULES),
    BuiltIn::of::<managed::ManagedPostgres>(managed::RULES),
    BuiltIn::of::<nats::Nats>(nats::RULES),
    BuiltIn::of::<nginx::Nginx>(nginx::RULES),
    BuiltIn::of::<node_exporter::NodeExporter>(&[]),
    BuiltIn::of::<patroni::Patroni>(patroni::RULES),
    BuiltIn::of::<pgbouncer::PgBouncer>(pgbouncer::RULES),
    BuiltIn::of::<prometheus::Prometheus>(prometheus::RULES),
    BuiltIn::of::<redis_single::Redis>(redis_single::RULES),
    BuiltIn::of::<redis::RedisCluster>(redis::RULES),
    BuiltIn::of::<service::Service>(service::RULES),
    BuiltIn::of::<streaming::Streaming>(streaming::RULES),
    BuiltIn::of::<vip::Vip>(vip::RULES),
];
