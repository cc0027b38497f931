//! Macros.

mod component;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Writes the constructor, the setters, the reference and the option table of a component.
#[proc_macro_derive(Component, attributes(component, option))]
pub fn derive_component(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    component::derive(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
