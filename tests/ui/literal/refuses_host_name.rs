use lurus_spec::host_name;

fn main() {
    let _ = host_name!("node-1.example.com");
}
