use lurus_spec::cidr;
use lurus_spec::literal::Cidr;

const DATA: Cidr = cidr!("10.0.1.0/33");

fn main() {
    let _ = cidr!("10.0.1.7/24");
    let _ = cidr!("10.0.1.0");
    let _ = DATA;
}
