use lurus_spec::secret;

fn main() {
    let _ = secret!("REDIS_PASSWORD");
}
