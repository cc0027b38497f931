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
mod lowering;

pub mod nats;

use std::any::Any;
use std::fmt;

use crate::check::Rule;
use crate::model::{Described, OptionDoc, Settings};
use crate::plan::{Contract, Workload};

pub use declare::{
    Declaration, Endpoint, EndpointRef, Front, Group, GroupMember, GroupPort, Need, Quorum, Reach,
    SecretDeclaration, Site, Survival, TASK_MEMORY, place, place_task,
};
pub use lowering::Lowering;

/// A part of a cluster: one product, its members and what it offers.
pub trait Component: Settings + Any + fmt::Debug {
    /// What it consists of, offers and needs. Sees the inventory and its own settings, not other components.
    fn declare(&self, site: &Site<'_>) -> Declaration;

    /// Rules of this product, in the order of their codes.
    fn rules(&self) -> &'static [Rule] {
        &[]
    }

    /// What runs. Called only when every check of the description has passed.
    fn lower(&self, lowering: &Lowering<'_>) -> Vec<Workload>;

    /// How programs outside the cluster reach it.
    fn contracts(&self, lowering: &Lowering<'_>) -> Vec<Contract> {
        let _ = lowering;
        Vec::new()
    }
}

/// A built-in kind of component, as the manual and `explain` show it.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// `nats`
    pub kind: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its own options.
    pub options: &'static [OptionDoc],
    /// Its rules.
    pub rules: &'static [Rule],
}

impl BuiltIn {
    const fn of<C: Described>(rules: &'static [Rule]) -> Self {
        Self {
            kind: C::KIND,
            doc: C::DOC,
            options: C::OPTIONS,
            rules,
        }
    }
}

/// Every built-in component, by kind.
pub const BUILT_IN: &[BuiltIn] = &[BuiltIn::of::<nats::Nats>(nats::RULES)];
