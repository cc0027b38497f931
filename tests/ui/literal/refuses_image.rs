use lurus_spec::image;

fn main() {
    let _ = image!("redis");
    let _ = image!("redis:latest");
    let _ = image!("Redis:7.2");
    let _ = image!("redis:7.2@sha256:12");
}
