//! The manifests of a whole system, held against each other as a cluster of Kubernetes would hold them, by a reader that
//! shares nothing with the writer but YAML.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use lurus_spec::file_tree::TreePath;
use lurus_spec::model::Omitted;
use lurus_spec::prelude::*;
use lurus_spec::target::Target as _;
use lurus_spec::target::k3s::K3s;
use lurus_spec::{Compiled, compile};
use serde_json::Value as Json;

mod k3s {
    mod edge;
    mod election;
    mod routes;
}

const NODES: [HostRef; 3] = [
    HostRef::new("node-1"),
    HostRef::new("node-2"),
    HostRef::new("node-3"),
];

/// A data layer, an application, an edge and the monitoring, on the hosts of `minimal`.
fn compiled() -> Compiled {
    let mut cluster = whole().survives(Loss::of(1).hosts());
    for target in ["hosts", "local"] {
        cluster.omit(Ability::Liveness, target);
    }
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(
        Patroni::new("pg")
            .on(NODES)
            .etcd(&etcd)
            .database("lurus_provider"),
    );
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    let pool = cluster.add(PgBouncer::new("pgbouncer").on(NODES).postgres(&pg));
    let redis = cluster.add(RedisCluster::new("redis").on(NODES).shards(3).replicas(1));
    let nats = cluster.add(
        Nats::new("nats")
            .on(NODES)
            .stream(Stream::new("USAGE").subject("usage.>").max_bytes("64MiB")),
    );
    let gateway = cluster.add(
        Service::new("gateway", ImageRef::new("gateway"))
            .on(NODES)
            .replicas(2)
            .port("http", 18100)
            .env("PORT", Own::port("http"))
            .env("PG_DSN", pool.primary().dsn("lurus_provider"))
            .env("REDIS_ADDRS", redis.addresses())
            .env("REDIS_PASSWORD", redis.password())
            .env("NATS_URL", nats.url())
            .readiness(Check::http("/readyz"))
            .liveness(Check::http("/livez"))
            .probe_with(ProbeTool::Wget)
            .metrics("/metrics"),
    );
    let led = cluster.add(
        Service::new("led", ImageRef::new("new-api"))
            .on(NODES)
            .port("http", 3000)
            .env("ROLE", Own::first_else("master", "slave"))
            .env("NAME", Own::Name)
            .readiness(Check::http("/api/status"))
            .probe_with(ProbeTool::Wget),
    );
    let nginx = cluster.add(
        Nginx::new("nginx")
            .on(NODES)
            .certificate(Certificate::new("lurus-cn").covers("*.lurus.cn"))
            .serves(
                VirtualHost::new("api.lurus.cn")
                    .route("/", gateway.http())
                    .route("/led/", led.http()),
            )
            .serves(
                VirtualHost::new("ai.lurus.cn")
                    .route("/", led.http())
                    .with(Route::new("/v1/", gateway.http()).streaming()),
            )
            .hsts("180d"),
    );
    let vip = cluster.add(
        Vip::new("vip", ip!("10.0.1.100"))
            .on(NODES)
            .leads_to(&nginx)
            .interface("eth0"),
    );
    cluster.omit(&vip, "local");
    cluster.omit(&vip, "k3s");
    cluster.add(Consul::new("consul").on(NODES));
    let alertmanager = cluster.add(Alertmanager::new("alertmanager").on(NODES));
    cluster.add(
        Prometheus::new("prometheus")
            .on([NODES[0], NODES[1]])
            .alertmanager(&alertmanager)
            .disk("10GiB"),
    );
    cluster.add(NodeExporter::new("node-exporter").on(NODES));
    compile(&cluster).unwrap_or_else(|report| panic!("{report:#?}"))
}

/// A cluster without components on the hosts of `minimal`, for this target too.
fn whole() -> Cluster {
    let minimal = lurus::clusters()
        .into_iter()
        .find(|cluster| cluster.name.value.as_str() == "minimal")
        .expect("there is a cluster `minimal`");
    assert!(
        minimal.inventory.image("k3s").is_some(),
        "a release is pinned"
    );
    let mut cluster = Cluster::new("whole", minimal.inventory)
        .network(NetworkRef::new("data"))
        .target("k3s");
    cluster.omit(Ability::Hosts, "local");
    cluster.omit(Ability::Networks, "k3s");
    cluster.omit(Ability::Placement, "k3s");
    cluster
}

