//! The folder of the target: what it leaves out, its own book, and what the hosts are given.

use std::collections::BTreeSet;

use lurus_spec::compile;
use lurus_spec::file_tree::TreePath;
use lurus_spec::model::Omitted;
use lurus_spec::prelude::*;
use lurus_spec::target::Target as _;
use lurus_spec::target::k3s::K3s;
use serde_json::Value as Json;

use crate::objects::texts;
use crate::{NODES, compiled, whole};

#[test]
fn only_members_without_data_leave_their_hosts() {
    let compiled = compiled();
    let plan = &compiled.plans["k3s"];
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
    let compiled = compiled();
    let plan = &compiled.plans["k3s"];
    let text = |path: &str| {
        let path = TreePath::new(path).unwrap();
        compiled.tree.get(&path).unwrap().text.clone()
    };
    for (name, book) in [
        ("README.md", "../README.md"),
        ("README.zh.md", "../README.zh.md"),
    ] {
        let page = text(&format!("{}/k3s/{name}", compiled.name));
        assert!(page.contains(book));
        let whole = text(&format!("{}/{name}", compiled.name));
        let mut after = page.as_str();
        for step in K3s.start(plan) {
            // In this order, and as the book has it.
            let (_, rest) = after.split_once(&step.command).expect(&step.command);
            after = rest;
            assert!(whole.contains(&step.command), "{}", step.command);
        }
    }
    let pages = ["hosts", "local"].map(|target| format!("{}/{target}/README.md", compiled.name));
    for page in pages {
        assert!(compiled.tree.get(&TreePath::new(&page).unwrap()).is_none());
    }
}

/// K3S refuses a server that differs from the others in more than its own address.
#[test]
fn servers_are_alike() {
    let compiled = compiled();
    let config = |host: &str| -> Json {
        let path = format!("whole/k3s/bootstrap/{host}/etc/rancher/k3s/config.yaml");
        let path = TreePath::new(&path).expect("a path");
        let text = &compiled.tree.get(&path).expect("a file").text;
        serde_yaml::from_str(text).expect("YAML")
    };
    let servers = NODES.map(|host| config(host.name()));
    assert_eq!(servers[0]["cluster-init"], true);
    // Who is given an address that moves may be asked by it.
    let names = texts(&servers[0]["tls-san"]);
    assert_eq!(names, ["10.0.0.11", "10.0.0.12", "10.0.0.13", "10.0.1.100"]);
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
    for server in &servers[1..] {
        assert_eq!(server["server"], "https://10.0.0.11:6443");
        assert_eq!(shared(server), shared(&servers[0]));
    }
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
