use lurus_spec::size;

fn main() {
    let _ = size!("1.5GiB");
    let _ = size!("512M");
    let _ = size!("99999999TiB");
    let _ = size!(512);
}
