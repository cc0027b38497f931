//! Comes in: the tokens between the brackets of a literal macro. Goes out: the expression of the value, or an error at
//! the literal with the text of its parser. Must not know: what a valid text is; `lurus_literal` says.

use lurus_literal::{
    AbsPath, Cidr, DomainName, Duration, EnvName, HostName, Image, Ip, Literal, Name, Port,
    SecretName, Size,
};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{LitInt, LitStr};

pub(crate) fn name(input: TokenStream) -> syn::Result<TokenStream> {
    text::<Name>(input, quote!(Name), r#"name!("redis")"#)
}

pub(crate) fn host_name(input: TokenStream) -> syn::Result<TokenStream> {
    text::<HostName>(input, quote!(HostName), r#"host_name!("node-1")"#)
}

pub(crate) fn domain(input: TokenStream) -> syn::Result<TokenStream> {
    text::<DomainName>(input, quote!(DomainName), r#"domain!("api.example.com")"#)
}

pub(crate) fn env_name(input: TokenStream) -> syn::Result<TokenStream> {
    text::<EnvName>(input, quote!(EnvName), r#"env_name!("PG_DSN")"#)
}

pub(crate) fn path(input: TokenStream) -> syn::Result<TokenStream> {
    text::<AbsPath>(input, quote!(AbsPath), r#"path!("/etc/nats/nats.conf")"#)
}

pub(crate) fn image(input: TokenStream) -> syn::Result<TokenStream> {
    text::<Image>(input, quote!(Image), r#"image!("redis:7.2.5-alpine")"#)
}

pub(crate) fn secret(input: TokenStream) -> syn::Result<TokenStream> {
    text::<SecretName>(input, quote!(SecretName), r#"secret!("redis-password")"#)
}

pub(crate) fn ip(input: TokenStream) -> syn::Result<TokenStream> {
    let (_, ip) = parse::<Ip>(input, r#"ip!("10.0.1.10")"#)?;
    Ok(ip_expression(ip))
}

pub(crate) fn cidr(input: TokenStream) -> syn::Result<TokenStream> {
    let (_, network) = parse::<Cidr>(input, r#"cidr!("10.0.1.0/24")"#)?;
    let (first, prefix) = (ip_expression(network.network()), network.prefix());
    Ok(quote!(::lurus_spec::literal::Cidr::containing(#first, #prefix)))
}

pub(crate) fn size(input: TokenStream) -> syn::Result<TokenStream> {
    let bytes = parse::<Size>(input, r#"size!("512MiB")"#)?.1.bytes();
    Ok(quote!(::lurus_spec::literal::Size::of_bytes(#bytes)))
}

pub(crate) fn duration(input: TokenStream) -> syn::Result<TokenStream> {
    let millis = parse::<Duration>(input, r#"duration!("30s")"#)?
        .1
        .as_millis();
    Ok(quote!(::lurus_spec::literal::Duration::millis(#millis)))
}

pub(crate) fn port(input: TokenStream) -> syn::Result<TokenStream> {
    let expected = "write one number from 1 to 65535 without quotes, as in `port!(5432)`";
    let literal: LitInt =
        syn::parse2(input).map_err(|error| syn::Error::new(error.span(), expected))?;
    if !literal.suffix().is_empty() {
        return Err(syn::Error::new(literal.span(), expected));
    }
    let port: Port = literal
        .base10_digits()
        .parse()
        .map_err(|error| syn::Error::new(literal.span(), error))?;
    let number = port.get();
    Ok(quote!(::lurus_spec::literal::Port::constant(#number)))
}

/// A newtype that owns its text cannot be built in a `const`: the expression parses the text again when it runs.
fn text<T: Literal>(
    input: TokenStream,
    newtype: TokenStream,
    example: &str,
) -> syn::Result<TokenStream> {
    let (literal, _) = parse::<T>(input, example)?;
    Ok(
        quote!(::lurus_spec::literal::__private::checked::<::lurus_spec::literal::#newtype>(#literal)),
    )
}

/// The one literal of the input, and its value by the parser of the newtype.
fn parse<T: Literal>(input: TokenStream, example: &str) -> syn::Result<(LitStr, T)> {
    let expected = || format!("write one text in quotes, as in `{example}`");
    let literal: LitStr =
        syn::parse2(input).map_err(|error| syn::Error::new(error.span(), expected()))?;
    if !literal.suffix().is_empty() {
        return Err(syn::Error::new(literal.span(), expected()));
    }
    let value = literal
        .value()
        .parse()
        .map_err(|error| syn::Error::new(literal.span(), error))?;
    Ok((literal, value))
}

fn ip_expression(ip: Ip) -> TokenStream {
    let [a, b, c, d] = ip.addr().octets();
    quote!(::lurus_spec::literal::Ip::new(#a, #b, #c, #d))
}
