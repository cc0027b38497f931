//! PostgreSQL without a store and a balancer of its own: what Patroni is told and may do, and where clients are led.

use std::collections::BTreeSet;

use lurus_spec::compile;
use lurus_spec::prelude::*;
use serde_json::Value as Json;

use crate::objects::{Objects, container, labels, list, name, texts};
use crate::{NODES, whole};

const GROUP: &str = "pg";
/// In the tables below, the namespace of the cluster.
const SPACE: &str = "SPACE";
/// In the tables below, what Patroni calls the cluster of databases.
const SCOPE: &str = "SCOPE";

/// What Patroni calls the cluster of databases.
fn scope(objects: &Objects) -> String {
    format!("{}-{GROUP}", objects.cluster)
}

/// Every call of `patroni/dcs/kubernetes.py` of 3.2.0 that an election takes, as an API that refused all others saw them: the
/// namespace, the verb, the kind, and the name where there is one. Two are refused on purpose, and the election goes on:
/// Patroni would make the Service of `-config`, which is there, and `patronictl remove` deletes what is kept.
const CALLS: &[(&str, &str, &str, Option<&str>)] = &[
    (SPACE, "list", "pods", None),
    (SPACE, "watch", "pods", None),
    (SPACE, "patch", "pods", Some("pg-1")),
    (SPACE, "patch", "pods", Some("pg-3")),
    (SPACE, "list", "endpoints", None),
    (SPACE, "watch", "endpoints", None),
    (SPACE, "create", "endpoints", None),
    (SPACE, "get", "endpoints", Some("SCOPE")),
    (SPACE, "patch", "endpoints", Some("SCOPE")),
    (SPACE, "patch", "endpoints", Some("SCOPE-config")),
    (SPACE, "patch", "endpoints", Some("SCOPE-failover")),
    (SPACE, "patch", "endpoints", Some("SCOPE-sync")),
    ("default", "get", "endpoints", Some("kubernetes")),
];

/// What nobody has to do to elect a primary.
const REFUSED: &[(&str, &str, &str, Option<&str>)] = &[
    (SPACE, "patch", "pods", Some("redis-1")),
    (SPACE, "delete", "pods", Some("pg-1")),
    (SPACE, "create", "pods", None),
    (SPACE, "patch", "endpoints", Some("gateway")),
    (SPACE, "get", "secrets", Some("variables")),
    (SPACE, "create", "services", None),
    ("default", "list", "endpoints", None),
    ("default", "get", "endpoints", Some("other")),
];

impl Objects {
    /// The configuration of Patroni on its first member.
    fn configuration(&self) -> Json {
        let files = &self.named("ConfigMap", "pg-config")["data"];
        let files = files.as_object().expect("files");
        let (_, text) = files
            .iter()
            .find(|(key, _)| key.starts_with("pg-1.") && key.ends_with("patroni.yml"))
            .expect("each member has its own");
        serde_yaml::from_str(text.as_str().expect("a text")).expect("YAML")
    }

    /// Whether the account of the group may do this.
    fn may(&self, space: &str, verb: &str, kind: &str, named: Option<&str>) -> bool {
        let own = self.namespace();
        let space = space.replace(SPACE, &own);
        let named = named.map(|named| named.replace(SCOPE, &scope(self)));
        let named = named.as_deref();
        let bound = self.of("RoleBinding").into_iter().filter(|binding| {
            binding["metadata"]["namespace"] == space.as_str()
                && list(&binding["subjects"]).iter().any(|subject| {
                    subject["kind"] == "ServiceAccount"
                        && subject["name"] == GROUP
                        && subject["namespace"] == own.as_str()
                })
        });
        let roles = bound.map(|binding| {
            let role = self.named("Role", binding["roleRef"]["name"].as_str().expect("a role"));
            assert_eq!(role["metadata"]["namespace"], space.as_str());
            role
        });
        let mut rules = roles.flat_map(|role| list(&role["rules"]));
        rules.any(|rule| {
            let has = |key: &str, wanted: &str| texts(&rule[key]).iter().any(|one| one == wanted);
            let names = texts(&rule["resourceNames"]);
            has("apiGroups", "")
                && has("resources", kind)
                && has("verbs", verb)
                && (names.is_empty() || named.is_some_and(|named| names.iter().any(|n| n == named)))
        })
    }
}

#[test]
fn patroni_may_do_what_it_does_and_no_more() {
    for objects in Objects::everywhere() {
        for (space, verb, kind, named) in CALLS {
            assert!(
                objects.may(space, verb, kind, *named),
                "may not {verb} {kind} {named:?} of {space}"
            );
        }
        for (space, verb, kind, named) in REFUSED {
            assert!(
                !objects.may(space, verb, kind, *named),
                "may {verb} {kind} {named:?} of {space}"
            );
        }
        let mut shown = BTreeSet::new();
        for (set, template) in objects.templates() {
            if template["spec"]["automountServiceAccountToken"] == true {
                assert_eq!(template["spec"]["serviceAccountName"], name(set));
                shown.insert(name(set));
            }
        }
        assert_eq!(shown, BTreeSet::from([GROUP]), "who shows who it is");
    }
}