/// The objects that the kustomization names.
struct Objects(Vec<Json>);

impl Objects {
    fn read() -> Self {
        Self::compiled(&compiled())
    }

    fn of_cluster(cluster: &Cluster) -> Self {
        Self::compiled(&compile(cluster).unwrap_or_else(|report| panic!("{report:#?}")))
    }

    fn compiled(compiled: &Compiled) -> Self {
        let read = |path: &str| -> Vec<Json> {
            let path = TreePath::new(&format!("whole/k3s/{path}")).expect("a path");
            let file = compiled.tree.get(&path);
            let file = file.unwrap_or_else(|| panic!("no file {path}"));
            let documents = file.text.split("\n---\n");
            documents
                .map(|text| serde_yaml::from_str(text).unwrap_or_else(|e| panic!("{path}: {e}")))
                .collect()
        };
        let [kustomization] = &read("kustomization.yaml")[..] else {
            panic!("one kustomization");
        };
        let named = texts(&kustomization["resources"]);
        let on_disk: BTreeSet<String> = compiled
            .tree
            .iter()
            .filter_map(|(path, _)| path.as_str().strip_prefix("whole/k3s/"))
            .filter(|path| path.ends_with(".yaml") && !path.starts_with("bootstrap/"))
            .filter(|path| *path != "kustomization.yaml")
            .map(str::to_owned)
            .collect();
        assert_eq!(named.iter().cloned().collect::<BTreeSet<_>>(), on_disk);
        Self(named.iter().flat_map(|path| read(path)).collect())
    }

    fn of(&self, kind: &str) -> Vec<&Json> {
        let found: Vec<&Json> = self
            .0
            .iter()
            .filter(|object| object["kind"] == kind)
            .collect();
        assert!(!found.is_empty(), "there is no {kind}");
        found
    }

    /// The templates of all pods, with the object that has them.
    fn templates(&self) -> Vec<(&Json, &Json)> {
        let kinds = ["StatefulSet", "Deployment", "DaemonSet", "Job"];
        let runs = |object: &&Json| kinds.iter().any(|kind| object["kind"] == *kind);
        let sets = self.0.iter().filter(runs);
        sets.map(|set| (set, &set["spec"]["template"])).collect()
    }

    /// The templates of a namespace that a selector finds.
    fn selected(&self, namespace: &Json, selector: &Json) -> Vec<&Json> {
        let wanted = labels(selector);
        let all = self.templates().into_iter();
        all.filter(|(set, _)| &set["metadata"]["namespace"] == namespace)
            .map(|(_, template)| template)
            .filter(|template| {
                let has = labels(&template["metadata"]["labels"]);
                // Each pod of a set has the one from the set, and the other from itself.
                let mut wanted = wanted
                    .iter()
                    .filter(|(key, _)| !key.ends_with("pod-name") && *key != "lurus/role");
                wanted.all(|(key, value)| has.get(key) == Some(value))
            })
            .collect()
    }
}

fn labels(node: &Json) -> BTreeMap<String, String> {
    let entries = node.as_object().expect("labels are a map");
    let text = |value: &Json| value.as_str().expect("a label is a text").to_owned();
    entries
        .iter()
        .map(|(key, value)| (key.clone(), text(value)))
        .collect()
}

fn texts(node: &Json) -> Vec<String> {
    list(node)
        .iter()
        .map(|item| item.as_str().expect("a text").to_owned())
        .collect()
}

fn list(node: &Json) -> &[Json] {
    node.as_array().map_or(&[], Vec::as_slice)
}

fn name(object: &Json) -> &str {
    object["metadata"]["name"].as_str().expect("a name")
}

fn container(template: &Json) -> &Json {
    &template["spec"]["containers"][0]
}

/// The group of pods.
fn group(template: &Json) -> &str {
    let label = &template["metadata"]["labels"]["app.kubernetes.io/name"];
    label.as_str().expect("a label")
}

fn port_names(template: &Json) -> BTreeSet<&str> {
    list(&container(template)["ports"])
        .iter()
        .map(|port| port["name"].as_str().expect("a port has a name"))
        .collect()
}

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

