use std::collections::BTreeSet;

use super::K3s;
use super::address::{SERVICES, fixed, of_member};
use super::bootstrap::{Nodes, Release};
use super::fill::{Filler, Reference};
use crate::component::nats::{Nats, Stream};
use crate::component::redis::RedisCluster;
use crate::component::service::Service;
use crate::fixture::{NODES, Web, cluster, cluster_of_six, file, plan, with_images};
use crate::model::{Cluster, ImageRef};
use crate::plan::{Act, Plan, Symbol, Text};
use crate::target::Target as _;

#[track_caller]
fn stateful() -> Cluster {
    let mut cluster = cluster().target("k3s");
    cluster.add(RedisCluster::new("redis").on(NODES).shards(3).replicas(1));
    cluster.add(Nats::new("nats").on(NODES).stream(Stream::new("EVENTS")));
    cluster
}

/// A text of a workload's template.
fn templated(plan: &Plan, group: &str, text: &str) -> Option<(String, BTreeSet<Reference>)> {
    let filler = Filler::of(plan);
    let workload = plan.workload(&group.parse().unwrap()).unwrap();
    let templated = filler.templated(workload, &Text::from(text))?;
    Some((templated.text, templated.refers))
}

#[test]
fn one_template_says_what_differs_by_variables() {
    let plan = plan(&stateful(), "k3s");
    let check = |text: String, expected: &str| {
        let (text, _) = templated(&plan, "nats", &text).unwrap();
        assert_eq!(text, expected);
    };
    check(
        format!("--name={}", Symbol::OwnName),
        "--name=$(LURUS_NAME)",
    );
    check(
        Symbol::OwnAddress.token(),
        "$(LURUS_NAME).nats.lurus-test.svc.cluster.local",
    );
    check(Symbol::OwnHost.token(), "$(LURUS_HOST)");
    check(Symbol::OwnPort("client".into()).token(), "4222");
    // What a shell shall read stays what it is.
    check("echo $(( 1 + 2 ))".to_owned(), "echo $$(( 1 + 2 ))");
    let server = Symbol::Secret("nats-app-password".parse().unwrap());
    let (text, refers) = templated(&plan, "nats", &format!("app:{server}@")).unwrap();
    assert_eq!(text, "app:$(LURUS_SECRET_NATS_APP_PASSWORD)@");
    assert_eq!(
        refers,
        BTreeSet::from([Reference::Secret("NATS_APP_PASSWORD".to_owned())])
    );
    let first = Symbol::FirstElse("a".to_owned(), "b".to_owned());
    assert_eq!(templated(&plan, "nats", &first.token()), None);
    let same = Symbol::FirstElse("a".to_owned(), "a".to_owned());
    check(same.token(), "a");
}

#[test]
fn who_needs_an_address_that_lasts_has_a_service_with_one() {
    let plan = plan(&stateful(), "k3s");
    let fixed = fixed(&plan);
    assert!(fixed.without.is_empty());
    let members: Vec<&str> = fixed.addresses.keys().map(|name| name.as_str()).collect();
    assert_eq!(
        members,
        [
            "redis-1", "redis-2", "redis-3", "redis-4", "redis-5", "redis-6"
        ]
    );
    let addresses: BTreeSet<_> = fixed.addresses.values().collect();
    assert_eq!(addresses.len(), 6, "nobody shares one");
    assert!(addresses.iter().all(|ip| SERVICES.contains(**ip)));
    let manifest = file(&stateful(), "k3s/groups/redis.yaml");
    for ip in addresses {
        assert!(manifest.contains(&format!("clusterIP: \"{ip}\"")));
        assert!(manifest.contains(&format!("cluster-announce-ip {ip}")));
        // It leads to the pod, which does not have it.
        assert!(!manifest.contains(&format!("bind {ip}")));
    }
}

#[test]
fn members_of_a_group_listen_on_the_same_ports() {
    let plan = plan(&stateful(), "k3s");
    let redis = plan.workload(&"redis".parse().unwrap()).unwrap();
    let ports: BTreeSet<_> = redis
        .members
        .iter()
        .map(|member| member.port("client"))
        .collect();
    assert_eq!(ports.len(), 1);
}

