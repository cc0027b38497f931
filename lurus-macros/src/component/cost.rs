//! What a change of an option costs, as attributes say it.
//!
//! In: the text of `cost = "…"`. Out: a variant of `OptionCost`, and the sentence that a setter's documentation ends with.

use proc_macro2::Span;
use syn::{Ident, LitStr};

use crate::component::mistake::one_of;

/// What a change of the option costs; the names are those of `OptionCost`.
#[derive(Clone, Copy)]
pub(super) enum Cost {
    Nothing,
    Reload,
    Restart,
    Recreate,
    Procedure,
    DataDanger,
}

impl Cost {
    const ALL: [Self; 6] = [
        Self::Nothing,
        Self::Reload,
        Self::Restart,
        Self::Recreate,
        Self::Procedure,
        Self::DataDanger,
    ];

    pub(super) fn read(literal: &LitStr) -> syn::Result<Self> {
        let text = literal.value();
        Self::ALL
            .into_iter()
            .find(|cost| cost.name() == text)
            .ok_or_else(|| {
                syn::Error::new(
                    literal.span(),
                    format!("`{text}` is not a cost: write {}", Self::names()),
                )
            })
    }

    /// As attributes say it.
    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Reload => "reload",
            Self::Restart => "restart",
            Self::Recreate => "recreate",
            Self::Procedure => "procedure",
            Self::DataDanger => "data-danger",
        }
    }

    /// The variant of `OptionCost`.
    pub(super) fn variant(self) -> Ident {
        let variant = match self {
            Self::Nothing => "Nothing",
            Self::Reload => "Reload",
            Self::Restart => "Restart",
            Self::Recreate => "Recreate",
            Self::Procedure => "Procedure",
            Self::DataDanger => "DataDanger",
        };
        Ident::new(variant, Span::call_site())
    }

    /// The sentence that ends a setter's documentation.
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::Nothing => "Nothing that runs notices a change.",
            Self::Reload => "A change is a reload.",
            Self::Restart => "A change restarts the process.",
            Self::Recreate => "A change makes the container anew; its volumes stay.",
            Self::Procedure => "A change follows a procedure.",
            Self::DataDanger => "A change in place loses data or an identity.",
        }
    }

    /// All of them, for a message.
    pub(super) fn names() -> String {
        one_of(&Self::ALL.map(Self::name))
    }
}
