use super::is_kind;

#[test]
fn a_kind_is_a_stem_of_names() {
    for kind in ["nats", "redis-cluster", "k3s"] {
        assert!(is_kind(kind), "{kind}");
    }
    for kind in [
        "",
        "Nats",
        "redis_cluster",
        "3ds",
        "-nats",
        "nats-",
        "größe",
    ] {
        assert!(!is_kind(kind), "{kind}");
    }
}