#[test]
fn a_pod_is_called_as_its_member() {
    let cluster = stateful();
    let plan = plan(&cluster, "k3s");
    let redis = plan.workload(&"redis".parse().unwrap()).unwrap();
    let member = &redis.members[2];
    assert_eq!(
        K3s.address(&plan.cluster, &redis.name, member),
        of_member(&plan.cluster, &redis.name, "3")
    );
    let command = |act| K3s.command(&plan, member, &act);
    assert_eq!(
        command(Act::Run(vec!["redis-cli".to_owned(), "ping".to_owned()])).unwrap(),
        "kubectl -n lurus-test exec redis-3 -- redis-cli ping"
    );
    assert_eq!(command(Act::Stop), None);
    let task = plan.workload(&"redis-form".parse().unwrap()).unwrap();
    assert_eq!(
        K3s.command(&plan, &task.members[0], &Act::Repeat).unwrap(),
        "kubectl -n lurus-test delete job -l app.kubernetes.io/name=redis-form\n\
         kubectl apply -k generated/test/k3s"
    );
}

#[test]
fn only_clusters_that_ask_for_it_are_written() {
    let mut quiet = cluster();
    quiet.add(Web::new("web").on(NODES));
    let compiled = crate::compile(&quiet).unwrap();
    assert!(!compiled.plans.contains_key("k3s"));
}

#[test]
fn what_is_left_out_on_a_target_is_written_for_the_others() {
    let mut cluster = cluster().target("k3s");
    cluster.add(Web::new("web").on(NODES));
    let other = cluster.add(Web::new("other").on(NODES).port("8081"));
    cluster.omit(&other, "k3s");
    let compiled = crate::compile(&cluster).unwrap();
    let has = |target| {
        let plan: &Plan = &compiled.plans[target];
        plan.workload(&"other".parse().unwrap()).is_some()
    };
    assert_eq!(
        [has("hosts"), has("local"), has("k3s")],
        [true, true, false]
    );
}

#[test]
fn what_others_need_cannot_be_left_out() {
    let mut cluster = cluster().target("k3s");
    let web = cluster.add(Web::new("web").on(NODES));
    cluster.add(
        Service::new("app", ImageRef::new("app"))
            .on(NODES)
            .port("http", 9000)
            .readiness(crate::component::service::Check::http("/"))
            .env("WEB", web.http()),
    );
    cluster.omit(&web, "k3s");
    let codes = crate::fixture::codes(&cluster);
    assert!(codes.contains(&"error L0401".to_owned()), "{codes:?}");
}

#[test]
fn three_servers_are_in_three_zones() {
    let mut six = cluster_of_six().target("k3s");
    six.add(Web::new("web").on(crate::fixture::SIX));
    let plan = plan(&six, "k3s");
    let nodes = Nodes::of(&plan).unwrap();
    let names = |hosts: &[(&crate::model::Host, _)]| -> Vec<String> {
        hosts
            .iter()
            .map(|(host, _)| host.name.to_string())
            .collect()
    };
    assert_eq!(names(&nodes.servers), ["node-1", "node-2", "node-3"]);
    assert_eq!(names(&nodes.agents), ["node-4", "node-5", "node-6"]);
}

#[test]
fn the_tag_of_the_image_is_the_release() {
    let minor = |tag: &str| {
        let image = format!("rancher/k3s:{tag}");
        let mut plan = plan(&stateful(), "k3s");
        plan.inventory = with_images(&[("k3s", &image)]);
        Release::of(&plan).map(|release| release.minor())
    };
    assert_eq!(minor("v1.35.5-k3s1").as_deref(), Some("v1.35"));
    for bad in ["v1.35.5", "1.35.5-k3s1", "v1.35-k3s1", "v1.35.5-k3s1-amd64"] {
        assert_eq!(minor(bad), None, "{bad}");
    }
}

/// The whole of one group, for the reader.
#[test]
fn a_group() {
    let mut cluster = cluster().target("k3s");
    cluster.add(Web::new("web").on(NODES).each(2));
    insta::assert_snapshot!(file(&cluster, "k3s/groups/web.yaml"));
}
