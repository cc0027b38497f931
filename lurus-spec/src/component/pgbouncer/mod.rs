//! PgBouncer in front of PostgreSQL: many clients share few connections.
//!
//! An instance lives beside the applications of each host and reaches the database by way of what stands in front of
//! it there. It knows no user: it asks the database how a client proves who it is, with a role of its own that may do
//! nothing else. Each database has two names here: its own for writes, and `<name>_ro` for reads that may be a little
//! behind.

mod check;
mod lower;
mod observe;
mod operations;
mod pools;

#[cfg(test)]
mod tests;

use crate::check::Rule;
use crate::component::postgres::{Postgres, PostgresRef, Scheme, SqlEndpoint};
use crate::component::{
    Account, Component, Declaration, Endpoint, EndpointRef, Group, Login, Lowering, Need, Reach,
    Right, SecretDeclaration, Site, Survival, place, place_beside,
};
use crate::literal::{Duration, Name, Port, Size};
use crate::model::{ComponentRef as _, Described as _, Meta, Setting};
use crate::plan::{Ask, Contract, Probe, Procedure, Workload};
use crate::report::Origin;
use crate::words::Words;

pub use check::RULES;

/// PgBouncer: a pool of connections to PostgreSQL beside each application, in transaction mode.
///
/// A connection to the server is lent for one transaction. What a client sets for its session (`SET`, `LISTEN`,
/// advisory locks, temporary tables) is not there in the next one; prepared statements of the protocol are. Migrations
/// go past the pool: give them `pg.primary().dsn(…)` in a variable of its own, which connection files then call
/// `database.migration_dsn`.
#[derive(Component, Clone, Debug)]
#[component(kind = "pgbouncer")]
pub struct PgBouncer {
    meta: Meta,
    /// The PostgreSQL whose connections are shared.
    #[option(default = "none", cost = "restart", manual)]
    postgres: Option<Setting<PostgresRef>>,
    /// Port for clients.
    #[option(default_value = "6432", cost = "recreate")]
    port: Option<Setting<Port>>,
    /// Most clients at a time of one instance.
    #[option(default_value = "1000", cost = "recreate", plain)]
    max_clients: Option<Setting<u32>>,
    /// Connections of one instance for writes to each database.
    #[option(
        default = "an equal share of what the server has for writes",
        cost = "reload",
        plain
    )]
    pool_size: Option<Setting<u32>>,
    /// Connections of one instance for reads of each database.
    #[option(
        default = "an equal share of what the server has for reads",
        cost = "reload",
        plain
    )]
    read_pool_size: Option<Setting<u32>>,
    /// Connections that each pool may open beyond its size while a client has waited for three seconds.
    #[option(default_value = "2", cost = "reload", plain)]
    reserve: Option<Setting<u32>>,
    /// Connections for writes that each instance leaves to those who go past it on the same way, such as migrations.
    #[option(default_value = "4", cost = "reload", plain)]
    direct_connections: Option<Setting<u32>>,
    /// Prepared statements that are kept for each connection; 0 leaves them to clients, who then must use none.
    #[option(default_value = "200", cost = "reload", plain)]
    max_prepared_statements: Option<Setting<u32>>,
    /// How long a connection to the server may be unused, in whole seconds: less than whatever stands in between lets
    /// it be.
    #[option(default_value = "10m", cost = "reload")]
    idle_timeout: Option<Setting<Duration>>,
    /// How long a client waits for a connection before it gets an error, in whole seconds, at least 1: less than clients
    /// wait for an answer, and long enough that a new primary can be elected.
    #[option(default_value = "45s", cost = "reload")]
    wait_timeout: Option<Setting<Duration>>,
    /// Port of the exporter's metrics.
    #[option(default_value = "9127", cost = "recreate")]
    exporter_port: Option<Setting<Port>>,
}

const SQL: &str = "sql";
const METRICS: &str = "metrics";
const PRIMARY: &str = "primary";
const REPLICA: &str = "replica";
/// Statistics of an instance.
const CONSOLE: &str = "console";

/// What is appended to a database's name for reads.
const READ_SUFFIX: &str = "_ro";

/// The role as which passwords are looked up.
const LOOKUP_ROLE: &str = "pgbouncer";
/// The user that may see statistics, in PgBouncer's own database of them.
const STATS_USER: &str = "stats";

impl PgBouncerRef {
    /// The databases, for writes and for reads that have to see them.
    pub fn primary(&self) -> SqlEndpoint {
        SqlEndpoint::new(EndpointRef::new(self, PRIMARY))
    }

    /// The databases, for reads that may be a little behind.
    pub fn replica(&self) -> SqlEndpoint {
        SqlEndpoint::new(EndpointRef::new(self, REPLICA)).suffixed(READ_SUFFIX)
    }
}

