//! The expansions name everything by its full path: a `#![no_std]` crate without `alloc` can use them.
#![no_implicit_prelude]

fn main() {
    let _ = ::lurus_spec::name!("redis");
    let _ = ::lurus_spec::host_name!("node-1");
    let _ = ::lurus_spec::domain!("api.example.com");
    let _ = ::lurus_spec::env_name!("PG_DSN");
    let _ = ::lurus_spec::path!("/data");
    let _ = ::lurus_spec::ip!("10.0.1.10");
    let _ = ::lurus_spec::cidr!("10.0.1.0/24");
    let _ = ::lurus_spec::port!(5432);
    let _ = ::lurus_spec::image!("redis:7.2.5-alpine");
    let _ = ::lurus_spec::size!("512MiB");
    let _ = ::lurus_spec::duration!("30s");
    let _ = ::lurus_spec::secret!("redis-password");
}
