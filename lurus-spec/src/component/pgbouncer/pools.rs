//! How many connections each pool has.
//!
//! In: what an author set, and what the server allows. Out: sizes that fit. It knows neither files nor findings.

use crate::component::pgbouncer::PgBouncer;

/// Pools of one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pools {
    /// Databases, each with a pool for writes and one for reads.
    pub(super) databases: u32,
    pub(super) write: Pool,
    pub(super) read: Pool,
    /// Connections for writes that are left to others on the same way.
    pub(super) direct: u32,
}

/// The pool of one database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pool {
    /// Connections that it opens.
    pub(super) size: u32,
    /// Connections beyond, for a while.
    pub(super) reserve: u32,
}

/// Connections to each database that look up passwords.
const FOR_LOOKUPS: u32 = 1;

/// What instances share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Server {
    /// Connections that the server has for clients.
    pub(super) connections: u32,
    /// Into how many equal shares they are cut: the instances, or what stands between them and the server where that
    /// is more.
    pub(super) shares: u32,
    /// Databases on it.
    pub(super) databases: u32,
}

impl Pool {
    /// The most connections that the pool opens.
    pub(super) fn most(self) -> u32 {
        self.size
            .saturating_add(self.reserve)
            .saturating_add(FOR_LOOKUPS)
    }
}

impl Pools {
    /// The most connections that one instance opens for writes, with those that it leaves to others.
    pub(super) fn writes(&self) -> u32 {
        self.databases
            .saturating_mul(self.write.most())
            .saturating_add(self.direct)
    }

    /// The most connections that one instance opens for reads.
    pub(super) fn reads(&self) -> u32 {
        self.databases.saturating_mul(self.read.most())
    }
}

impl PgBouncer {
    /// The pools of each instance: what the author set; where nothing is set, two thirds of a share for writes and the
    /// rest for reads, equal for all databases. At least one connection each: a pool without one would be none, and a
    /// server that is too small is a finding.
    pub(super) fn pools(&self, server: Server) -> Pools {
        let share = server.connections / server.shares.max(1);
        let databases = server.databases.max(1);
        let reserve = self.reserve_or_default().value;
        let direct = self.direct_connections_or_default().value;
        let writes = share * 2 / 3;
        let fitting = |connections: u32| {
            let each = connections / databases;
            each.saturating_sub(reserve)
                .saturating_sub(FOR_LOOKUPS)
                .max(1)
        };
        let said = |size: &Option<_>| {
            size.as_ref()
                .map(|set: &crate::model::Setting<u32>| set.value)
        };
        let write = said(&self.pool_size).unwrap_or_else(|| fitting(writes.saturating_sub(direct)));
        let read = said(&self.read_pool_size).unwrap_or_else(|| fitting(share - writes));
        Pools {
            databases: server.databases,
            write: Pool {
                size: write,
                reserve,
            },
            read: Pool {
                size: read,
                reserve,
            },
            direct,
        }
    }
}
