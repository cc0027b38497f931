//! Who may connect to whom.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::objects::{Objects, group, list, name, texts};

/// Whoever has the address of a Service or of a pod may connect to it, and nobody else may.
#[test]
fn policies_let_in_whoever_is_sent_there() {
    for objects in Objects::everywhere() {
        let policies: BTreeMap<&str, &Json> = objects
            .of("NetworkPolicy")
            .into_iter()
            .map(|policy| (name(policy), policy))
            .collect();
        let nothing = policies["nothing-is-allowed"];
        assert_eq!(nothing["spec"]["podSelector"], serde_json::json!({}));
        assert_eq!(
            texts(&nothing["spec"]["policyTypes"]),
            ["Ingress", "Egress"]
        );
        let names = &policies["all-ask-for-names"]["spec"]["egress"][0]["ports"];
        assert_eq!(list(names).len(), 2);
        let mut asked = 0;
        let sets = objects.templates().into_iter();
        for (set, template) in sets.filter(|(set, _)| set["kind"] != "DaemonSet") {
            let group = group(template);
            let own = policies[group];
            let own_map =
                |map: &&Json| map["kind"] == "ConfigMap" && name(map) == format!("{group}-config");
            let data = objects.all.iter().find(own_map);
            let files = data.and_then(|map| map["data"].as_object()).into_iter();
            let mut texts = template.to_string();
            for file in files.flat_map(|files| files.values()) {
                // What an exporter is told to ask is not asked by who tells it.
                let lines = file.as_str().expect("a text").lines();
                for line in lines.filter(|line| !line.contains("__param_target")) {
                    texts += line;
                    texts.push('\n');
                }
            }
            for service in objects.of("Service") {
                let address = format!(
                    "{}.{}.svc.cluster.local:",
                    name(service),
                    objects.namespace()
                );
                let listens = service["metadata"]["labels"]["app.kubernetes.io/name"].as_str();
                let listens = listens.expect("a label");
                for port in list(&service["spec"]["ports"]) {
                    // At the end of the number, not before another digit.
                    let sent = texts
                        .split(&format!("{address}{}", port["port"]))
                        .skip(1)
                        .any(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()));
                    let itself = listens == group && port["name"] != "peer";
                    if !sent || itself {
                        continue;
                    }
                    asked += 1;
                    let port = port["name"].as_str().expect("a name");
                    let out = rules(&own["spec"]["egress"], "to", listens);
                    let into = rules(&policies[listens]["spec"]["ingress"], "from", group);
                    assert!(
                        out.contains(port),
                        "{} may not reach {listens} {port}",
                        name(set)
                    );
                    assert!(
                        into.contains(port),
                        "{listens} {port} is shut to {}",
                        name(set)
                    );
                }
            }
        }
        assert!(asked > 12, "only {asked} addresses were found");
    }
}

/// The ports that rules open between a group and another.
fn rules<'a>(rules: &'a Json, side: &str, group: &str) -> BTreeSet<&'a str> {
    list(rules)
        .iter()
        .filter(|rule| {
            list(&rule[side])
                .iter()
                .any(|peer| peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == group)
        })
        .flat_map(|rule| list(&rule["ports"]))
        .filter_map(|port| port["port"].as_str())
        .collect()
}
