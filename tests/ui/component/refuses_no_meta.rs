use lurus_spec::component::Component;
use lurus_spec::literal::Port;
use lurus_spec::model::Setting;

/// NATS servers that form one cluster.
#[derive(Component)]
#[component(kind = "nats")]
struct Nats {
    /// Port for clients.
    #[option(default = "4222", cost = "recreate")]
    client_port: Option<Setting<Port>>,
}

fn main() {}
