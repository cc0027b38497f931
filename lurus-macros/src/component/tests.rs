use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use super::derive;

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
            "`retries` is no key of an option: write `default`, `default_value`, `cost`, `needs`, `entrusted`, `each`, `required`, `plain` or `manual`",
            "`port` has no doc comment: write with `///` what the manual says of it",
            "an option is `Option<Setting<T>>`, `Vec<Setting<T>>` with `each`, or `Setting<T>` with `required`",
            "`Web` has no field `meta: Meta`, which keeps the name, the place and what setters refused",
        ]
    );
}

#[test]
fn what_holds_when_unset_is_a_value_or_words() {
    let code = expand(quote! {
        /// A server.
        #[component(kind = "web")]
        struct Web {
            meta: Meta,
            /// Its port.
            #[option(default_value = "80", cost = "recreate")]
            port: Option<Setting<Port>>,
            /// Its memory.
            #[option(default = "a quarter of its host", cost = "recreate")]
            cache: Option<Setting<Size>>,
        }
    });
    assert!(code.contains("self . meta . or_default (self . port . as_ref () , \"80\")"));
    assert!(!code.contains("cache_or_default"));
    for default in ["80", "a quarter of its host"] {
        assert!(code.contains(&format!("Default: {default}. Set twice")));
    }
}

#[test]
fn a_default_is_said_once_and_where_there_can_be_one() {
    let told = mistakes(quote! {
        /// A server.
        #[component(kind = "web")]
        struct Web {
            meta: Meta,
            /// Its port.
            #[option(default = "eighty", default_value = "80", cost = "recreate")]
            port: Option<Setting<Port>>,
            /// Its timeout.
            #[option(cost = "recreate")]
            timeout: Option<Setting<Duration>>,
            /// Its pages.
            #[option(each = "page", default_value = "index", cost = "reload")]
            pages: Vec<Setting<Page>>,
            /// What it serves.
            #[option(required, default_value = "all", cost = "reload", plain)]
            root: Setting<Root>,
        }
    });
    assert_eq!(
        told,
        [
            "`default` says in words what `default_value` says as a value: leave one out",
            "`timeout` does not say what holds when it is not set: write `default_value = \"…\"`, or `default = \"…\"` with words \
             where it is no value",
            "several values have no default value: say with `default = \"…\"` what holds without one",
            "what the constructor requires has no default: leave it out",
        ]
    );
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
