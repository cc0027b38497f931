//! The folder of the target: what it leaves out, its own book, and what the hosts are given.

use std::collections::BTreeSet;

use lurus_spec::compile;
use lurus_spec::file_tree::TreePath;
use lurus_spec::model::Omitted;
use lurus_spec::prelude::*;
use lurus_spec::target::Target as _;
use lurus_spec::target::k3s::K3s;
use serde_json::Value as Json;

use crate::objects::{Objects, texts};
use crate::{NODES, whole};

#[test]
fn only_members_without_data_leave_their_hosts() {
    let plan = &Objects::of_system().compiled.plans["k3s"];
    let placement = Omitted::Ability(Ability::Placement);
    let unmet = plan.unmet.iter().find(|unmet| unmet.what == placement);
    let said = unmet.unwrap().said.iter();
    let of: BTreeSet<&str> = said.flat_map(|said| &said.of).map(String::as_str).collect();
    assert!(of.contains("gateway"), "{of:?}");
    // What is beside them and asks them over the network may be anywhere.
    let exporters = plan.workloads.iter();
    let exporters = exporters.filter(|group| group.name.as_str().ends_with("-exporter"));
    let components: BTreeSet<&str> = exporters.map(|group| group.component.as_str()).collect();
    for component in ["nats", "pg", "redis"] {
        assert!(components.contains(component), "{component}");
        assert!(!of.contains(component), "{component} has data");
    }
}

#[test]
fn the_folder_says_how_its_platform_is_brought_up() {
    for objects in Objects::everywhere() {
        for (name, book) in [
            ("README.md", "../README.md"),
            ("README.zh.md", "../README.zh.md"),
        ] {
            let page = objects.file(&format!("k3s/{name}"));
            assert!(page.contains(book));
            let mut after = page;
            for step in K3s.start(&objects.compiled.plans["k3s"]) {
                // In this order, and as the book has it.
                let (_, rest) = after.split_once(&step.command).expect(&step.command);
                after = rest;
                assert!(objects.file(name).contains(&step.command));
            }
        }
        for target in ["hosts", "local"] {
            let page = format!("{}/{target}/README.md", objects.cluster);
            let page = TreePath::new(&page).expect("a path");
            assert!(objects.compiled.tree.get(&page).is_none());
        }
    }
}

/// K3S refuses a server that differs from the others in more than its own address.
#[test]
fn servers_are_alike() {
    let own = [
        "cluster-init",
        "server",
        "node-name",
        "node-ip",
        "advertise-address",
        "node-label",
        "kubelet-arg",
    ];
    let shared = |server: &Json| {
        let mut server = server.as_object().expect("a map").clone();
        for key in own {
            server.remove(key);
        }
        server
    };
    for objects in Objects::everywhere() {
        let servers = objects.servers();
        assert_eq!(servers.len(), 3, "a majority is left when one is lost");
        let begins = |server: &&Json| server["cluster-init"] == true;
        let (first, others): (Vec<&Json>, Vec<&Json>) = servers.values().partition(begins);
        let [first] = first[..] else {
            panic!("one server begins the cluster");
        };
        let address = first["advertise-address"].as_str().expect("an address");
        for server in others {
            assert_eq!(server["server"], format!("https://{address}:6443"));
            assert_eq!(shared(server), shared(first));
        }
        // Whoever asks any of them finds its address in its certificate.
        let names = texts(&first["tls-san"]);
        for server in servers.values() {
            let address = server["advertise-address"].as_str().expect("an address");
            assert!(names.iter().any(|name| name == address), "{address}");
        }
    }
    // So does who asks at an address that moves.
    let names = texts(&Objects::of_system().servers()["node-1"]["tls-san"]);
    assert_eq!(names, ["10.0.0.11", "10.0.0.12", "10.0.0.13", "10.0.1.100"]);
}

/// What is left has to work without what is left out.
#[test]
fn what_others_need_cannot_be_left_out() {
    let mut cluster = whole();
    let redis = cluster.add(Redis::new("cache").on([NODES[0]]));
    cluster.add(
        Service::new("app", ImageRef::new("gateway"))
            .on(NODES)
            .port("http", 18100)
            .env("REDIS_ADDR", redis.address())
            .readiness(Check::http("/readyz"))
            .probe_with(ProbeTool::Wget),
    );
    compile(&cluster).expect("it is whole");
    cluster.omit(&redis, "k3s");
    let report = compile(&cluster).expect_err("its cache is missing");
    let codes: BTreeSet<&str> = report
        .iter()
        .filter_map(|finding| finding.code.map(|code| code.as_str()))
        .collect();
    assert!(codes.contains("L0401"), "{report:#?}");
}
