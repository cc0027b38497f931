//! From a [`Component`] to its code.
//!
//! In: a component without mistakes. Out: its constructor and setters, its reference, and its traits.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Visibility};

use crate::component::common::Common;
use crate::component::field::readable;
use crate::component::need::Need;
use crate::component::{Choice, Component, Door, Shape, Unset};

impl Component {
    /// The constructor and the setters, the reference, and the two traits.
    pub(super) fn write(&self) -> TokenStream {
        let inherent = self.write_inherent();
        let reference = self.write_reference();
        let traits = self.write_traits();
        quote! {
            #inherent
            #reference
            #traits
        }
    }

    fn write_inherent(&self) -> TokenStream {
        let Self {
            visibility, ident, ..
        } = self;
        let constructor = self.write_constructor();
        let setters = self
            .options
            .iter()
            .map(|option| option.write_setter(visibility));
        let held = self.options.iter().filter_map(Choice::write_held);
        // An option of the component with the name of a common one takes its place.
        let common = Common::ALL
            .into_iter()
            .filter(|common| {
                self.options
                    .iter()
                    .all(|option| option.setter != common.name())
            })
            .map(|common| common.write(visibility));
        quote! {
            impl #ident {
                #constructor
                #(#setters)*
                #(#common)*
                #(#held)*
            }
        }
    }

    fn write_constructor(&self) -> TokenStream {
        let Self {
            visibility, kind, ..
        } = self;
        let required = || {
            self.options
                .iter()
                .filter(|option| matches!(option.shape, Shape::Required))
        };
        // Of the macro's own hygiene, so that an option may be called `origin`.
        let origin = Ident::new("origin", Span::mixed_site());
        let arguments = required().map(|Choice { field, ty, .. }| quote!(#field: #ty));
        let docs = required()
            .map(|option| format!("- `{}`: {}", option.field, option.doc.replace('\n', " ")));
        let fields = self.options.iter().map(|Choice { field, shape, .. }| match shape {
            Shape::Optional { .. } => quote!(#field: ::core::option::Option::None),
            Shape::Each { .. } => quote!(#field: ::lurus_spec::__private::Vec::new()),
            Shape::Required => {
                quote!(#field: ::lurus_spec::model::Setting::new(#field, ::core::clone::Clone::clone(&#origin)))
            }
        });
        let doc = format!("Describes the {kind} called `name`.");
        quote! {
            #[doc = #doc]
            #[doc = ""]
            #(#[doc = #docs])*
            #[track_caller]
            #[must_use = "a component takes part once it is added to a cluster"]
            #visibility fn new(
                name: impl ::core::convert::Into<::lurus_spec::literal::Given<::lurus_spec::literal::Name>>,
                #(#arguments,)*
            ) -> Self {
                let #origin = ::lurus_spec::report::Origin::caller();
                Self {
                    #(#fields,)*
                    meta: ::lurus_spec::model::Meta::new(::core::convert::Into::into(name), #origin),
                }
            }
        }
    }

    fn write_reference(&self) -> TokenStream {
        let Self {
            visibility,
            ident,
            kind,
            ..
        } = self;
        let reference = self.reference();
        let doc = format!("A reference to a [`{ident}`], which other components are given.");
        let name_doc = format!("Name of the {kind}.");
        let origin_doc = format!("Where the {kind} was described.");
        quote! {
            #[doc = #doc]
            #[derive(
                ::core::clone::Clone, ::core::fmt::Debug, ::core::cmp::PartialEq, ::core::cmp::Eq
            )]
            #visibility struct #reference {
                name: ::lurus_spec::literal::Name,
                origin: ::lurus_spec::report::Origin,
            }

            impl #reference {
                #[doc = #name_doc]
                #visibility fn name(&self) -> &::lurus_spec::literal::Name {
                    &self.name
                }

                #[doc = #origin_doc]
                #visibility fn origin(&self) -> &::lurus_spec::report::Origin {
                    &self.origin
                }
            }

            impl ::lurus_spec::model::ComponentRef for #reference {
                fn name(&self) -> &::lurus_spec::literal::Name {
                    &self.name
                }
            }

            impl ::core::fmt::Display for #reference {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::fmt::Display::fmt(&self.name, f)
                }
            }
        }
    }

    fn write_traits(&self) -> TokenStream {
        let Self {
            ident, kind, doc, ..
        } = self;
        let reference = self.reference();
        let rows = self.options.iter().map(Choice::write_row);
        let records = self
            .options
            .iter()
            .enumerate()
            .map(|(row, option)| option.write_records(row));
        quote! {
            impl ::lurus_spec::model::Settings for #ident {
                fn kind(&self) -> &'static str {
                    <Self as ::lurus_spec::model::Described>::KIND
                }

                fn manual(&self) -> ::lurus_spec::model::Manual {
                    ::lurus_spec::model::Manual::of::<Self>()
                }

                fn meta(&self) -> &::lurus_spec::model::Meta {
                    &self.meta
                }

                fn settings(&self) -> ::lurus_spec::__private::Vec<::lurus_spec::model::SettingRecord> {
                    let mut records = ::lurus_spec::__private::Vec::new();
                    #(#records)*
                    records.append(&mut self.meta.settings());
                    records
                }
            }

            impl ::lurus_spec::model::Described for #ident {
                type Ref = #reference;

                const OPTIONS: &'static [::lurus_spec::model::OptionDoc] = &[#(#rows,)*];
                const DOC: &'static str = #doc;
                const KIND: &'static str = #kind;

                fn reference(&self) -> #reference {
                    #reference {
                        name: ::core::clone::Clone::clone(&self.meta.name.value),
                        origin: ::core::clone::Clone::clone(&self.meta.name.origin),
                    }
                }
            }
        }
    }

    fn reference(&self) -> Ident {
        format_ident!("{}Ref", self.ident)
    }
}

