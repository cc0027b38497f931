//! The edge of a description that is left to K3S: where requests of users go, and what its controller is told.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::objects::{Objects, container, group, list, name, texts};

/// The edge of K3S takes the place of the one that is described: every name and path is led to a Service that has the port,
/// with the certificate that the book tells how to bring.
#[test]
fn every_route_of_the_edge_ends_at_a_service() {
    for objects in Objects::everywhere() {
        let mut sets = objects.templates().into_iter();
        assert!(
            sets.all(|(set, _)| name(set) != "nginx"),
            "the edge is there twice"
        );
        let routes = routes(objects);
        for (of, port) in routes.values() {
            let template = objects
                .templates()
                .into_iter()
                .find_map(|(_, template)| (group(template) == *of).then_some(template));
            let ports = list(&container(template.expect("pods"))["ports"]).iter();
            let mut numbers = ports
                .filter(|known| known["name"] == *port)
                .map(|known| &known["containerPort"]);
            let number = numbers.next().expect("a port");
            let row = format!(
                "| on `k3s`: anyone outside, by way of the platform | {of} | {port} {number} |"
            );
            assert!(objects.file("README.md").contains(&row), "no row {row}");
        }
        // Whom the edge asks lets it in, at that port; nobody else does.
        let admits = objects.of("NetworkPolicy").into_iter();
        let admits: BTreeSet<(&str, &str)> = admits
            .flat_map(|policy| {
                let rules = list(&policy["spec"]["ingress"]).iter();
                rules
                    .filter(|rule| {
                        let peer = &rule["from"][0];
                        peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == "traefik"
                            && peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
                                == "kube-system"
                    })
                    .flat_map(|rule| list(&rule["ports"]))
                    .map(|port| (name(policy), port["port"].as_str().expect("a name")))
            })
            .collect();
        assert_eq!(admits, routes.into_values().collect());
    }
    let expected = [
        (("ai.lurus.cn", "/"), ("led", "http")),
        (("ai.lurus.cn", "/v1/"), ("gateway", "http")),
        (("api.lurus.cn", "/"), ("gateway", "http")),
        (("api.lurus.cn", "/led/"), ("led", "http")),
    ];
    assert_eq!(routes(Objects::of_system()), BTreeMap::from(expected));
}

/// The group and the port to which each name and path leads.
fn routes(objects: &Objects) -> BTreeMap<(&str, &str), (&str, &str)> {
    let book = objects.file("README.md");
    let mut routes = BTreeMap::new();
    for ingress in objects.of("Ingress") {
        let spec = &ingress["spec"];
        assert_eq!(spec["ingressClassName"], "traefik");
        let secret = spec["tls"][0]["secretName"].as_str();
        let secret = secret.expect("a certificate");
        assert!(
            book.contains(&format!("create secret tls {secret} ")),
            "nobody says how {secret} is made"
        );
        for rule in list(&spec["rules"]) {
            let host = rule["host"].as_str().expect("a name");
            assert_eq!(spec["tls"][0]["hosts"], serde_json::json!([host]));
            for path in list(&rule["http"]["paths"]) {
                let backend = &path["backend"]["service"];
                let service = backend["name"].as_str().expect("a service");
                let service = &objects.named("Service", service)["spec"];
                let port = backend["port"]["name"].as_str().expect("a port");
                let mut ports = list(&service["ports"]).iter();
                assert!(ports.any(|known| known["name"] == port), "{backend}");
                let space = &ingress["metadata"]["namespace"];
                let templates = objects.selected(space, &service["selector"]);
                let groups: BTreeSet<&str> = templates.into_iter().map(group).collect();
                assert_eq!(groups.len(), 1, "{backend} leads to one group");
                let group = service["selector"]["app.kubernetes.io/name"].as_str();
                let place = (host, path["path"].as_str().expect("a path"));
                let twice = routes.insert(place, (group.expect("a name"), port));
                assert_eq!(twice, None, "{place:?} is led to two places");
            }
        }
    }
    routes
}

/// Settings of the edge that Kubernetes has no schema for: each is one that Traefik 3.6 and its chart 39 have, as a path and a
/// type.
const SETTINGS_OF_THE_EDGE: &[(&str, &str)] = &[
    ("HelmChartConfig.spec.valuesContent", "text"),
    ("Middleware.spec.headers.stsSeconds", "number"),
    ("Middleware.spec.retry.attempts", "number"),
    ("TLSOption.spec.cipherSuites[]", "text"),
    ("TLSOption.spec.minVersion", "text"),
    ("TLSOption.spec.sniStrict", "boolean"),
    ("values.additionalArguments[]", "text"),
    (
        "values.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[].matchExpressions[].key",
        "text",
    ),
    (
        "values.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[].matchExpressions[].operator",
        "text",
    ),
    (
        "values.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[].matchExpressions[].values[]",
        "text",
    ),
    ("values.deployment.kind", "text"),
    ("values.deployment.terminationGracePeriodSeconds", "number"),
    ("values.ports.web.exposedPort", "number"),
    ("values.ports.websecure.exposedPort", "number"),
    ("values.service.spec.externalTrafficPolicy", "text"),
];

