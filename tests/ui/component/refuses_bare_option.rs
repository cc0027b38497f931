use lurus_spec::component::Component;
use lurus_spec::literal::Port;
use lurus_spec::model::{Meta, Setting};

#[derive(Component)]
#[component(kind = "nats")]
struct Nats {
    meta: Meta,
    #[option()]
    client_port: Option<Setting<Port>>,
    route_port: Option<Setting<Port>>,
}

fn main() {}
