//! The handles that the build script writes: what exists can be named and has the values of the file, and what does not
//! exist does not compile.

use lurus::inventory::{alert_rules, images, minimal, recommended};
use lurus_spec::literal::Size;
use lurus_spec::model::{Cluster, Inventory, Mirrors, NetworkRef, Setting};
use lurus_spec::plan::checked;
use lurus_spec::report::Origin;

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
    places(&minimal::inventory());
    places(&recommended::inventory());
}

fn places(inventory: &Inventory) {
    for host in inventory.hosts() {
        check(&host.origin, host.name.as_str());
        match &host.instance {
            Some(instance) => {
                check(&host.cores_origin, &format!("\"{instance}\""));
                check(&host.memory_origin, &format!("\"{instance}\""));
            }
            None => {
                check(&host.cores_origin, &host.cores.to_string());
                check(&host.memory_origin, &format!("\"{}\"", host.memory));
            }
        }
        check(&host.disk_origin, &format!("\"{}\"", host.disk));
        if let Some(kind) = &host.disk_kind {
            check(&kind.origin, &format!("\"{}\"", kind.value));
        }
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
        check(&pin.origin, &format!("\"{}\"", pin.written));
    }
}

/// One setting of the site moves every image, those on which others are built as well.
#[test]
fn every_image_of_a_cluster_is_fetched_from_the_mirror() {
    for mut cluster in lurus::clusters() {
        let mirror = "mirror.example.com/all";
        cluster.inventory = cluster.inventory.behind(Mirrors {
            every: Some(Setting::new(checked(mirror), Origin::caller())),
            ..Mirrors::default()
        });
        let compiled = lurus_spec::compile(&cluster).expect("mirrors make no cluster wrong");
        let mut seen = std::collections::BTreeSet::new();
        for (path, file) in compiled.tree.iter() {
            for line in file.text.lines() {
                let image = ["FROM ", "image: "]
                    .iter()
                    .find_map(|word| line.trim_start().strip_prefix(word));
                if let Some(image) = image {
                    let image = image.trim_matches('"');
                    assert!(image.starts_with(mirror), "{path}: {line}");
                    seen.insert(image.to_owned());
                }
            }
        }
        let mut plans = compiled.plans.values().flat_map(|plan| &plan.workloads);
        assert!(plans.all(|workload| seen.contains(&workload.image.to_string())));
    }
}

/// The guide's table of the recommended layout: how many machines, their cores, memory and disk in GiB.
#[test]
fn the_recommended_site_has_the_machines_of_the_guide() {
    let groups = [
        ("app", 3, 4, 8, 50),
        ("pg", 3, 4, 16, 200),
        ("redis", 6, 2, 8, 50),
        ("nats", 3, 2, 4, 20),
        ("mon", 2, 4, 16, 500),
    ];
    let inventory = recommended::inventory();
    let mut known = 0;
    for (group, count, cores, memory, disk) in groups {
        for index in 1..=count {
            let name = format!("{group}-{index}").parse().expect("a name");
            let host = inventory.host_named(&name).expect("a host of this name");
            assert_eq!(host.cores, cores, "{name}");
            assert_eq!(host.memory, Size::gib(memory), "{name}");
            assert_eq!(host.disk, Size::gib(disk), "{name}");
            known += 1;
        }
    }
    assert_eq!(inventory.hosts().len(), known);
}

/// An empty cluster passes every check of networks and addresses.
#[test]
fn sites_are_sound() {
    for inventory in [minimal::inventory(), recommended::inventory()] {
        let cluster = Cluster::new("sound", inventory).network(NetworkRef::new("data"));
        let report = match lurus_spec::check::check(&cluster) {
            Ok(checked) => checked.warnings,
            Err(report) => report,
        };
        assert!(report.is_empty(), "{report:#?}");
    }
}

#[test]
fn every_file_of_rules_is_embedded() {
    let embedded: Vec<(String, String)> = alert_rules()
        .into_iter()
        .map(|file| (file.path.into_owned(), file.text.into_owned()))
        .collect();
    let mut files: Vec<(String, String)> = std::fs::read_dir("spec/rules")
        .into_iter()
        .flatten()
        .map(|entry| entry.expect("a readable folder").file_name())
        .filter_map(|name| Some(format!("spec/rules/{}", name.to_str()?)))
        .filter(|path| path.ends_with(".yml"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a readable file");
            (path, text)
        })
        .collect();
    files.sort();
    assert_eq!(embedded, files);
}

#[track_caller]
fn check(origin: &Origin, expected: &str) {
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