/// Options of its command line.
const OPTIONS_OF_THE_EDGE: &[&str] = &[
    "--entryPoints.web.http.redirections.entryPoint.permanent",
    "--entryPoints.web.http.redirections.entryPoint.scheme",
    "--entryPoints.web.http.redirections.entryPoint.to",
    "--entryPoints.websecure.transport.lifeCycle.graceTimeOut",
    "--entryPoints.websecure.transport.respondingTimeouts.readTimeout",
    "--serversTransport.forwardingTimeouts.dialTimeout",
];

#[test]
fn the_edge_is_told_what_it_knows() {
    let known: BTreeSet<(String, &str)> = SETTINGS_OF_THE_EDGE
        .iter()
        .map(|(path, kind)| ((*path).to_owned(), *kind))
        .collect();
    for objects in Objects::everywhere() {
        let settings = settings(objects);
        let unknown: Vec<_> = settings.difference(&known).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
    assert_eq!(settings(Objects::of_system()), known, "none is for nothing");
}

/// The paths and types of what servers of a cluster apply, in which names of other objects are those of objects that are there.
fn settings(objects: &Objects) -> BTreeSet<(String, &'static str)> {
    let servers = objects.servers();
    let mut servers = servers.keys().map(|server| applied(objects, server));
    let told = servers.next().expect("a server");
    assert!(servers.all(|other| other == told), "servers are alike");
    let mut settings = BTreeSet::new();
    let mut given = BTreeSet::new();
    for object in &told {
        let kind = object["kind"].as_str().expect("a kind");
        assert_eq!(object["metadata"]["namespace"], "kube-system");
        leaves(&format!("{kind}.spec"), &object["spec"], &mut settings);
        match kind {
            "HelmChartConfig" => {
                let values = object["spec"]["valuesContent"].as_str().expect("a text");
                let values: Json = serde_yaml::from_str(values).expect("YAML");
                leaves("values", &values, &mut settings);
                for argument in texts(&values["additionalArguments"]) {
                    let (option, _) = argument.split_once('=').expect("an option with a value");
                    assert!(OPTIONS_OF_THE_EDGE.contains(&option), "{argument}");
                }
            }
            "Middleware" => {
                given.insert(format!("kube-system-{}@kubernetescrd", name(object)));
            }
            "TLSOption" => assert_eq!(name(object), "default"),
            other => panic!("nobody knows a {other}"),
        }
    }
    for ingress in objects.of("Ingress") {
        let notes = &ingress["metadata"]["annotations"];
        let used = &notes["traefik.ingress.kubernetes.io/router.middlewares"];
        let used = used.as_str().expect("a text").split(',');
        assert_eq!(used.map(str::to_owned).collect::<BTreeSet<_>>(), given);
    }
    settings
}

/// The paths of all values below a node, each with its type.
fn leaves(path: &str, node: &Json, found: &mut BTreeSet<(String, &'static str)>) {
    match node {
        Json::Object(entries) => entries
            .iter()
            .for_each(|(key, value)| leaves(&format!("{path}.{key}"), value, found)),
        Json::Array(items) => items
            .iter()
            .for_each(|item| leaves(&format!("{path}[]"), item, found)),
        Json::String(_) => drop(found.insert((path.to_owned(), "text"))),
        Json::Number(_) => drop(found.insert((path.to_owned(), "number"))),
        Json::Bool(_) => drop(found.insert((path.to_owned(), "boolean"))),
        Json::Null => panic!("{path} is nothing"),
    }
}

/// What a server applies by itself when it starts.
fn applied(objects: &Objects, server: &str) -> Vec<Json> {
    let folder = format!(
        "{}/k3s/bootstrap/{server}/var/lib/rancher/k3s/server/manifests/",
        objects.cluster
    );
    let files = objects.compiled.tree.iter();
    let texts = files.filter(|(path, _)| path.as_str().starts_with(&folder));
    let objects = texts.flat_map(|(_, file)| file.text.split("\n---\n"));
    objects
        .map(|text| serde_yaml::from_str(text).expect("YAML"))
        .collect()
}
