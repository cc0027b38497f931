use lurus::inventory::images;

fn main() {
    let _ = images::REDISS;
}
