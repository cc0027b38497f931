//! What `e2e` starts besides the clusters of `spec/`: ways to have PostgreSQL that none of them shows, and an edge in front of a
//! server that speaks WebSocket, which their applications need not.
//!
//! In: clusters as data, which the program brings along. Out: nothing; `e2e` reads it. It knows no cluster.

use lurus_spec::model::Cluster;

/// One way to have PostgreSQL, or an edge.
#[derive(Debug)]
pub struct Scheme {
    /// The cluster, on hosts of the smallest site, with an application that is ready only while it reaches its database, if any.
    /// Its name begins with `e2e-`, so that the compose project that its files and its book name is one that the test may
    /// delete.
    pub cluster: fn() -> Cluster,
    /// What stands outside the cluster, for which a certificate lies in the folder `outside`.
    pub outside: Option<fn() -> Outside>,
    /// What people do with it, other than starting it.
    pub switch: Option<Switch>,
    /// The name and the path, `ai.example.com/live`, at which its edge leads to a WebSocket.
    pub upgrade: Option<&'static str>,
}

/// Giving the primary to another member, as the book says.
#[derive(Debug)]
pub struct Switch {
    /// The component whose book it is.
    pub component: &'static str,
    /// The description that a step asks for.
    pub after: fn() -> Cluster,
}

/// Something that a cluster reaches and does not hold.
#[derive(Debug)]
pub struct Outside {
    /// The name by which it is reached.
    pub host: &'static str,
    /// The image that it is of.
    pub image: String,
    /// The compose file that starts it.
    pub compose: String,
}
