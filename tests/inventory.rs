//! The handles that the build script writes: what exists can be named and has the values of the file, and what does not
//! exist does not compile.

use lurus::inventory::{images, minimal};

#[test]
fn an_unknown_host_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/inventory/*.rs");
}

#[test]
fn every_handle_of_a_site_is_in_its_inventory() {
    let inventory = minimal::inventory();
    assert_eq!(inventory.hosts().len(), minimal::hosts::ALL.len());
    for (handle, host) in minimal::hosts::ALL.iter().zip(inventory.hosts()) {
        assert_eq!(inventory.host(*handle), Some(host));
    }
    for network in [
        minimal::networks::APP,
        minimal::networks::DATA,
        minimal::networks::MONITORING,
    ] {
        assert!(inventory.network(network).is_some(), "{network}");
    }
    let redis = inventory
        .image(images::REDIS.name())
        .expect("redis is pinned");
    assert_eq!(redis.image.repository(), "redis");
}

/// Checks point at these places, so each must be where the value begins in the file.
#[test]
fn every_value_knows_its_place() {
    let inventory = minimal::inventory();
    for host in inventory.hosts() {
        check(&host.origin, host.name.as_str());
        check(&host.cores_origin, &host.cores.to_string());
        check(&host.memory_origin, &format!("\"{}\"", host.memory));
        check(&host.disk_origin, &format!("\"{}\"", host.disk));
        if let Some(zone) = &host.zone {
            check(&host.zone_origin, &format!("\"{zone}\""));
        }
        for address in &host.addresses {
            check(&address.origin, &format!("\"{}\"", address.ip));
        }
    }
    for network in inventory.networks() {
        check(&network.origin, network.name.as_str());
        check(&network.cidr_origin, &format!("\"{}\"", network.cidr));
        check(&network.gateway_origin, &format!("\"{}\"", network.gateway));
    }
    for pin in inventory.images() {
        check(&pin.origin, &format!("\"{}\"", pin.image));
    }
}

#[track_caller]
fn check(origin: &lurus_spec::report::Origin, expected: &str) {
    let text =
        std::fs::read_to_string(&*origin.file).expect("tests run in the root of the workspace");
    let line = text
        .lines()
        .nth(origin.line as usize - 1)
        .expect("the line exists");
    let rest: String = line.chars().skip(origin.column as usize - 1).collect();
    assert!(
        rest.starts_with(expected),
        "{origin}: `{expected}` is not at the beginning of `{rest}`"
    );
}
