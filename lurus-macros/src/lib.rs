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

/// Writes the constructor, the setters, the reference and the option table of a component. An example stands at
/// `lurus_spec::component::Component`.
///
/// # The struct
///
/// It has named fields, no generic parameter, a doc comment, a field `meta: Meta`, and one field for each option:
///
/// | field | meaning | setter |
/// |---|---|---|
/// | `port: Option<Setting<Port>>` | at most one value | `.port(value)`; set twice, the last value holds |
/// | `streams: Vec<Setting<Stream>>` | any number of values | `.stream(value)`, which adds one |
/// | `backend: Setting<PatroniRef>` | exactly one value | none: an argument of `new`, in the order of the fields |
///
/// `T` of `Setting<T>` implements `Display`, which is how a setting is recorded.
///
/// # Attributes
///
/// `#[component(kind = "nats")]` names the kind of product: a lower-case letter, then lower-case letters, digits and
/// `-`.
///
/// `#[option(…)]` takes:
///
/// | key | meaning |
/// |---|---|
/// | `default_value = "4222"` | what holds when the option is not set, as text of its type: the manual shows it, and the component reads it with `self.port_or_default()`, where it was set and where not. For `Option` fields |
/// | `default = "its first host"` | the same in words, where it is no value of the type. `Vec` fields may leave it out, which is `"none"`; required fields have none |
/// | `cost = "reload"` | what a change costs: `nothing`, `reload`, `restart`, `recreate`, `procedure` or `data-danger`, as `OptionCost` explains them |
/// | `needs = "liveness"` | what a place to run has to have for the option to do what it says: `hosts`, `placement`, `networks`, `callers`, `operators`, `stacks` or `liveness`, as `Ability` explains them. Left out where every place can honour it |
/// | `entrusted` | a platform that does by itself what the component is for (`Component::duty`) carries it out too. References always are; any other option is lost there, which is a finding |
/// | `each = "stream"` | for `Vec` fields: the setter that adds one element. It is also the option's name |
/// | `required` | for `Setting<T>` fields: an argument of `new`. Needs `plain`, since refused text would leave no value |
/// | `plain` | the setter takes `T` itself, and not `impl Into<Given<T>>`: for flags, numbers, references and structs |
/// | `manual` | the author writes the setter, because it takes more than one value. It is `#[track_caller]`, and takes `Origin::caller()` first |
///
/// # What it writes
///
/// - `new(name, …)` and the setters, each `#[track_caller]` and with the visibility of the struct: a setting knows the
///   line of the description that set it. A text that its type refuses is kept in `Meta::refused`, and becomes a
///   finding.
/// - `port_or_default()` for an option with a default value: a `Setting<T>`, with the component's place where its author
///   said nothing. It is private, and panics where the default is no text of a `T`.
/// - `.on(hosts)`, `.network(…)`, `.stack(…)`, `.image(…)` and `.memory(…)`, the setters of `Meta`. An option with one
///   of these names takes the place of that setter.
/// - A struct `NatsRef` with `name()` and `origin()`, for the components that need this one. Its author gives it the
///   methods that they may use.
/// - `Settings` and `Described`: the settings as data, and the option table. A row's text is the doc comment of its
///   field; `DOC` is the first paragraph of the doc comment of the struct.
///
/// # Errors
///
/// Every mistake in the struct and its attributes is reported at once, each where it was made.
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
