use lurus_spec::component::Component;
use lurus_spec::literal::Port;
use lurus_spec::model::{Meta, Setting};

/// NATS servers that form one cluster.
#[derive(Component)]
#[component(kind = "nats", name = "Nats")]
struct Nats {
    meta: Meta,
    /// Port for clients.
    #[option(defaults = "4222", default = "4222", cost = "recreate", secret)]
    client_port: Option<Setting<Port>>,
}

fn main() {}
