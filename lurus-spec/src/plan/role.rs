//! Roles that a platform leads clients to, and elections that it keeps.

use super::PortName;
use crate::literal::Name;

/// A role of a workload's members to which the platform leads clients by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// What it is called: `primary`.
    pub name: PortName,
    /// The port that is reached, of whoever holds it.
    pub port: PortName,
    /// How the platform knows who that is.
    pub held: Held,
}

/// How a platform knows who holds a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// By the member that the description names.
    By(Name),
    /// By the member that has this lock of its group's [`Election`], and keeps its address in it.
    Lock(String),
    /// By every member that follows the one with the lock, and says so of itself with this word.
    Following(&'static str),
    /// By every member that serves.
    All,
}

/// An election of one among the members of a workload, in what the platform keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Election {
    /// The name under which all members that belong together find each other: an identity.
    pub scope: String,
    /// The name of the lock, which one member has at a time.
    pub lock: String,
    /// Names of what else members keep for each other.
    pub records: Vec<String>,
    /// What a member is marked with besides, for those who tell members of one scope apart: keys and values.
    pub marks: Vec<(&'static str, String)>,
}

/// What members that elect one among themselves are told of the platform that keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elections {
    /// What programs call the platform.
    pub store: &'static str,
    /// The part of it that is the cluster's.
    pub space: String,
    /// The key of the mark that carries [`Election::scope`].
    pub scope_mark: &'static str,
    /// The key of the mark by which a member says which role it has.
    pub role_mark: &'static str,
    /// Marks that everything of the cluster carries: keys and values.
    pub marks: Vec<(&'static str, String)>,
}