impl Choice {
    /// The setter; nothing when the constructor sets the option, or the author writes the setter.
    fn write_setter(&self, visibility: &Visibility) -> Option<TokenStream> {
        let Self {
            field,
            setter,
            ty,
            doc_attributes,
            ..
        } = self;
        let setting = quote!(::lurus_spec::model::Setting::new(value, origin));
        let (store, often) = match &self.shape {
            Shape::Optional { default } => (
                quote!(self.#field = ::core::option::Option::Some(#setting);),
                format!(
                    "Default: {}. Set twice, the last value holds.",
                    default.as_str()
                ),
            ),
            Shape::Each { default } => (
                quote!(self.#field.push(#setting);),
                format!("Default: {default}. Each call adds one."),
            ),
            Shape::Required => return None,
        };
        let (argument, body) = match self.door {
            Door::Given => {
                let option = self.name();
                (
                    quote!(impl ::core::convert::Into<::lurus_spec::literal::Given<#ty>>),
                    quote! {
                        let value = ::core::convert::Into::into(value);
                        if let ::core::option::Option::Some(value) = self.meta.accept(#option, value, &origin) {
                            #store
                        }
                    },
                )
            }
            Door::Plain => (quote!(#ty), store),
            Door::Manual => return None,
        };
        let closing = format!("{often} {}", self.cost.sentence());
        Some(quote! {
            #(#doc_attributes)*
            #[doc = ""]
            #[doc = #closing]
            #[track_caller]
            #[must_use = "a setter returns the component that it changed"]
            #visibility fn #setter(mut self, value: #argument) -> Self {
                let origin = ::lurus_spec::report::Origin::caller();
                #body
                self
            }
        })
    }

    /// The method that says which value holds; nothing where the default is no value.
    fn write_held(&self) -> Option<TokenStream> {
        let Self {
            field, ty, shape, ..
        } = self;
        let Shape::Optional {
            default: Unset::Value(default),
        } = shape
        else {
            return None;
        };
        let method = format_ident!("{field}_or_default");
        let doc = format!("What the author set as `{field}`, or {default}.");
        Some(quote! {
            #[doc = #doc]
            fn #method(&self) -> ::lurus_spec::model::Setting<#ty> {
                self.meta.or_default(self.#field.as_ref(), #default)
            }
        })
    }

    /// The option's row of the manual.
    fn write_row(&self) -> TokenStream {
        let name = self.name();
        let ty = readable(&self.ty);
        let default = match &self.shape {
            Shape::Optional { default } => Some(default.as_str()),
            Shape::Each { default } => Some(default.as_str()),
            Shape::Required => None,
        };
        let default = match default {
            Some(default) => quote!(::core::option::Option::Some(#default)),
            None => quote!(::core::option::Option::None),
        };
        let cost = self.cost.variant();
        let needs = match self.needs.map(Need::variant) {
            Some(ability) => {
                quote!(::core::option::Option::Some(::lurus_spec::model::Ability::#ability))
            }
            None => quote!(::core::option::Option::None),
        };
        let entrusted = self.entrusted;
        let doc = &self.doc;
        quote! {
            ::lurus_spec::model::OptionDoc {
                name: #name,
                ty: #ty,
                default: #default,
                cost: ::lurus_spec::model::OptionCost::#cost,
                needs: #needs,
                entrusted: #entrusted,
                doc: #doc,
            }
        }
    }

    /// The statement that records what the author set, with methods that need no trait in scope. A type without
    /// `Display` is told at the field.
    fn write_records(&self, row: usize) -> TokenStream {
        let field = &self.field;
        let row = quote!(<Self as ::lurus_spec::model::Described>::OPTIONS[#row]);
        let record = quote_spanned!(self.ty.span()=> #row.record(setting));
        match self.shape {
            Shape::Optional { .. } | Shape::Each { .. } => quote! {
                for setting in self.#field.iter() {
                    records.push(#record);
                }
            },
            Shape::Required => quote! {
                let setting = &self.#field;
                records.push(#record);
            },
        }
    }
}