impl PgBouncer {
    /// Shares the connections of this PostgreSQL.
    #[track_caller]
    #[must_use]
    pub fn postgres(mut self, postgres: &impl Postgres) -> Self {
        self.postgres = Some(Setting::new(postgres.postgres(), Origin::caller()));
        self
    }

    fn most_clients(&self) -> u32 {
        self.max_clients_or_default().value
    }

    fn idle_time(&self) -> Duration {
        self.idle_timeout_or_default().value
    }

    fn wait_time(&self) -> Duration {
        self.wait_timeout_or_default().value
    }

    /// The memory limit of an instance: some ten kilobytes for each client, and as much again.
    fn instance_memory(&self) -> Size {
        self.meta.memory_or(Size::mib(128))
    }

    /// Whether it asks the server for passwords. A service that others run lets nobody read them.
    fn looks_up(&self) -> bool {
        self.postgres
            .as_ref()
            .is_some_and(|set| match set.value.scheme() {
                Scheme::Elected | Scheme::Declared => true,
                Scheme::Managed => false,
            })
    }

    fn exporter(&self) -> Name {
        self.meta.derive("exporter")
    }
}

impl Component for PgBouncer {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let name = &meta.name.value;
        let (port, origin) = self.port_or_default().into_parts();
        let members = place(
            meta,
            site,
            self.instance_memory(),
            &[(SQL.into(), port, origin)],
        );
        let instances = Group {
            ready: Some(Probe {
                port: SQL.into(),
                asks: Ask::Tcp,
            }),
            ..Group::new(name.clone(), members)
        };
        let survival = Survival::any(
            Words::new("one PgBouncer", "任意一个 PgBouncer"),
            instances.member_names(),
        );
        let postgres = self.postgres.as_ref();
        let ways = postgres.map(|set| {
            [
                (PRIMARY, set.value.primary()),
                (REPLICA, set.value.replica()),
            ]
        });
        let endpoints = ways.iter().flatten().map(|(endpoint, behind)| Endpoint {
            connections: Some(self.most_clients()),
            behind: Some(behind.clone()),
            ..Endpoint::new(*endpoint, "postgresql", name.clone(), SQL, Reach::Any)
        });
        let needs = postgres
            .zip(ways.as_ref())
            .into_iter()
            .flat_map(|(set, ways)| {
                ways.each_ref().map(|(_, endpoint)| Need {
                    group: name.clone(),
                    endpoint: endpoint.clone(),
                    origin: set.origin.clone(),
                })
            });
        let mut declaration = Declaration {
            image: Some("pgbouncer"),
            endpoints: endpoints.collect(),
            needs: needs.collect(),
            groups: vec![instances],
            survival: vec![survival],
            // It goes on asking the address that it once resolved, for minutes: whatever it asks keeps its address.
            pins: postgres
                .iter()
                .flat_map(|set| [set.value.primary(), set.value.replica()])
                .collect(),
            ..Declaration::default()
        };
        if let Some(set) = postgres.filter(|_| self.looks_up()) {
            declaration.accounts.push(Account {
                at: set.value.name().clone(),
                login: Login {
                    user: LOOKUP_ROLE.to_owned(),
                    password: meta.secret("lookup-password"),
                },
                right: Right::Passwords,
            });
            declaration.secrets.push(SecretDeclaration::new(
                meta,
                "lookup-password",
                Words::new(
                    "the role that looks up how clients prove who they are",
                    "查询客户端口令校验信息的角色",
                ),
            ));
        }
        if site.monitored {
            let exporter = self.exporter();
            let (port, origin) = self.exporter_port_or_default().into_parts();
            declaration.groups.push(Group {
                image: Some("pgbouncer-exporter"),
                ready: Some(Probe {
                    port: METRICS.into(),
                    asks: Ask::Tcp,
                }),
                ..Group::new(
                    exporter.clone(),
                    place_beside(
                        meta,
                        site,
                        &exporter,
                        meta.hosts().iter().copied(),
                        Size::mib(64),
                        &[(METRICS.into(), port, origin)],
                    ),
                )
            });
            declaration.secrets.push(SecretDeclaration::new(
                meta,
                "stats-password",
                Words::new("the user that sees statistics", "查看统计信息的用户"),
            ));
            declaration.needs.push(Need {
                group: exporter.clone(),
                endpoint: EndpointRef::new(&self.reference(), CONSOLE),
                origin: meta.name.origin.clone(),
            });
            declaration.endpoints.push(Endpoint {
                login: Some(Login {
                    user: STATS_USER.to_owned(),
                    password: meta.secret("stats-password"),
                }),
                ..Endpoint::new(CONSOLE, "postgresql", name.clone(), SQL, Reach::Any)
            });
            observe::declare(name, &exporter, &mut declaration);
        }
        declaration
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
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
