//! Where metrics are read: by Prometheus of the description, and by one that is there already.

use std::collections::{BTreeMap, BTreeSet};

use lurus_spec::compile;
use lurus_spec::file_tree::TreePath;
use lurus_spec::prelude::*;
use serde_json::Value as Json;

use crate::objects::{Objects, group, list, name, port_names};
use crate::{NODES, compiled, whole};

/// What is on a host's own network is reached at the address of the host, and only the host can say who may.
#[test]
fn what_belongs_to_hosts_is_scraped_there() {
    let compiled = compiled();
    let objects = Objects::read();
    let [exporter] = objects.of("DaemonSet")[..] else {
        panic!("one group belongs to hosts");
    };
    assert_eq!(name(exporter), "node-exporter");
    let policies = objects.of("NetworkPolicy");
    assert!(
        policies
            .iter()
            .all(|policy| name(policy) != "node-exporter")
    );
    let named = |name_of: &str| {
        policies
            .iter()
            .copied()
            .find(|policy| name(policy) == name_of)
    };
    let egress = &named("prometheus").expect("a policy")["spec"]["egress"];
    let to_hosts = list(egress)
        .iter()
        .find(|rule| rule["to"][0]["ipBlock"].is_object())
        .expect("a rule");
    let blocks: Vec<&str> = list(&to_hosts["to"])
        .iter()
        .filter_map(|to| to["ipBlock"]["cidr"].as_str())
        .collect();
    assert_eq!(blocks, ["10.0.1.11/32", "10.0.1.12/32", "10.0.1.13/32"]);
    assert_eq!(to_hosts["ports"][0]["port"], 9100);
    let maps = objects.of("ConfigMap");
    let map = maps.iter().find(|map| name(map) == "prometheus-config");
    let map = map.expect("a ConfigMap")["data"].as_object().expect("data");
    let file = map.iter().find(|(key, _)| key.contains("prometheus.yml"));
    let text = file.expect("a file").1.as_str().expect("a text");
    let config: Json = serde_yaml::from_str(text).expect("YAML");
    let job = list(&config["scrape_configs"])
        .iter()
        .find(|job| job["job_name"] == "node-exporter")
        .expect("a job");
    for (config, (host, block)) in list(&job["static_configs"])
        .iter()
        .zip(NODES.iter().zip(blocks))
    {
        let address = block.trim_end_matches("/32");
        assert_eq!(config["targets"][0], format!("{address}:9100"));
        assert_eq!(
            config["labels"]["instance"],
            format!("node-exporter-{}", host.name())
        );
        assert_eq!(config["labels"]["host"], host.name());
        let path = format!("whole/k3s/bootstrap/{}/etc/nftables.conf", host.name());
        let path = TreePath::new(&path).expect("a path");
        let filter = &compiled.tree.get(&path).expect("a file").text;
        for from in [
            "ip saddr { 10.0.1.11, 10.0.1.12, 10.0.1.13 }",
            "iifname { \"cni0\", \"flannel.1\" } ip saddr { 10.42.0.0/16 }",
        ] {
            let rule = format!("{from} ip daddr {address} tcp dport {{ 9100 }} accept");
            assert!(filter.contains(&rule), "{rule}\n{filter}");
        }
    }
}

/// Exporters run, the collector's own labels are those of the rules, and it may connect.
#[test]
fn metrics_are_found_by_whoever_is_beside() {
    let mut cluster = whole().monitors("k3s", "monitoring");
    cluster.add(RedisCluster::new("redis").on(NODES).shards(3).replicas(1));
    let stateless = Service::new("gateway", ImageRef::new("gateway"))
        .on(NODES)
        .port("http", 18100)
        .readiness(Check::http("/readyz"))
        .probe_with(ProbeTool::Wget)
        .metrics("/metrics");
    cluster.add(stateless);
    cluster.add(NodeExporter::new("node-exporter").on(NODES));
    let objects = Objects::of_cluster(&cluster);
    let mut scraped = BTreeMap::new();
    for monitor in objects.of("PodMonitor") {
        let space = &monitor["metadata"]["namespace"];
        let selector = &monitor["spec"]["selector"]["matchLabels"];
        let [template] = objects.selected(space, selector)[..] else {
            panic!("{} finds one group", name(monitor));
        };
        let policies = objects
            .0
            .iter()
            .filter(|object| object["kind"] == "NetworkPolicy" && name(object) == group(template));
        let admitted: BTreeSet<&str> = policies
            .flat_map(|policy| list(&policy["spec"]["ingress"]))
            .filter(|rule| {
                let labels = &rule["from"][0]["namespaceSelector"]["matchLabels"];
                labels["kubernetes.io/metadata.name"] == "monitoring"
            })
            .flat_map(|rule| list(&rule["ports"]))
            .filter_map(|port| port["port"].as_str())
            .collect();
        for endpoint in list(&monitor["spec"]["podMetricsEndpoints"]) {
            let port = endpoint["port"].as_str().expect("a name");
            assert!(port_names(template).contains(port));
            assert!(space == "lurus-whole-host" || admitted.contains(port));
            let label = |name: &str| {
                let labels = list(&endpoint["relabelings"]).iter();
                let mut labels = labels.filter(|label| label["targetLabel"] == name);
                labels.next().map(|label| label["replacement"].clone())
            };
            assert_eq!(label("job"), Some(name(monitor).into()));
            let target = endpoint["params"]["target"][0].as_str();
            scraped.entry(name(monitor)).or_insert_with(Vec::new).push((
                label("instance").expect("a name"),
                target.map(str::to_owned),
            ));
        }
    }
    let asked = &scraped["redis"];
    assert_eq!(asked.len(), 6, "each member once");
    assert_eq!(
        asked[3],
        (
            "redis-4".into(),
            Some("redis://redis-4.redis.lurus-whole.svc.cluster.local:7001".to_owned())
        )
    );
    assert_eq!(
        scraped["node-exporter"],
        [("node-exporter-$1".into(), None)]
    );
    let path = TreePath::new("whole/k3s/bootstrap/node-1/etc/nftables.conf").expect("a path");
    let compiled = compile(&cluster).expect("it is whole");
    let filter = &compiled.tree.get(&path).expect("a file").text;
    assert!(filter.contains("tcp dport { 9100 } accept"), "{filter}");
}
