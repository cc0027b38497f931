use lurus_spec::name;

fn main() {
    let _ = name!("Redis");
    let _ = name!("pg_2");
    let _ = name!(redis);
    let _ = name!();
    let _ = name!("a", "b");
    let _ = name!("redis"suffix);
}
