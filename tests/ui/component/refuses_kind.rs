use lurus_spec::component::Component;
use lurus_spec::model::Meta;

/// Redis servers that share the keys.
#[derive(Component)]
#[component(kind = "Redis Cluster")]
struct RedisCluster {
    meta: Meta,
}

fn main() {}
