use lurus_spec::env_name;

fn main() {
    let _ = env_name!("pg-dsn");
}
