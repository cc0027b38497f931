//! The expansion names everything by its path: it needs no `alloc`, no prelude and no import.
#![no_std]
#![no_implicit_prelude]

/// NATS servers that form one cluster.
#[derive(::lurus_spec::component::Component)]
#[component(kind = "nats")]
pub struct Nats {
    meta: ::lurus_spec::model::Meta,
    /// Port for clients.
    #[option(default = "4222", cost = "recreate")]
    client_port: ::core::option::Option<::lurus_spec::model::Setting<::lurus_spec::literal::Port>>,
    /// Names that clients may use.
    #[option(each = "alias", cost = "reload", plain)]
    aliases: ::lurus_spec::__private::Vec<
        ::lurus_spec::model::Setting<::lurus_spec::literal::Name>,
    >,
    /// An option whose name the constructor uses too.
    #[option(required, cost = "reload", plain)]
    origin: ::lurus_spec::model::Setting<::core::primitive::bool>,
}

fn main() {}
