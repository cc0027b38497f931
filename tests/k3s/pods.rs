//! What pods are told, what they may do, and how they are asked.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::objects::{Objects, container, list, name, texts};

/// Who waits for its peers is out of the way of clients, and left alone.
#[test]
fn only_who_is_stuck_is_started_again() {
    for objects in Objects::everywhere() {
        for (set, template) in objects.templates() {
            let container = container(template);
            let seconds = |probe: &str| {
                let probe = &container[probe];
                let number = |key: &str| probe[key].as_u64().expect("a number");
                number("periodSeconds") * number("failureThreshold")
            };
            let probe = &container["livenessProbe"];
            assert_eq!(
                probe.is_object(),
                container["startupProbe"].is_object(),
                "{} may read back its data in peace",
                name(set)
            );
            if probe.is_object() {
                assert!(seconds("livenessProbe") > 2 * seconds("readinessProbe"));
                assert!(seconds("startupProbe") >= 900);
            }
        }
    }
}

/// Who has to be started again is asked what does not depend on others.
#[test]
fn who_hangs_is_known_by_its_own_answer() {
    let objects = Objects::of_system();
    let asked = |set: &str| {
        let container = container(&objects.named("StatefulSet", set)["spec"]["template"]);
        container["livenessProbe"]["httpGet"]["path"].as_str()
    };
    assert_eq!(asked("nats"), Some("/healthz?js-enabled-only=true"));
    assert_eq!(asked("prometheus"), Some("/-/healthy"));
    assert_eq!(asked("gateway"), Some("/livez"));
    assert_eq!(asked("pg"), Some("/liveness"));
    // It answers nobody while it loads its data.
    assert_eq!(asked("redis"), None);
}

/// What `restricted`, the level of the namespace, asks of each pod.
#[test]
fn no_pod_may_do_more_than_the_namespace_lets_it() {
    for objects in Objects::everywhere() {
        let levels: BTreeMap<&str, &Json> = objects
            .of("Namespace")
            .into_iter()
            .map(|namespace| {
                let labels = &namespace["metadata"]["labels"];
                (
                    name(namespace),
                    &labels["pod-security.kubernetes.io/enforce"],
                )
            })
            .collect();
        assert_eq!(levels[objects.namespace().as_str()], "restricted");
        assert_eq!(
            levels[format!("{}-host", objects.namespace()).as_str()],
            "privileged"
        );
        for (set, template) in objects.templates() {
            let (pod, container) = (&template["spec"], container(template));
            let asks = pod["automountServiceAccountToken"] == true;
            let mut bindings = objects.of("RoleBinding").into_iter();
            let bound = bindings.any(|binding| binding["subjects"][0]["name"] == name(set));
            assert_eq!(asks, bound, "{} asks Kubernetes", name(set));
            assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
            assert_eq!(
                pod["securityContext"]["seccompProfile"]["type"],
                "RuntimeDefault"
            );
            let user = pod["securityContext"]["runAsUser"].as_u64();
            assert!(user > Some(0), "{} runs as nobody knows whom", name(set));
            let rights = &container["securityContext"];
            assert_eq!(rights["allowPrivilegeEscalation"], false);
            assert_eq!(rights["readOnlyRootFilesystem"], true, "{}", name(set));
            assert_eq!(rights["capabilities"]["drop"][0], "ALL");
            let resources = &container["resources"];
            assert!(resources["limits"]["memory"].is_string());
            assert_eq!(
                resources["requests"]["memory"],
                resources["limits"]["memory"]
            );
            // What belongs to hosts sees them, and is alone in its namespace.
            let of_hosts = set["kind"] == "DaemonSet";
            let namespace = set["metadata"]["namespace"].as_str().expect("a namespace");
            assert_eq!(levels[namespace] == "privileged", of_hosts, "{}", name(set));
            assert_eq!(pod["hostNetwork"] == true, of_hosts);
            for key in ["hostPID", "hostIPC"] {
                assert!(pod[key].is_null());
            }
            for mount in list(&container["volumeMounts"]) {
                let of_host = mount["name"]
                    .as_str()
                    .is_some_and(|name| name.starts_with("host-"));
                assert!(!of_host || mount["readOnly"] == true, "{mount}");
            }
            for volume in list(&pod["volumes"]) {
                let kinds = match of_hosts {
                    true => &["configMap", "emptyDir", "hostPath"][..],
                    false => &["configMap", "emptyDir", "secret"],
                };
                assert!(
                    kinds.iter().any(|kind| volume.get(kind).is_some()),
                    "{volume}"
                );
            }
        }
    }
}

