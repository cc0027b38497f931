use lurus_spec::component::Component;
use lurus_spec::literal::{Name, Port};
use lurus_spec::model::{Meta, Setting};

/// NATS servers that form one cluster.
#[derive(Component)]
#[component(kind = nats)]
struct Nats {
    meta: Meta,
    /// Port for clients.
    #[option(default = 4222, cost = recreate)]
    client_port: Option<Setting<Port>>,
    /// Names that clients may use.
    #[option(each = alias, cost = "reload")]
    aliases: Vec<Setting<Name>>,
}

/// Nothing at all.
#[derive(Component)]
#[component()]
struct Nothing {
    meta: Meta,
}

fn main() {}
