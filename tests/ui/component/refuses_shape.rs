use lurus_spec::component::Component;
use lurus_spec::model::Meta;

/// One of two products.
#[derive(Component)]
#[component(kind = "either")]
enum Either {
    Redis,
    Valkey,
}

/// A struct without names.
#[derive(Component)]
#[component(kind = "tuple")]
struct Tuple(Meta);

/// A component of anything.
#[derive(Component)]
#[component(kind = "generic")]
struct Generic<const MEMBERS: usize> {
    meta: Meta,
}

fn main() {}
