use lurus_spec::component::Component;
use lurus_spec::model::{Meta, Setting};

struct Colour;

/// A page of one colour.
#[derive(Component)]
#[component(kind = "page")]
pub struct Page {
    meta: Meta,
    /// Its colour.
    #[option(default = "red", cost = "reload", plain)]
    colour: Option<Setting<Colour>>,
}

fn main() {}
