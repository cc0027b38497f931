//! PostgreSQL, whatever keeps it available: what the schemes have in common.
//!
//! In: the reference to a component of any scheme. Out: endpoints and connection strings, which are the same for all of
//! them, so that changing the scheme is changing the constructor. How a scheme works is in its own folder, and its data in
//! volumes of its own: it does not follow from one scheme to another, and has to be dumped and read in again.

mod memory;
mod name;
pub(in crate::component) mod observe;
mod server;

#[cfg(test)]
mod tests;

use crate::component::{EndpointRef, Part, Value};
use crate::literal::{Given, Name};
use crate::model::{ComponentRef, Refused, Upgrade, VersionStep};
use crate::report::Origin;

pub(in crate::component) use memory::MEMORY;
pub use name::SqlName;
pub(in crate::component) use server::{Contents, FOR_MONITORING, FOR_SUPERUSERS, Promises};

/// How far the server may be moved.
pub(in crate::component) const UPGRADE: Upgrade = Upgrade {
    image: "postgres",
    mark: "",
    step: VersionStep::SameMajor,
    instead: "a server of PostgreSQL does not start on data of another major version: describe a second component with the new \
              one, and dump and read in again, or run `pg_upgrade` on a stopped primary and make its replicas anew",
};

/// A reference to a component that offers PostgreSQL.
///
/// ```
/// use lurus_spec::model::Described as _;
/// use lurus_spec::prelude::*;
///
/// let pg = Patroni::new("pg").database("orders").reference();
/// let writes = pg.primary().dsn("orders");
/// let reads = pg.replica().dsn("orders");
/// assert_ne!(writes, reads);
/// ```
pub trait Postgres: ComponentRef {
    /// How it keeps PostgreSQL available.
    const SCHEME: Scheme;

    /// Whichever member takes writes at the moment, by way of what stands in front.
    fn primary(&self) -> SqlEndpoint {
        SqlEndpoint::new(EndpointRef::new(&self.postgres(), PRIMARY))
    }

    /// Any member that follows the primary, by way of what stands in front.
    fn replica(&self) -> SqlEndpoint {
        SqlEndpoint::new(EndpointRef::new(&self.postgres(), REPLICA))
    }

    /// The reference without the type of its scheme.
    fn postgres(&self) -> PostgresRef {
        PostgresRef {
            name: self.name().clone(),
            scheme: Self::SCHEME,
        }
    }
}

/// How PostgreSQL is kept available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Members elect their primary, and each tells its role over HTTP.
    Elected,
    /// The description says which member is the primary.
    Declared,
    /// Somebody outside the cluster runs it.
    Managed,
}

/// Writes, and reads that have to see them.
pub(in crate::component) const PRIMARY: &str = "primary";
/// Reads that may be a little behind.
pub(in crate::component) const REPLICA: &str = "replica";
/// Every member, whatever its role.
pub(in crate::component) const SQL: &str = "sql";
/// Every member's page of its role.
pub(in crate::component) const REST: &str = "rest";

/// A component that offers PostgreSQL, of any scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresRef {
    name: Name,
    scheme: Scheme,
}

impl PostgresRef {
    /// How it is kept available.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whichever member takes writes at the moment.
    pub fn primary(&self) -> EndpointRef {
        EndpointRef::new(self, PRIMARY)
    }

    /// Any member that follows the primary.
    pub fn replica(&self) -> EndpointRef {
        EndpointRef::new(self, REPLICA)
    }

    /// Every member's database, whatever its role: for what stands in front.
    pub fn members(&self) -> EndpointRef {
        EndpointRef::new(self, SQL)
    }

    /// Every member's page of its role: for what stands in front. None where the description says the roles.
    pub fn roles(&self) -> Option<EndpointRef> {
        match self.scheme {
            Scheme::Elected => Some(EndpointRef::new(self, REST)),
            Scheme::Declared | Scheme::Managed => None,
        }
    }
}

impl ComponentRef for PostgresRef {
    fn name(&self) -> &Name {
        &self.name
    }
}

impl std::fmt::Display for PostgresRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.name, f)
    }
}

/// Databases behind an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlEndpoint {
    endpoint: EndpointRef,
    /// What is appended to the name of a database there.
    suffix: &'static str,
}

impl SqlEndpoint {
    /// Databases behind this endpoint.
    pub fn new(endpoint: EndpointRef) -> Self {
        Self {
            endpoint,
            suffix: "",
        }
    }

    /// The same, where each database is called by its name and this, as poolers do for reads.
    #[must_use]
    pub fn suffixed(self, suffix: &'static str) -> Self {
        Self { suffix, ..self }
    }

    /// The connection string of a database, as the application's role: `postgresql://role:password@address/name`.
    ///
    /// It says `sslmode=disable` where the server offers no TLS, because a driver that demands it by default would not
    /// connect, and `require` or `verify-full` where the server does.
    #[track_caller]
    pub fn dsn(&self, database: impl Into<Given<SqlName>>) -> Value {
        let origin = Origin::caller();
        let endpoint = || self.endpoint.clone();
        let (database, refused) = match database.into() {
            Given::Valid(name) => {
                let inside = Part::Inside {
                    endpoint: endpoint(),
                    name: name.to_string(),
                    origin,
                };
                (Some(inside), None)
            }
            Given::Refused(refusal) => {
                let refused = Refused {
                    option: "dsn",
                    text: refusal.text,
                    why: refusal.why,
                    origin,
                };
                (None, Some(refused))
            }
        };
        let server = [
            Part::Text("postgresql://".to_owned()),
            Part::User(endpoint()),
            Part::Text(":".to_owned()),
            Part::Password(endpoint()),
            Part::Text("@".to_owned()),
            Part::Addresses(endpoint()),
            Part::Text("/".to_owned()),
        ];
        let options = [
            Part::Text(self.suffix.to_owned()),
            Part::Transport {
                endpoint: endpoint(),
                plain: "?sslmode=disable",
                encrypted: "?sslmode=require",
                verified: "?sslmode=verify-full",
                authorities: "&sslrootcert=",
            },
        ];
        Value::new(server.into_iter().chain(database).chain(options)).refusing(refused)
    }
}

impl From<SqlEndpoint> for EndpointRef {
    fn from(endpoint: SqlEndpoint) -> Self {
        endpoint.endpoint
    }
}
