//! What a target does not honour of a description.
//!
//! In: what was said of the cluster and needs what the target does not have. Out: a list for findings and for the book. It
//! knows no product and no target.

use std::fmt;

use crate::check::listed;
use crate::model::Omitted;
use crate::report::Origin;

/// Something that the target of a plan does not have, with everything that was said and needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// The target.
    pub on: &'static str,
    /// What is missing: an ability, or a component of which nothing can be written.
    pub what: Omitted,
    /// What was said and does nothing there: once for each option.
    pub said: Vec<Said>,
    /// Where the description says that the target does without it.
    pub accepted: Option<Origin>,
}

/// An option that was set, of all that it was set on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The option, as authors type it; a component that nothing can be written of has none.
    pub option: Option<&'static str>,
    /// The components and hosts that it was set on, and the cluster.
    pub of: Vec<String>,
    /// The first place that sets it.
    pub origin: Origin,
}

/// `` `on` of etcd, nats and redis ``
impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = listed(&self.of);
        match self.option {
            Some(option) => write!(f, "`{option}` of {of}"),
            None => f.write_str(&of),
        }
    }
}
