//! What an option needs of the place where it runs, as attributes say it.
//!
//! In: the text of `needs = "…"`. Out: a variant of `Ability`.

use proc_macro2::Span;
use syn::{Ident, LitStr};

use crate::component::mistake::one_of;

/// What an option needs of the place where it runs; the names are those of `Ability`.
#[derive(Clone, Copy)]
pub(super) enum Need {
    Hosts,
    Placement,
    Networks,
    Callers,
    Operators,
    Stacks,
    Liveness,
}

impl Need {
    const ALL: [Self; 7] = [
        Self::Hosts,
        Self::Placement,
        Self::Networks,
        Self::Callers,
        Self::Operators,
        Self::Stacks,
        Self::Liveness,
    ];

    pub(super) fn read(literal: &LitStr) -> syn::Result<Self> {
        let text = literal.value();
        Self::ALL
            .into_iter()
            .find(|need| need.name() == text)
            .ok_or_else(|| {
                let names = one_of(&Self::ALL.map(Self::name));
                syn::Error::new(
                    literal.span(),
                    format!("`{text}` is nothing that a place to run has: write {names}"),
                )
            })
    }

    /// As attributes say it.
    fn name(self) -> &'static str {
        match self {
            Self::Hosts => "hosts",
            Self::Placement => "placement",
            Self::Networks => "networks",
            Self::Callers => "callers",
            Self::Operators => "operators",
            Self::Stacks => "stacks",
            Self::Liveness => "liveness",
        }
    }

    /// The variant of `Ability`.
    pub(super) fn variant(self) -> Ident {
        let variant = match self {
            Self::Hosts => "Hosts",
            Self::Placement => "Placement",
            Self::Networks => "Networks",
            Self::Callers => "Callers",
            Self::Operators => "Operators",
            Self::Stacks => "Stacks",
            Self::Liveness => "Liveness",
        };
        Ident::new(variant, Span::call_site())
    }
}
