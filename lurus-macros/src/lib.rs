//! Literal macros that are checked while rustc runs, and `#[derive(Component)]`.
//!
//! Comes in: the tokens of a description or of a component's struct. Goes out: an expression that builds a value of
//! `lurus_literal`, or the code of a component; or errors, each at the tokens that caused it. Must not know: products,
//! targets, the compiler; it depends on the leaf crate only.
//!
//! `lurus-spec` re-exports every macro, and the expansions name `::lurus_spec`. They need neither `alloc` nor the
//! prelude in scope. This file is only the doors; the functions behind them work on `proc_macro2` tokens.
//!
//! `ip!`, `cidr!`, `port!`, `size!` and `duration!` may stand in a `const`.

mod component;
mod literal;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// A [`Name`](lurus_literal::Name): `name!("redis")`.
#[proc_macro]
pub fn name(input: TokenStream) -> TokenStream {
    expand(literal::name(input.into()))
}

/// A [`HostName`](lurus_literal::HostName): `host_name!("node-1")`.
#[proc_macro]
pub fn host_name(input: TokenStream) -> TokenStream {
    expand(literal::host_name(input.into()))
}

/// A [`DomainName`](lurus_literal::DomainName): `domain!("api.example.com")`.
#[proc_macro]
pub fn domain(input: TokenStream) -> TokenStream {
    expand(literal::domain(input.into()))
}

/// An [`EnvName`](lurus_literal::EnvName): `env_name!("PG_DSN")`.
#[proc_macro]
pub fn env_name(input: TokenStream) -> TokenStream {
    expand(literal::env_name(input.into()))
}

/// An [`AbsPath`](lurus_literal::AbsPath): `path!("/etc/nats/nats.conf")`.
#[proc_macro]
pub fn path(input: TokenStream) -> TokenStream {
    expand(literal::path(input.into()))
}

/// An [`Ip`](lurus_literal::Ip): `ip!("10.0.1.10")`.
#[proc_macro]
pub fn ip(input: TokenStream) -> TokenStream {
    expand(literal::ip(input.into()))
}

/// A [`Cidr`](lurus_literal::Cidr): `cidr!("10.0.1.0/24")`.
#[proc_macro]
pub fn cidr(input: TokenStream) -> TokenStream {
    expand(literal::cidr(input.into()))
}

/// A [`Port`](lurus_literal::Port), of a number: `port!(5432)`.
#[proc_macro]
pub fn port(input: TokenStream) -> TokenStream {
    expand(literal::port(input.into()))
}

/// An [`Image`](lurus_literal::Image): `image!("redis:7.2.5-alpine")`.
#[proc_macro]
pub fn image(input: TokenStream) -> TokenStream {
    expand(literal::image(input.into()))
}

/// A [`Size`](lurus_literal::Size): `size!("512MiB")`.
#[proc_macro]
pub fn size(input: TokenStream) -> TokenStream {
    expand(literal::size(input.into()))
}

/// A [`Duration`](lurus_literal::Duration): `duration!("30s")`.
#[proc_macro]
pub fn duration(input: TokenStream) -> TokenStream {
    expand(literal::duration(input.into()))
}

/// A [`SecretName`](lurus_literal::SecretName): `secret!("redis-password")`. The value of the secret never stands here.
#[proc_macro]
pub fn secret(input: TokenStream) -> TokenStream {
    expand(literal::secret(input.into()))
}

/// Writes the constructor, the setters, the reference and the option table of a component.
#[proc_macro_derive(Component, attributes(component, option))]
pub fn derive_component(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(component::derive(&input))
}

fn expand(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    result
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