#[test]
fn what_pods_mount_and_refer_to_is_there() {
    for objects in Objects::everywhere() {
        let maps: BTreeMap<&str, &Json> = objects
            .of("ConfigMap")
            .into_iter()
            .map(|map| (name(map), &map["data"]))
            .collect();
        for (set, template) in objects.templates() {
            let volumes = list(&template["spec"]["volumes"]);
            let claimed = list(&set["spec"]["volumeClaimTemplates"]).iter().map(name);
            let known: BTreeSet<&str> = volumes
                .iter()
                .map(|volume| volume["name"].as_str().expect("a name"))
                .chain(claimed)
                .collect();
            let container = container(template);
            let variables: BTreeSet<&str> = list(&container["env"])
                .iter()
                .map(|variable| variable["name"].as_str().expect("a name"))
                .collect();
            for mount in list(&container["volumeMounts"]) {
                assert!(known.contains(mount["name"].as_str().expect("a name")));
                if let Some(path) = mount["subPathExpr"].as_str() {
                    assert_eq!(path, "$(LURUS_NAME)");
                    assert!(variables.contains("LURUS_NAME"), "{}", name(set));
                }
            }
            for map in volumes.iter().map(|volume| &volume["configMap"]) {
                for item in list(&map["items"]) {
                    let data = maps[map["name"].as_str().expect("a name")];
                    let key = item["key"].as_str().expect("a key");
                    assert!(data[key].is_string(), "{} has no {key}", name(set));
                }
            }
            // A variable is defined before it is referred to.
            let mut defined = BTreeSet::new();
            for variable in list(&container["env"]) {
                let value = variable["value"].as_str().unwrap_or_default();
                for referred in references(value) {
                    assert!(defined.contains(&referred), "{}: {referred}", name(set));
                }
                defined.insert(variable["name"].as_str().expect("a name").to_owned());
            }
            for word in texts(&container["args"]) {
                for referred in references(&word) {
                    assert!(defined.contains(&referred), "{}: {referred}", name(set));
                }
            }
        }
    }
}

/// The variables of `$(…)` in a text, of which `$$` begins none.
fn references(text: &str) -> Vec<String> {
    let text = text.replace("$$", "");
    let parts = text.split("$(").skip(1);
    parts
        .map(|part| part.split(')').next().unwrap_or_default().to_owned())
        .collect()
}

/// Its pods are called as its members are, and told what theirs are told.
#[test]
fn a_group_whose_first_member_differs_is_one_group() {
    let objects = Objects::of_system();
    let of_led = |kind: &str| {
        let all = objects.of(kind).into_iter();
        let own = all.filter(|object| name(object).starts_with("led"));
        own.collect::<Vec<&Json>>()
    };
    let ([first], [others], [budget]) = (
        &of_led("Deployment")[..],
        &of_led("StatefulSet")[..],
        &of_led("PodDisruptionBudget")[..],
    ) else {
        panic!("a Deployment, a StatefulSet and one budget");
    };
    let variable = |set: &Json, name: &str| {
        let variables = &container(&set["spec"]["template"])["env"];
        let found = list(variables)
            .iter()
            .find(|variable| variable["name"] == name);
        found.expect("a variable")["value"].clone()
    };
    assert_eq!(variable(first, "ROLE"), "master");
    assert_eq!(variable(others, "ROLE"), "slave");
    assert_eq!(variable(first, "NAME"), "led-1");
    assert_eq!(variable(others, "NAME"), "$(LURUS_NAME)");
    let pod = &first["spec"]["template"]["spec"];
    assert_eq!(
        (&pod["hostname"], &pod["subdomain"]),
        (&"led-1".into(), &"led".into())
    );
    assert_eq!(first["spec"]["strategy"]["type"], "Recreate");
    assert_eq!(first["spec"]["replicas"], 1);
    assert_eq!(others["spec"]["replicas"], 2);
    assert_eq!(others["spec"]["ordinals"]["start"], 2);
    let namespace = &budget["metadata"]["namespace"];
    let found = |selector: &Json| objects.selected(namespace, &selector["matchLabels"]).len();
    assert_eq!(
        found(&budget["spec"]["selector"]),
        2,
        "one budget is for both"
    );
    for set in [first, others] {
        assert_eq!(
            found(&set["spec"]["selector"]),
            1,
            "nobody takes the other's pods"
        );
    }
}

/// Kubernetes reads a secret only by its name.
#[test]
fn every_secret_is_a_reference() {
    for objects in Objects::everywhere() {
        assert!(objects.all.iter().all(|object| object["kind"] != "Secret"));
        let mut referred = 0;
        for (_, template) in objects.templates() {
            for variable in list(&container(template)["env"]) {
                let secret = &variable["valueFrom"]["secretKeyRef"];
                referred += usize::from(secret["name"] == "variables");
                let name = variable["name"].as_str().expect("a name");
                if name.ends_with("PASSWORD") && variable["value"].is_string() {
                    let value = variable["value"].as_str().expect("a text");
                    assert!(value.contains("$(LURUS_SECRET_"), "{name} has a value");
                }
            }
        }
        assert!(referred > 10);
    }
}
