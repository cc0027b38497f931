//! What `e2e --hosts` changes while a cluster serves: one value of its description.
//!
//! In: a change as data, which the program brings along. Out: nothing; `e2e` reads it. It knows no cluster.

use lurus_spec::model::Cluster;
use lurus_spec::plan::Member;

/// A change of a description, and how the running program shows it.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// What it is, for whoever watches.
    pub says: &'static str,
    /// The component whose members are asked.
    pub component: &'static str,
    /// Makes it in a description.
    pub make: fn(&mut Cluster),
    /// What is run inside a member that shows the value; `None` for a member that does not know it.
    pub ask: fn(&Member) -> Option<Vec<String>>,
    /// What is printed then once the change is made, and not before.
    pub answer: &'static str,
}
