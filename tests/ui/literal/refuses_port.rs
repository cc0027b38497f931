use lurus_spec::port;

fn main() {
    let _ = port!(0);
    let _ = port!(70000);
    let _ = port!("5432");
    let _ = port!(5432u16);
    let _ = port!(-1);
}
