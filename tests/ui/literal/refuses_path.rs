use lurus_spec::path;

fn main() {
    let _ = path!("etc/nats");
    let _ = path!("/etc/../root");
}
