use lurus_spec::duration;

fn main() {
    let _ = duration!("1h30m");
    let _ = duration!("30");
}
