//! The literal macros: what they build, and what rustc shows when they refuse.

use lurus_spec::literal::{Cidr, Duration, Ip, Literal, Port, Size};
use lurus_spec::{
    cidr, domain, duration, env_name, host_name, image, ip, name, path, port, secret, size,
};

// That these compile is a test: networks, ports and sizes are constants of a description.
const ADDRESS: Ip = ip!("10.0.1.10");
const NETWORK: Cidr = cidr!("10.0.1.0/24");
const POSTGRES: Port = port!(5_432);
const MEMORY: Size = size!("2GiB");
const TIMEOUT: Duration = duration!("30s");

#[test]
fn a_macro_builds_what_the_parser_reads() {
    fn check<T: Literal + PartialEq + std::fmt::Debug>(value: T, text: &str) {
        assert_eq!(text.parse(), Ok(value));
    }
    check(ADDRESS, "10.0.1.10");
    check(NETWORK, "10.0.1.0/24");
    check(POSTGRES, "5432");
    check(MEMORY, "2GiB");
    check(TIMEOUT, "30s");
    check(name!("redis"), "redis");
    check(host_name!("node-1"), "node-1");
    check(domain!("api.example.com"), "api.example.com");
    check(env_name!("PG_DSN"), "PG_DSN");
    check(path!(r"/etc/nats/nats.conf"), "/etc/nats/nats.conf");
    check(image!("redis:7.2.5-alpine"), "redis:7.2.5-alpine");
    check(secret!("redis-password"), "redis-password");
}

#[test]
fn a_refusal_underlines_the_literal() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/literal/without_prelude.rs");
    cases.compile_fail("tests/ui/literal/refuses_*.rs");
}
