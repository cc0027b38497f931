use lurus_spec::ip;

fn main() {
    let _ = ip!("10.0.1.256");
    let _ = ip!("fd00::1");
}