#[test]
fn patroni_finds_its_members_and_writes_where_services_look() {
    for objects in Objects::everywhere() {
        let (scope, space) = (scope(objects), objects.namespace());
        let configuration = objects.configuration();
        assert_eq!(configuration["scope"], scope);
        assert!(configuration.get("etcd3").is_none());
        let told = &configuration["kubernetes"];
        assert_eq!(told["namespace"], space);
        // Where it stands beside the section, it takes the place of the one in it.
        assert!(configuration.get("namespace").is_none());
        assert_eq!(told["use_endpoints"], true);
        // It selects pods by its labels and its scope, and finds itself among them by its name.
        let mut wanted = labels(&told["labels"]);
        let label = told["scope_label"].as_str().expect("a label");
        wanted.insert(label.to_owned(), scope.clone());
        let wanted = serde_json::to_value(wanted).expect("a map");
        let [template] = objects.selected(&space.into(), &wanted)[..] else {
            panic!("other pods are taken for members");
        };
        assert_eq!(template["spec"]["serviceAccountName"], GROUP);
        assert_eq!(configuration["name"], "pg-1");
        // What is kept stays while a Service has its name, which leads to nobody by a selector.
        for suffix in ["", "-config", "-failover", "-sync"] {
            let service = objects.named("Service", &format!("{scope}{suffix}"));
            assert!(service["spec"].get("selector").is_none());
        }
        // The ports that it writes are those of the Service.
        let primary = &objects.named("Service", &scope)["spec"];
        assert!(primary.get("clusterIP").is_none());
        let [port] = list(&primary["ports"]) else {
            panic!("one port");
        };
        let [written] = list(&told["ports"]) else {
            panic!("one port");
        };
        assert_eq!(port["name"], written["name"]);
        assert_eq!(port["port"], written["port"]);
        assert_eq!(port["targetPort"], written["port"]);
        // A replica is known by the label that Patroni gives it.
        let selector = &objects.named("Service", "pg-replica")["spec"]["selector"];
        let role = told["role_label"].as_str().expect("a label");
        assert_eq!(selector[role], told["follower_label_value"]);
        assert_ne!(told["follower_label_value"], told["leader_label_value"]);
    }
}

#[test]
fn clients_are_led_to_roles_without_a_balancer() {
    for objects in Objects::everywhere() {
        let sets: BTreeSet<&str> = objects.of("StatefulSet").into_iter().map(name).collect();
        for left in ["consul", "etcd", "haproxy"] {
            assert!(!sets.contains(left), "{left} is left to the platform");
        }
        let pools = objects.named("ConfigMap", "pgbouncer-config")["data"].to_string();
        for service in [scope(objects).as_str(), "pg-replica"] {
            let host = format!(
                "host={service}.{}.svc.cluster.local port=5432",
                objects.namespace()
            );
            assert!(pools.contains(&host), "{host} is not in {pools}");
        }
        // A Service closes nothing when the host behind it is lost.
        assert!(pools.contains("tcp_user_timeout = 15000"));
    }
}

#[test]
fn the_way_to_the_api_is_open_to_members_of_an_election_only() {
    for objects in Objects::everywhere() {
        let open = |policy: &&Json| {
            let rules = list(&policy["spec"]["egress"]).iter();
            let servers: BTreeSet<String> = rules
                .filter(|rule| list(&rule["ports"]).iter().any(|port| port["port"] == 6443))
                .flat_map(|rule| list(&rule["to"]))
                .map(|to| {
                    to["ipBlock"]["cidr"]
                        .as_str()
                        .expect("a network")
                        .to_owned()
                })
                .collect();
            (!servers.is_empty()).then_some(servers)
        };
        let policies = objects.of("NetworkPolicy");
        let groups: Vec<&str> = policies
            .iter()
            .filter(|policy| open(policy).is_some())
            .map(|policy| name(policy))
            .collect();
        assert_eq!(groups, [GROUP]);
        let own = objects.named("NetworkPolicy", GROUP);
        let servers = objects.servers();
        let servers = servers.values().map(|server| {
            let address = server["advertise-address"].as_str();
            format!("{}/32", address.expect("an address"))
        });
        assert_eq!(open(&own), Some(servers.collect()));
    }
}

