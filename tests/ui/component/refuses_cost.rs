use lurus_spec::component::Component;
use lurus_spec::literal::Port;
use lurus_spec::model::{Meta, Setting};

/// NATS servers that form one cluster.
#[derive(Component)]
#[component(kind = "nats")]
struct Nats {
    meta: Meta,
    /// Port for clients.
    #[option(default = "4222", cost = "re-create")]
    client_port: Option<Setting<Port>>,
    /// Port on which servers reach each other.
    #[option(default = "6222", cost = "recreate", cost = "restart")]
    route_port: Option<Setting<Port>>,
    /// Whether it is found from far away.
    #[option(default = "no", cost = "nothing", needs = "aether", plain)]
    far: Option<Setting<bool>>,
}

fn main() {}
