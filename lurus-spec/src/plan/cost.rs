//! What it costs a running cluster that a file or a setting changes.
//!
//! A component states the cost where it states the setting, because only it knows its product. Targets, the hash that rolls a pod and
//! `cargo xtask diff` read the same value. This module must not know any product.

use std::fmt;

use crate::words::Words;

/// What has to happen before a change is in effect, from the mildest to the most dangerous.
///
/// The order of the variants is their severity, so the cost of several changes together is their maximum (see [`Cost::of_all`]).
///
/// A container adds one rule to what a product says of itself: a flag, an environment value or a mount is [`Cost::Recreate`], whatever
/// the program could reload. A reload that the program may refuse as a whole, because of another key in the same file, is no reload.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Cost {
    /// Nothing that runs reads it, or it is read anew each time.
    #[default]
    Nothing,
    /// The program takes it while it runs; says how: a command inside the container, such as `kill -HUP 1`.
    Reload(String),
    /// The program reads it only when it starts; the container itself stays.
    Restart,
    /// The container is made anew: a short stop, in the order that keeps every quorum. Volumes keep their data.
    Recreate,
    /// It needs steps over the whole cluster in a given order; says which, such as "standbys first, then the leader".
    Procedure(Words),
    /// It touches identity or data: done as an edit, data is lost, emptied or split. Says what is in danger.
    DataDanger(Words),
}

/// What a change of one part of a YAML file costs, where that is not what a change of the whole file costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyCost {
    /// The file's name.
    pub file: &'static str,
    /// The key, after those of the maps that it is in: `bootstrap.dcs.ttl`. It stands for whatever is below it, unless a
    /// longer one does.
    pub key: String,
    /// What a change of its value costs.
    pub cost: Cost,
}

impl Cost {
    /// The cost of making all of the changes at once: the most severe one, or [`Cost::Nothing`] when there is none.
    pub fn of_all(costs: impl IntoIterator<Item = Cost>) -> Cost {
        costs.into_iter().max().unwrap_or_default()
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cost::Nothing => f.write_str("nothing"),
            Cost::Reload(how) => write!(f, "reload: {how}"),
            Cost::Restart => f.write_str("restart"),
            Cost::Recreate => f.write_str("recreate the container"),
            Cost::Procedure(steps) => write!(f, "procedure: {steps}"),
            Cost::DataDanger(what) => write!(f, "danger to data: {what}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_is_the_order_of_the_variants() {
        let mildest_first = [
            Cost::Nothing,
            Cost::Reload("kill -HUP 1".into()),
            Cost::Restart,
            Cost::Recreate,
            Cost::Procedure("standbys first".into()),
            Cost::DataDanger("the volume is emptied".into()),
        ];
        assert!(mildest_first.is_sorted());
        assert_eq!(Cost::of_all(mildest_first[..4].to_vec()), Cost::Recreate);
        assert_eq!(Cost::of_all([]), Cost::Nothing);
    }
}