#[test]
fn names_are_given_once() {
    let objects = Objects::read();
    let mut seen = BTreeSet::new();
    for object in &objects.0 {
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
        let elsewhere = matches!(kind, "Role" | "RoleBinding") && name(object) == "lurus-whole-pg";
        let space = match name(object) {
            _ if elsewhere => "default",
            "node-exporter" => "lurus-whole-host",
            _ => "lurus-whole",
        };
        assert_eq!(object["metadata"]["namespace"], space, "{}", name(object));
    }
}

#[test]
fn each_service_leads_to_ports_of_pods() {
    let objects = Objects::read();
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

#[test]
fn each_set_has_its_service_account_and_probes() {
    let objects = Objects::read();
    let services: BTreeMap<&str, &Json> = objects
        .of("Service")
        .into_iter()
        .map(|service| (name(service), service))
        .collect();
    let accounts: BTreeSet<&str> = objects.of("ServiceAccount").into_iter().map(name).collect();
    for set in objects.of("StatefulSet") {
        let headless = services[set["spec"]["serviceName"].as_str().expect("a Service")];
        assert_eq!(headless["spec"]["clusterIP"], "None");
        let first = if name(set) == "led" { 2 } else { 1 };
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

/// Who waits for its peers is out of the way of clients, and left alone.
#[test]
fn only_who_is_stuck_is_started_again() {
    let objects = Objects::read();
    let mut live = BTreeMap::new();
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
            live.insert(
                name(set),
                probe["httpGet"]["path"].as_str().expect("a path"),
            );
        }
    }
    assert_eq!(live["nats"], "/healthz?js-enabled-only=true");
    assert_eq!(live["prometheus"], "/-/healthy");
    assert_eq!(live["gateway"], "/livez");
    assert_eq!(live["pg"], "/liveness");
    assert!(
        !live.contains_key("redis"),
        "it answers nobody while it loads its data"
    );
}

/// What `restricted`, the level of the namespace, asks of each pod.
#[test]
fn no_pod_may_do_more_than_the_namespace_lets_it() {
    let objects = Objects::read();
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
    assert_eq!(levels["lurus-whole"], "restricted");
    assert_eq!(levels["lurus-whole-host"], "privileged");
    for (set, template) in objects.templates() {
        let (pod, container) = (&template["spec"], container(template));
        let asks = pod["automountServiceAccountToken"] == true;
        assert_eq!(asks, name(set) == "pg", "{} asks Kubernetes", name(set));
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
        assert_eq!(
            pod["securityContext"]["seccompProfile"]["type"],
            "RuntimeDefault"
        );
        assert_ne!(pod["securityContext"]["runAsUser"], 0);
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

#[test]
fn what_pods_mount_and_refer_to_is_there() {
    let objects = Objects::read();
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

/// The variables of `$(…)` in a text, of which `$$` begins none.
fn references(text: &str) -> Vec<String> {
    let text = text.replace("$$", "");
    let parts = text.split("$(").skip(1);
    parts
        .map(|part| part.split(')').next().unwrap_or_default().to_owned())
        .collect()
}

/// A member's claim has one volume that is reserved for it, on a host on which its pod may be.
#[test]
fn each_claim_has_its_volume() {
    let objects = Objects::read();
    let classes: BTreeSet<&str> = objects.of("StorageClass").into_iter().map(name).collect();
    let mut reserved = BTreeMap::new();
    for volume in objects.of("PersistentVolume") {
        let spec = &volume["spec"];
        assert!(classes.contains(spec["storageClassName"].as_str().expect("a class")));
        let claim = spec["claimRef"]["name"]
            .as_str()
            .expect("a claim")
            .to_owned();
        assert!(
            reserved.insert(claim, spec).is_none(),
            "{} is reserved twice",
            name(volume)
        );
    }
    for set in objects.of("StatefulSet") {
        let replicas = set["spec"]["replicas"].as_u64().expect("a number");
        let allowed = hosts(
            &set["spec"]["template"]["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"],
        );
        let mut used = Vec::new();
        for claim in list(&set["spec"]["volumeClaimTemplates"]) {
            for index in 1..=replicas {
                let volume = reserved
                    .remove(&format!("{}-{}-{index}", name(claim), name(set)))
                    .unwrap_or_else(|| panic!("{}-{index} has no volume", name(set)));
                let wanted = &claim["spec"];
                assert_eq!(volume["storageClassName"], wanted["storageClassName"]);
                assert_eq!(volume["capacity"], wanted["resources"]["requests"]);
                let at = hosts(&volume["nodeAffinity"]["required"]);
                assert!(at.is_subset(&allowed), "{}-{index}", name(set));
                used.extend(at);
            }
        }
        let apart = &set["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"];
        if apart.is_object() {
            assert!(allowed.len() as u64 >= replicas, "{} has room", name(set));
            let different: BTreeSet<&String> = used.iter().collect();
            assert_eq!(different.len(), used.len(), "{} can be placed", name(set));
        }
    }
    assert!(reserved.is_empty(), "nobody claims {:?}", reserved.keys());
}

fn hosts(affinity: &Json) -> BTreeSet<String> {
    let expression = &affinity["nodeSelectorTerms"][0]["matchExpressions"][0];
    assert_eq!(expression["key"], "kubernetes.io/hostname");
    texts(&expression["values"]).into_iter().collect()
}

/// A host can be emptied, and what is left has its quorum.
#[test]
fn budgets_leave_room() {
    let objects = Objects::read();
    let sets = objects.of("StatefulSet");
    let mut guarded = BTreeSet::new();
    for budget in objects.of("PodDisruptionBudget") {
        assert_eq!(budget["spec"]["maxUnavailable"], 1);
        let found = objects.selected(
            &budget["metadata"]["namespace"],
            &budget["spec"]["selector"]["matchLabels"],
        );
        let groups: BTreeSet<&str> = found.iter().map(|template| group(template)).collect();
        assert_eq!(groups, BTreeSet::from([name(budget)]));
        let set = sets.iter().find(|set| name(set) == name(budget));
        let replicas = set.expect("a set")["spec"]["replicas"].as_u64();
        assert!(
            replicas > Some(1),
            "{} keeps its host for ever",
            name(budget)
        );
        guarded.insert(name(budget));
    }
    for quorum in ["nats", "pg", "redis"] {
        assert!(guarded.contains(quorum), "{quorum} may lose its quorum");
    }
}

/// Whoever has the address of a Service or of a pod may connect to it, and nobody else may.
#[test]
fn policies_let_in_whoever_is_sent_there() {
    let objects = Objects::read();
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
        let data = objects.0.iter().find(own_map);
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
            let address = format!("{}.lurus-whole.svc.cluster.local:", name(service));
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

/// Its pods are called as its members are, and told what theirs are told.
#[test]
fn a_group_whose_first_member_differs_is_one_group() {
    let objects = Objects::read();
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

/// Kubernetes reads a secret only by its name.
#[test]
fn every_secret_is_a_reference() {
    let objects = Objects::read();
    assert!(objects.0.iter().all(|object| object["kind"] != "Secret"));
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

/// The schemas of the release, and kubectl, where this machine has them.
#[test]
fn the_judges_of_kubernetes_take_it() {
    let compiled = compiled();
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("k3s");
    let _ = fs::remove_dir_all(&root);
    let mut manifests = Vec::new();
    for (path, file) in compiled.tree.iter() {
        let Some(inside) = path.as_str().strip_prefix("whole/k3s/") else {
            continue;
        };
        let at = root.join(inside);
        fs::create_dir_all(at.parent().expect("a folder")).expect("it can be made");
        fs::write(&at, &file.text).expect("it can be written");
        let is_manifest = inside.ends_with(".yaml") && !inside.starts_with("bootstrap/");
        if is_manifest && inside != "kustomization.yaml" {
            manifests.push(at);
        }
    }
    let mut schemas = Command::new("kubernetes-validate");
    schemas.args(["--strict", "--quiet", "--kubernetes-version", "1.35"]);
    if let Some(said) = judge("kubernetes-validate", schemas.args(&manifests)) {
        assert_eq!(said, "", "it only warns of a kind that it does not know");
    }
    let mut kustomize = Command::new("kubectl");
    let printed = judge("kubectl", kustomize.arg("kustomize").arg(&root));
    if let Some(printed) = printed {
        let kinds = printed.lines().filter(|line| line.starts_with("kind: "));
        assert_eq!(
            kinds.count(),
            Objects::read().0.len(),
            "all objects are printed"
        );
    }
}

/// What a program says that has to take the files; `None`, and a line about it, where there is no such program.
fn judge(name: &str, command: &mut Command) -> Option<String> {
    match command.output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let wrong = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{name}: {said}{wrong}");
            Some(said)
        }
        Err(error) => {
            eprintln!("skipped {name}: {error}");
            None
        }
    }
}
