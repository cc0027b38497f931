//! Where metrics are read: by Prometheus of the description, and by one that is there already.

use std::collections::{BTreeMap, BTreeSet};

use lurus_spec::prelude::*;
use serde_json::Value as Json;

use crate::objects::{Objects, group, list, name, port_names};
use crate::{NODES, whole};

/// What is on a host's own network is reached at the address of the host, and only the host can say who may.
#[test]
fn what_belongs_to_hosts_is_scraped_there() {
    for objects in Objects::everywhere() {
        let [exporter] = objects.of("DaemonSet")[..] else {
            panic!("one group belongs to hosts");
        };
        assert_eq!(name(exporter), "node-exporter");
        let mut policies = objects.of("NetworkPolicy").into_iter();
        assert!(policies.all(|policy| name(policy) != "node-exporter"));
        let hosts = scraped_hosts(objects);
        let filters = objects.of_hosts("etc/nftables.conf");
        assert!(hosts.keys().eq(filters.keys()), "every host is watched");
        let egress = &objects.named("NetworkPolicy", "prometheus")["spec"]["egress"];
        let to_hosts = list(egress)
            .iter()
            .find(|rule| rule["to"][0]["ipBlock"].is_object())
            .expect("a rule");
        assert_eq!(to_hosts["ports"][0]["port"], 9100);
        let blocks: BTreeSet<&str> = list(&to_hosts["to"])
            .iter()
            .filter_map(|to| to["ipBlock"]["cidr"].as_str())
            .collect();
        for (host, address) in &hosts {
            assert!(blocks.contains(format!("{address}/32").as_str()), "{host}");
            let from = "iifname { \"cni0\", \"flannel.1\" } ip saddr { 10.42.0.0/16 }";
            let rule = format!("{from} ip daddr {address} tcp dport {{ 9100 }} accept");
            let filter = filters[host.as_str()];
            assert!(filter.contains(&rule), "{rule}\n{filter}");
        }
        assert_eq!(blocks.len(), hosts.len(), "nothing else is open");
    }
    // Prometheus may be on any host, and a host that has its address asks for it.
    let objects = Objects::of_system();
    for (host, address) in scraped_hosts(objects) {
        let from = "ip saddr { 10.0.1.11, 10.0.1.12, 10.0.1.13 }";
        let rule = format!("{from} ip daddr {address} tcp dport {{ 9100 }} accept");
        assert!(objects.of_hosts("etc/nftables.conf")[host.as_str()].contains(&rule));
    }
}

/// The address at which Prometheus asks each host.
fn scraped_hosts(objects: &Objects) -> BTreeMap<String, String> {
    let map = &objects.named("ConfigMap", "prometheus-config")["data"];
    let mut files = map.as_object().expect("files").iter();
    let file = files.find(|(key, _)| key.contains("prometheus.yml"));
    let text = file.expect("a file").1.as_str().expect("a text");
    let config: Json = serde_yaml::from_str(text).expect("YAML");
    let job = list(&config["scrape_configs"])
        .iter()
        .find(|job| job["job_name"] == "node-exporter")
        .expect("a job");
    let hosts = list(&job["static_configs"]).iter().map(|config| {
        let host = config["labels"]["host"].as_str().expect("a host");
        let own = format!("node-exporter-{host}");
        assert_eq!(config["labels"]["instance"], own);
        let target = config["targets"][0].as_str().expect("a target");
        let address = target.strip_suffix(":9100").expect("the port");
        (host.to_owned(), address.to_owned())
    });
    hosts.collect()
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
            .all
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
    let filter = objects.of_hosts("etc/nftables.conf")["node-1"];
    assert!(filter.contains("tcp dport { 9100 } accept"), "{filter}");
}
