use lurus_spec::domain;

fn main() {
    let _ = domain!("example.com.");
    let _ = domain!("10.0.1.10");
}