/// Patroni's own loop is asked whether it has to be started again, and the database whether it serves.
#[test]
fn patroni_is_asked_over_http() {
    for objects in Objects::everywhere() {
        let set = objects.named("StatefulSet", GROUP);
        let container = container(&set["spec"]["template"]);
        let path = |probe: &str| &container[probe]["httpGet"]["path"];
        assert_eq!(path("readinessProbe"), "/readiness");
        assert_eq!(path("livenessProbe"), "/liveness");
        assert_eq!(path("startupProbe"), "/liveness");
        let budget = objects.named("PodDisruptionBudget", GROUP);
        assert_eq!(budget["spec"]["maxUnavailable"], 1);
    }
}

/// A database that applications reach by way of its roles, with a claim.
fn database(pg: impl FnOnce(&mut Cluster) -> PgBouncer) -> Cluster {
    let mut cluster = whole().survives(Loss::of(1).hosts());
    let pool = pg(&mut cluster);
    cluster.add(pool.on(NODES));
    cluster
}

fn elected(cluster: &mut Cluster, members: &[HostRef]) -> PgBouncer {
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = Patroni::new("pg").on(members.iter().copied());
    let pg = cluster.add(pg.etcd(&etcd).database("app"));
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    PgBouncer::new("pgbouncer").postgres(&pg)
}

#[test]
fn a_claim_holds_without_the_balancer_too() {
    let codes = |members: &[HostRef]| -> Vec<String> {
        let cluster = database(|cluster| elected(cluster, members));
        match compile(&cluster) {
            Ok(_) => Vec::new(),
            Err(report) => {
                let codes = report.iter().filter_map(|finding| finding.code);
                codes.map(|code| code.to_string()).collect()
            }
        }
    };
    assert!(codes(&NODES).is_empty());
    // The balancer hands reads to the primary when it is alone. A Service of replicas leads nowhere then.
    assert_eq!(codes(&NODES[..2]), ["L0204"]);
}

#[test]
fn what_is_kept_is_there_and_is_used() {
    let mut cluster = whole();
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(Patroni::new("pg").on(NODES).etcd(&etcd).database("app"));
    let haproxy = cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    cluster.add(PgBouncer::new("pgbouncer").on(NODES).postgres(&pg));
    cluster.keep(&etcd, "k3s").keep(&haproxy, "k3s");
    let objects = Objects::of_cluster(&cluster);
    let configuration = objects.configuration();
    assert!(configuration.get("kubernetes").is_none());
    assert_eq!(list(&configuration["etcd3"]["hosts"]).len(), 3);
    assert!(objects.all.iter().all(|object| object["kind"] != "Role"));
    let pools = objects.named("ConfigMap", "pgbouncer-config")["data"].to_string();
    assert!(pools.contains("host=haproxy-any.lurus-whole.svc.cluster.local port=5000"));
}

#[test]
fn a_primary_that_the_description_names_has_a_service_of_its_own() {
    let mut cluster = whole();
    let pg = cluster.add(
        Streaming::new("pg")
            .on(NODES)
            .primary(NODES[1])
            .database("app"),
    );
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    cluster.add(PgBouncer::new("pgbouncer").on(NODES).postgres(&pg));
    let objects = Objects::of_cluster(&cluster);
    let selector = |service| &objects.named("Service", service)["spec"]["selector"];
    let pod = "statefulset.kubernetes.io/pod-name";
    assert_eq!(selector("pg-primary")[pod], "pg-2");
    assert!(selector("pg-replica").get(pod).is_none());
    let pools = objects.named("ConfigMap", "pgbouncer-config")["data"].to_string();
    assert!(pools.contains("host=pg-primary.lurus-whole.svc.cluster.local port=5432"));
}

#[test]
fn each_group_of_citus_has_a_lock_of_its_own() {
    let mut cluster = whole();
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let citus = Citus::new("pg").on(NODES).etcd(&etcd).workers(1);
    let citus = cluster.add(citus.database("app"));
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&citus));
    cluster.add(PgBouncer::new("pgbouncer").on(NODES).postgres(&citus));
    let objects = Objects::of_cluster(&cluster);
    for (group, number) in [("pg", "0"), ("pg-worker-1", "1")] {
        let set = objects.named("StatefulSet", group);
        let marks = &set["spec"]["template"]["metadata"]["labels"];
        assert_eq!(marks["lurus/scope"], scope(&objects));
        assert_eq!(marks["citus-group"], number);
        for suffix in ["", "-config", "-failover", "-sync"] {
            let service = objects.named("Service", &format!("whole-pg-{number}{suffix}"));
            assert!(service["spec"].get("selector").is_none());
        }
    }
    let primary = &objects.named("Service", "whole-pg-0")["spec"]["ports"][0];
    assert_eq!(primary["port"], 5432);
}

/// The whole of it, for the reader.
#[test]
fn the_group_of_postgresql() {
    insta::assert_snapshot!(Objects::of_system().file("k3s/groups/pg.yaml"));
}
