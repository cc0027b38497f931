//! Services and what they lead to: names, ports, accounts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::objects::{Objects, container, group, list, name, port_names};

#[test]
fn names_are_given_once() {
    for objects in Objects::everywhere() {
        let mut seen = BTreeSet::new();
        for object in &objects.all {
            let kind = object["kind"].as_str().expect("a kind");
            assert!(
                seen.insert((kind, name(object))),
                "two {kind}s are {}",
                name(object)
            );
            if matches!(kind, "Namespace" | "StorageClass" | "PersistentVolume") {
                continue;
            }
            // Where the API itself is, stands in another namespace.
            let elects =
                ["Role", "RoleBinding"].contains(&kind) && name(object).starts_with("lurus-");
            let space = match name(object) {
                _ if elects => "default".to_owned(),
                "node-exporter" => format!("{}-host", objects.namespace()),
                _ => objects.namespace(),
            };
            assert_eq!(object["metadata"]["namespace"], space, "{}", name(object));
        }
    }
}

#[test]
fn each_service_leads_to_ports_of_pods() {
    for objects in Objects::everywhere() {
        for service in objects.of("Service") {
            if service["spec"].get("selector").is_none() {
                // Whoever has the lock of an election writes where it leads.
                continue;
            }
            let found = objects.selected(
                &service["metadata"]["namespace"],
                &service["spec"]["selector"],
            );
            let groups: BTreeSet<&str> = found.iter().map(|template| group(template)).collect();
            assert_eq!(groups.len(), 1, "{} leads to {groups:?}", name(service));
            let ports = list(&service["spec"]["ports"]);
            assert!(!ports.is_empty(), "{} has no port", name(service));
            for port in ports {
                let target = port["targetPort"].as_str().expect("ports have names");
                for template in &found {
                    assert!(
                        port_names(template).contains(target),
                        "{}: {target}",
                        name(service)
                    );
                }
            }
        }
    }
}

#[test]
fn each_set_has_its_service_account_and_probes() {
    for objects in Objects::everywhere() {
        let services: BTreeMap<&str, &Json> = objects
            .of("Service")
            .into_iter()
            .map(|service| (name(service), service))
            .collect();
        let accounts: BTreeSet<&str> = objects.of("ServiceAccount").into_iter().map(name).collect();
        for set in objects.of("StatefulSet") {
            let headless = services[set["spec"]["serviceName"].as_str().expect("a Service")];
            assert_eq!(headless["spec"]["clusterIP"], "None");
            // Where the first member is told something else, it has a Deployment of its own.
            let mut others = objects.of("Deployment").into_iter();
            let first = match others.any(|other| group(&other["spec"]["template"]) == name(set)) {
                true => 2,
                false => 1,
            };
            assert_eq!(set["spec"]["ordinals"]["start"], first);
            let ready = &container(&set["spec"]["template"])["readinessProbe"];
            assert!(
                ready.is_object(),
                "{} is asked whether it serves",
                name(set)
            );
        }
        for (set, template) in objects.templates() {
            let spec = &template["spec"];
            assert!(accounts.contains(spec["serviceAccountName"].as_str().expect("an account")));
            let probes = ["startupProbe", "livenessProbe", "readinessProbe"];
            for probe in probes.map(|probe| &container(template)[probe]) {
                for asked in [&probe["httpGet"]["port"], &probe["tcpSocket"]["port"]] {
                    if let Some(port) = asked.as_str() {
                        assert!(port_names(template).contains(port), "{}: {port}", name(set));
                    }
                }
            }
        }
    }
}
