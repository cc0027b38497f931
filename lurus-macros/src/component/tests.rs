use quote::quote;
use syn::parse_quote;

use super::*;

/// The code of one component, as text without layout.
fn expand(struct_tokens: TokenStream) -> String {
    let input: DeriveInput = syn::parse2(struct_tokens).expect("a struct");
    derive(&input)
        .expect("a component without mistakes")
        .to_string()
}

/// Every message, in the order of the source.
fn mistakes(struct_tokens: TokenStream) -> Vec<String> {
    let input: DeriveInput = syn::parse2(struct_tokens).expect("a struct");
    match derive(&input) {
        Ok(_) => Vec::new(),
        Err(error) => error.into_iter().map(|error| error.to_string()).collect(),
    }
}

#[test]
fn every_mistake_is_told_at_once() {
    let told = mistakes(quote! {
        #[component(kind = "Web")]
        struct Web {
            #[option(cost = "never", retries = 3, default = "80")]
            port: Option<Setting<Port>>,
            /// Pages.
            #[option(cost = "reload", each = "page")]
            pages: Vec<Page>,
        }
    });
    assert_eq!(
        told,
        [
            "`Web` is not a kind: a lower-case letter, then lower-case letters, digits and `-`, as in `redis-cluster`",
            "`Web` has no doc comment: say in one paragraph what it is, with `///`",
            "`never` is not a cost: write `nothing`, `reload`, `restart`, `recreate`, `procedure` or `data-danger`",
            "`retries` is no key of an option: write `default`, `cost`, `needs`, `entrusted`, `each`, `required`, `plain` or `manual`",
            "`port` has no doc comment: write with `///` what the manual says of it",
            "an option is `Option<Setting<T>>`, `Vec<Setting<T>>` with `each`, or `Setting<T>` with `required`",
            "`Web` has no field `meta: Meta`, which keeps the name, the place and what setters refused",
        ]
    );
}

#[test]
fn a_kind_is_a_stem_of_names() {
    for kind in ["nats", "redis-cluster", "k3s"] {
        assert!(is_kind(kind), "{kind}");
    }
    for kind in [
        "",
        "Nats",
        "redis_cluster",
        "3ds",
        "-nats",
        "nats-",
        "größe",
    ] {
        assert!(!is_kind(kind), "{kind}");
    }
}

#[test]
fn a_doc_comment_becomes_unwrapped_paragraphs() {
    let input: DeriveInput = parse_quote! {
        /// NATS servers that form
        /// one cluster.
        ///
        /// Streams are:
        /// - kept
        /// - copied
        ///
        /// ```text
        /// a
        ///
        ///   b
        /// ```
        struct Nats;
    };
    assert_eq!(
        paragraphs(&input.attrs),
        [
            "NATS servers that form one cluster.",
            "Streams are:\n- kept\n- copied",
            "```text\na\n\n  b\n```",
        ]
    );
}

#[test]
fn a_block_comment_reads_as_a_line_comment() {
    let input: DeriveInput = parse_quote! {
        #[doc = " NATS servers that form\n one cluster.\n\n More."]
        struct Nats;
    };
    assert_eq!(
        paragraphs(&input.attrs),
        ["NATS servers that form one cluster.", "More."]
    );
}

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

#[test]
fn an_option_takes_the_place_of_the_common_one_with_its_name() {
    let code = expand(quote! {
        /// A service.
        #[component(kind = "service")]
        struct Service {
            meta: Meta,
            /// Its image.
            #[option(required, cost = "recreate", plain)]
            image: Setting<ImageRef>,
        }
    });
    assert!(code.contains("fn memory"));
    assert!(!code.contains("fn image"));
}

#[test]
fn the_author_writes_a_manual_setter() {
    let code = expand(quote! {
        /// A service.
        #[component(kind = "service")]
        struct Service {
            meta: Meta,
            /// Environment.
            #[option(each = "env", cost = "recreate", manual)]
            environment: Vec<Setting<Variable>>,
        }
    });
    assert!(!code.contains("fn env"));
    assert!(code.contains("name : \"env\""));
}
