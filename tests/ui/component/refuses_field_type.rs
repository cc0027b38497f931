use lurus_spec::component::Component;
use lurus_spec::literal::{Name, Port};
use lurus_spec::model::Setting;

/// NATS servers that form one cluster.
#[derive(Component)]
#[component(kind = "nats")]
struct Nats {
    #[option(cost = "nothing")]
    meta: Name,
    /// Port for clients.
    #[option(default = "4222", cost = "recreate")]
    client_port: Option<Port>,
    /// Names that clients may use.
    #[option(each = "alias", cost = "reload")]
    aliases: Option<Setting<Name>>,
    /// Names that servers may use.
    #[option(cost = "reload")]
    servers: Vec<Setting<Name>>,
}

fn main() {}
