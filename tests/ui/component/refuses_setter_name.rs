use lurus_spec::component::Component;
use lurus_spec::literal::Name;
use lurus_spec::model::{Meta, Setting};

/// A database.
#[derive(Component)]
#[component(kind = "database")]
struct Database {
    meta: Meta,
    /// What it is called.
    #[option(default = "none", cost = "data-danger")]
    name: Option<Setting<Name>>,
    /// A user of it.
    #[option(each = "user", cost = "reload")]
    users: Vec<Setting<Name>>,
    /// The user that owns it.
    #[option(default = "none", cost = "reload")]
    user: Option<Setting<Name>>,
    /// A schema of it.
    #[option(each = "a schema", cost = "reload")]
    schemas: Vec<Setting<Name>>,
}

fn main() {}
