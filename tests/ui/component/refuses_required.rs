use lurus_spec::component::Component;
use lurus_spec::literal::Port;
use lurus_spec::model::{Meta, Setting};

/// A service of the team.
#[derive(Component)]
#[component(kind = "service")]
struct Service {
    meta: Meta,
    /// Port for clients.
    #[option(required, cost = "recreate")]
    port: Setting<Port>,
    /// Port for health checks.
    #[option(required, plain, default = "8080", cost = "recreate")]
    health: Setting<Port>,
    /// Port for metrics.
    #[option(plain, cost = "recreate")]
    metrics: Setting<Port>,
    /// Port for traces.
    #[option(required, plain, default = "none", cost = "recreate")]
    traces: Option<Setting<Port>>,
    /// Port for profiles.
    #[option(required, manual, cost = "recreate")]
    profiles: Setting<Port>,
    /// Port for logs.
    #[option(plain, manual, default = "none", cost = "recreate")]
    logs: Option<Setting<Port>>,
}

fn main() {}
