//! Tests of Consul.

use serde_json::Value;

use crate::component::consul::Consul;
use crate::component::nats::Nats;
use crate::component::redis::RedisCluster;
use crate::fixture::{NODES, SIX, cluster, cluster_of_six, codes, file};
use crate::model::{Cluster, Loss};

fn json(cluster: &Cluster, path: &str) -> Value {
    serde_json::from_str(&file(cluster, path)).unwrap()
}

fn three() -> Cluster {
    let mut cluster = cluster().survives(Loss::of(1).hosts());
    cluster.add(Consul::new("consul").on(NODES));
    cluster.add(Nats::new("nats").on(NODES));
    cluster.add(RedisCluster::new("redis").on(NODES));
    cluster
}

#[test]
fn all_servers_bootstrap_together() {
    let cluster = three();
    let path = |node| format!("hosts/node-{node}/config/consul-{node}/agent/agent.json");
    let servers: Vec<Value> = (1..=3).map(|node| json(&cluster, &path(node))).collect();
    for key in ["bootstrap_expect", "retry_join", "ports", "datacenter"] {
        assert!(servers.iter().all(|server| server[key] == servers[0][key]));
    }
    assert_eq!(servers[0]["retry_join"].as_array().unwrap().len(), 3);
    insta::assert_snapshot!("consul-2 on a host", file(&cluster, &path(2)));
    insta::assert_snapshot!(
        "consul-2 on one engine",
        file(&cluster, "local/config/consul-2/agent/agent.json")
    );
}

#[test]
fn an_agent_registers_what_is_on_its_host() {
    let services = file(
        &three(),
        "hosts/node-2/config/consul-2/on-node-2/services.json",
    );
    insta::assert_snapshot!("services of node-2", services);
}

/// Another agent would read its own file again and say that all is well.
#[test]
fn the_book_tells_the_agent_whose_file_it_is() {
    let book = file(&three(), "README.md");
    for number in 1..=3 {
        let of = format!("`/etc/consul/on-node-{number}/services.json`");
        let line = book.lines().find(|line| line.contains(&of)).unwrap();
        let (host, agent) = (
            format!("ssh node-{number} "),
            format!(" consul-{number} consul reload`"),
        );
        assert!(line.contains(&host) && line.contains(&agent), "{line}");
    }
}

#[test]
fn a_server_has_the_services_of_no_other_host() {
    let compiled = crate::compile(&three()).unwrap();
    let foreign = compiled.tree.iter().map(|(path, _)| path.to_string());
    let foreign: Vec<String> = foreign
        .filter(|path| path.contains("/config/consul-2/on-") && !path.contains("on-node-2/"))
        .collect();
    assert_eq!(foreign, [""; 0]);
}

#[test]
fn every_instance_is_registered_once() {
    let mut cluster = cluster_of_six();
    cluster.add(Consul::new("consul").on(NODES).agents(SIX[3..].to_vec()));
    cluster.add(RedisCluster::new("redis").on(SIX));
    let mut ids: Vec<String> = (1..=3)
        .flat_map(|n| {
            let agent = format!("consul-agents-node-{}", n + 3);
            [(format!("consul-{n}"), n), (agent, n + 3)]
        })
        .flat_map(|(agent, node)| {
            let path = format!("local/config/{agent}/on-node-{node}/services.json");
            json(&cluster, &path)["services"]
                .as_array()
                .unwrap()
                .clone()
        })
        .map(|service| service["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    let members: Vec<String> = (1..=6).map(|n| format!("redis-{n}")).collect();
    assert_eq!(ids, members);
    let clients = json(&cluster, "local/clients.json");
    let listed = &clients["consul"][0]["services"];
    assert_eq!(*listed, serde_json::json!({ "redis": members }));
}

#[test]
fn an_instance_where_no_agent_is_is_refused() {
    let with = |agents: &[crate::model::HostRef]| {
        let mut cluster = cluster_of_six();
        cluster.add(Consul::new("consul").on(NODES).agents(agents.to_vec()));
        cluster.add(RedisCluster::new("redis").on(SIX));
        codes(&cluster)
    };
    assert_eq!(with(&SIX[3..]), [""; 0]);
    assert_eq!(with(&SIX[4..]), ["error L0210"]);
    assert_eq!(
        with(&SIX[2..]),
        ["error L0301"; 3],
        "a server is an agent, with the same three ports"
    );
}

#[test]
fn a_cluster_without_consul_has_none_of_it() {
    let mut cluster = cluster();
    cluster.add(Nats::new("nats").on(NODES));
    let compiled = crate::compile(&cluster).unwrap();
    assert!(
        compiled
            .tree
            .iter()
            // The record of the description has every image of the site.
            .filter(|(path, _)| !path.as_str().ends_with("/settings.txt"))
            .all(|(_, file)| !file.text.contains("consul"))
    );
}
