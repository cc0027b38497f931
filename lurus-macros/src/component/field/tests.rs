use quote::quote;
use syn::{Type, parse_quote};

use super::{Wrapped, readable};

#[test]
fn types_read_without_paths() {
    for (ty, text) in [
        (quote!(u16), "u16"),
        (quote!(crate::literal::Port), "Port"),
        (quote!(alloc::vec::Vec<literal::Port>), "Vec<Port>"),
        (quote!(Map<a::Name, Vec<b::Port>>), "Map<Name, Vec<Port>>"),
        (quote!(&'static str), "&str"),
    ] {
        let ty: Type = syn::parse2(ty).expect("a type");
        assert_eq!(readable(&ty), text);
    }
}

#[test]
fn the_wrapper_is_found_behind_any_path() {
    let inner = |ty: Type| match Wrapped::read(&ty) {
        Some(Wrapped::Optional(ty)) => format!("optional {}", readable(ty)),
        Some(Wrapped::Each(ty)) => format!("each {}", readable(ty)),
        Some(Wrapped::Required(ty)) => format!("required {}", readable(ty)),
        None => "no option".to_owned(),
    };
    assert_eq!(inner(parse_quote!(Option<Setting<Port>>)), "optional Port");
    assert_eq!(
        inner(parse_quote!(core::option::Option<model::Setting<Port>>)),
        "optional Port"
    );
    assert_eq!(inner(parse_quote!(Vec<Setting<Port>>)), "each Port");
    assert_eq!(inner(parse_quote!(Setting<Port>)), "required Port");
    for ty in [
        parse_quote!(Port),
        parse_quote!(Option<Port>),
        parse_quote!(Setting<Name, Port>),
        parse_quote!(Box<Setting<Port>>),
    ] {
        assert_eq!(inner(ty), "no option");
    }
}
