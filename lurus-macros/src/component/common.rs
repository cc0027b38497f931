//! The setters that every component has.
//!
//! In: the visibility of the component. Out: the code of each setter; what it sets is a field of `Meta`.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Ident, Visibility};

/// A setter that every component has, backed by the field of `Meta` with its name.
#[derive(Clone, Copy)]
pub(super) enum Common {
    On,
    Network,
    Stack,
    Image,
    Memory,
}

impl Common {
    /// In the order of `lurus_spec::model::COMMON_OPTIONS`.
    pub(super) const ALL: [Self; 5] = [
        Self::On,
        Self::Network,
        Self::Stack,
        Self::Image,
        Self::Memory,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Network => "network",
            Self::Stack => "stack",
            Self::Image => "image",
            Self::Memory => "memory",
        }
    }

    /// The first sentence of the setter's documentation.
    fn doc(self) -> &'static str {
        match self {
            Self::On => "Hosts that carry it, in order: the n-th member lives on the n-th host.",
            Self::Network => "The network on which it listens.",
            Self::Stack => {
                "The stack, a part of the cluster that starts alone, to which it belongs."
            }
            Self::Image => "Its image.",
            Self::Memory => "Memory limit of one member.",
        }
    }

    pub(super) fn write(self, visibility: &Visibility) -> TokenStream {
        let name = self.name();
        let setter = Ident::new(name, Span::call_site());
        let doc = self.doc();
        let more = format!("See [`Meta::{name}`](::lurus_spec::model::Meta::{name}).");
        let plain = |ty: TokenStream| {
            (
                ty,
                quote! {
                    self.meta.#setter =
                        ::core::option::Option::Some(::lurus_spec::model::Setting::new(value, origin));
                },
            )
        };
        let given = |ty: TokenStream| {
            (
                quote!(impl ::core::convert::Into<::lurus_spec::literal::Given<#ty>>),
                quote! {
                    let value = ::core::convert::Into::into(value);
                    if let ::core::option::Option::Some(value) = self.meta.accept(#name, value, &origin) {
                        self.meta.#setter =
                            ::core::option::Option::Some(::lurus_spec::model::Setting::new(value, origin));
                    }
                },
            )
        };
        let (argument, body) = match self {
            Self::On => (
                quote!(impl ::core::iter::IntoIterator<Item = ::lurus_spec::model::HostRef>),
                quote! {
                    let hosts = ::core::iter::Iterator::collect(::core::iter::IntoIterator::into_iter(value));
                    self.meta.on = ::core::option::Option::Some(::lurus_spec::model::Setting::new(hosts, origin));
                },
            ),
            Self::Network => plain(quote!(::lurus_spec::model::NetworkRef)),
            Self::Image => plain(quote!(::lurus_spec::model::ImageRef)),
            Self::Stack => given(quote!(::lurus_spec::literal::Name)),
            Self::Memory => given(quote!(::lurus_spec::literal::Size)),
        };
        quote! {
            #[doc = #doc]
            #[doc = ""]
            #[doc = #more]
            #[track_caller]
            #[must_use = "a setter returns the component that it changed"]
            #visibility fn #setter(mut self, value: #argument) -> Self {
                let origin = ::lurus_spec::report::Origin::caller();
                #body
                self
            }
        }
    }
}
