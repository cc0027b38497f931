use lurus_spec::component::Component;
use lurus_spec::model::Meta;

/// NATS servers that form one cluster.
#[derive(Component)]
struct Nats {
    meta: Meta,
}

fn main() {}
