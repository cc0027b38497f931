use std::collections::BTreeSet;

use super::K3s;
use super::address::{SERVICES, fixed};
use super::bootstrap::{Nodes, Release};
use super::fill::{Filler, Reference};
use super::room::kept_back;
use crate::file_tree::TreePath;
use crate::fixture::{NODES, Web, cluster, cluster_of_six, file, in_pods, plan, with_images};
use crate::literal::Name;
use crate::model::Cluster;
use crate::plan::{
    Act, Body, ConfigDir, ConfigFile, Cost, KeyCost, Kind, Plan, Symbol, Text, Workload,
};
use crate::target::{Step, Target as _};

/// Six web servers, two on each host.
#[track_caller]
fn servers() -> Cluster {
    let mut cluster = in_pods(cluster());
    cluster.add(Web::new("web").on(NODES).each(2));
    cluster
}

fn web() -> Name {
    "web".parse().unwrap()
}

/// Their plan with something else about the group.
fn changed(change: impl FnOnce(&mut Workload)) -> Plan {
    let mut plan = plan(&servers(), "k3s");
    let group = plan.workloads.iter_mut().find(|group| group.name == web());
    change(group.unwrap());
    plan
}

/// A text of the template of the group.
fn templated(plan: &Plan, text: &str) -> Option<(String, BTreeSet<Reference>)> {
    let filler = Filler::of(plan);
    let group = plan.workload(&web()).unwrap();
    let templated = filler.templated(group, &group.members, &Text::from(text))?;
    Some((templated.text, templated.refers))
}

#[test]
fn one_template_says_what_differs_by_variables() {
    let plan = plan(&servers(), "k3s");
    let check = |text: String, expected: &str| {
        let (text, _) = templated(&plan, &text).unwrap();
        assert_eq!(text, expected);
    };
    check(
        format!("--name={}", Symbol::OwnName),
        "--name=$(LURUS_NAME)",
    );
    check(
        Symbol::OwnAddress.token(),
        "$(LURUS_NAME).web.lurus-test.svc.cluster.local",
    );
    check(Symbol::OwnHost.token(), "$(LURUS_HOST)");
    // What a shell shall read stays what it is.
    check("echo $(( 1 + 2 ))".to_owned(), "echo $$(( 1 + 2 ))");
    let first = |first: &str, others: &str| {
        let symbol = Symbol::FirstElse(first.to_owned(), others.to_owned());
        templated(&plan, &symbol.token())
    };
    assert_eq!(first("a", "b"), None);
    assert_eq!(first("a", "a").unwrap().0, "a");
    let password = Symbol::Secret("web-password".parse().unwrap());
    assert_eq!(
        templated(&plan, &format!("app:{password}@")).unwrap(),
        (
            "app:$(LURUS_SECRET_WEB_PASSWORD)@".to_owned(),
            BTreeSet::from([Reference::Secret("WEB_PASSWORD".to_owned())])
        )
    );
}

#[test]
fn a_member_alone_in_its_group_is_called_by_its_name() {
    let plan = changed(|group| group.members.truncate(1));
    let (text, refers) = templated(&plan, &Symbol::OwnName.token()).unwrap();
    assert_eq!((text.as_str(), refers.len()), ("web-1", 0));
}

#[test]
fn who_needs_an_address_that_lasts_has_a_service_with_one() {
    let plan = changed(|group| group.stable_address = true);
    let fixed = fixed(&plan);
    assert!(fixed.without.is_empty());
    let addresses: BTreeSet<_> = fixed.addresses.values().collect();
    assert_eq!(addresses.len(), 6, "nobody shares one");
    assert!(addresses.iter().all(|ip| SERVICES.contains(**ip)));
    let tree = K3s.render(&plan);
    let path = "groups/web.yaml".try_into().unwrap();
    let manifest = &tree.get(&path).unwrap().text;
    for ip in addresses {
        assert!(manifest.contains(&format!("clusterIP: \"{ip}\"")));
    }
}

#[test]
fn members_of_a_group_listen_on_the_same_ports() {
    let plan = plan(&servers(), "k3s");
    let members = &plan.workload(&web()).unwrap().members;
    let ports: BTreeSet<_> = members.iter().map(|member| member.port("http")).collect();
    assert_eq!((members.len(), ports.len()), (6, 1));
}

#[test]
fn a_pod_is_called_as_its_member() {
    let plan = plan(&servers(), "k3s");
    let member = &plan.workload(&web()).unwrap().members[2];
    assert_eq!(
        K3s.address(&plan.cluster, &web(), member),
        "web-3.web.lurus-test.svc.cluster.local"
    );
    let command = |act| K3s.command(&plan, member, &act);
    assert_eq!(
        command(Act::Run(vec!["web".to_owned(), "two words".to_owned()])).unwrap(),
        "kubectl -n lurus-test exec web-3 -- web 'two words'"
    );
    assert_eq!(command(Act::Stop), None);
}

#[test]
fn a_task_is_run_again_by_its_label() {
    let plan = changed(|group| {
        group.members.truncate(1);
        group.kind = Kind::Task { after: Vec::new() };
    });
    let member = &plan.workload(&web()).unwrap().members[0];
    assert_eq!(
        K3s.command(&plan, member, &Act::Repeat).unwrap(),
        "kubectl -n lurus-test delete job -l app.kubernetes.io/name=web\n\
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
    let mut cluster = in_pods(cluster());
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
fn three_servers_are_in_three_zones() {
    let mut six = in_pods(cluster_of_six());
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
fn agents_join_by_way_of_different_servers() {
    let mut six = in_pods(cluster_of_six());
    six.add(Web::new("web").on(crate::fixture::SIX));
    let asks = |host: &str| {
        let path = format!("k3s/bootstrap/{host}/etc/rancher/k3s/config.yaml");
        let text = file(&six, &path);
        let line = text.lines().find(|line| line.starts_with("server: "));
        line.map(str::to_owned)
    };
    let server = |number: u32| Some(format!("server: \"https://10.0.0.1{number}:6443\""));
    assert_eq!(asks("node-1"), None, "it begins the cluster");
    assert_eq!([asks("node-2"), asks("node-3")], [server(1), server(1)]);
    let agents = ["node-4", "node-5", "node-6"].map(asks);
    assert_eq!(agents, [server(1), server(2), server(3)]);
}

#[test]
fn an_agent_lets_in_less_than_a_server() {
    let mut six = in_pods(cluster_of_six());
    six.add(Web::new("web").on(crate::fixture::SIX));
    let lets_in = |host: &str, port: u16| {
        let text = file(&six, &format!("k3s/bootstrap/{host}/etc/nftables.conf"));
        let mut lines = text.lines().filter(|line| line.ends_with(" accept"));
        lines.any(|line| line.contains(&port.to_string()))
    };
    for port in [6443, 2379, 2380] {
        assert!(lets_in("node-1", port), "a server has {port}");
        assert!(!lets_in("node-4", port), "an agent has {port}");
    }
    for host in ["node-1", "node-4"] {
        assert!(lets_in(host, 10250) && lets_in(host, 8472), "{host}");
        // What is for a pod is none of the host's.
        assert!(!lets_in(host, 8080), "{host}");
    }
}

#[test]
fn a_server_keeps_back_more_than_an_agent() {
    let mut six = in_pods(cluster_of_six());
    six.add(Web::new("web").on(crate::fixture::SIX));
    let plan = plan(&six, "k3s");
    let nodes = Nodes::of(&plan).unwrap();
    let kept = |name: &str| {
        let host = plan.inventory.host_named(&name.parse().unwrap()).unwrap();
        assert_eq!(host.memory.to_string(), "16GiB");
        kept_back(&nodes, host)
    };
    let system = "system-reserved=memory=819Mi";
    assert_eq!(kept("node-1"), ["kube-reserved=memory=2Gi", system]);
    assert_eq!(kept("node-4"), ["kube-reserved=memory=512Mi", system]);
}

/// Whose directories are its host's is on each of them, and reached at its address.
#[test]
fn what_belongs_to_a_host_is_called_after_it() {
    let plan = changed(|group| {
        group.members.truncate(3);
        for member in &mut group.members {
            member.of_host = true;
            member.name = format!("web-{}", member.host).parse().unwrap();
        }
    });
    let check = |symbol: Symbol, expected: &str| {
        let (text, _) = templated(&plan, &symbol.token()).unwrap();
        assert_eq!(text, expected);
    };
    check(Symbol::OwnName, "web-$(LURUS_HOST)");
    check(Symbol::OwnAddress, "$(LURUS_IP)");
    assert_eq!(templated(&plan, &Symbol::OwnIndex.token()), None);
    let member = &plan.workload(&web()).unwrap().members[1];
    assert_eq!(K3s.address(&plan.cluster, &web(), member), "10.0.1.12");
    let command = |act| K3s.command(&plan, member, &act).unwrap();
    let pod = "kubectl -n lurus-test-host get pod -l app.kubernetes.io/name=web \
               --field-selector spec.nodeName=node-2 -o name";
    assert_eq!(
        command(Act::Run(vec!["web".to_owned()])),
        format!("kubectl -n lurus-test-host exec \"$({pod})\" -- web")
    );
    assert_eq!(
        command(Act::Restart),
        "kubectl -n lurus-test-host delete pod -l app.kubernetes.io/name=web \
         --field-selector spec.nodeName=node-2"
    );
}

#[test]
fn a_manifest_knows_what_each_file_in_it_costs() {
    let file = |text: String| {
        ConfigFile::new(
            "web.conf",
            Body::Lines(text.into()),
            Cost::Reload("kill -HUP 1".to_owned()),
        )
    };
    let step = || Cost::Procedure("tell the store".into());
    let texts = |files: Vec<ConfigFile>| {
        let plan = changed(|group| {
            group.config = vec![ConfigDir {
                mount: "/etc/web".parse().unwrap(),
                files,
            }];
            group.key_costs = vec![KeyCost {
                file: "web.conf",
                key: "ttl".to_owned(),
                cost: step(),
            }];
        });
        let tree = K3s.render(&plan);
        let manifest = tree.get(&TreePath::new("groups/web.yaml").unwrap());
        manifest.unwrap().impact.texts.clone()
    };
    assert_eq!(texts(Vec::new()).len(), 0);
    let alike = texts(vec![file("ttl 3".to_owned())]);
    assert_eq!(alike.keys().collect::<Vec<_>>(), ["web.web.conf"]);
    let said = &alike["web.web.conf"];
    assert_eq!(said.name, "web.conf");
    assert_eq!(said.cost, Cost::Reload("kill -HUP 1".to_owned()));
    assert_eq!(said.keys["ttl"], step());
    let of_each = texts(vec![file(Symbol::OwnName.token())]);
    assert_eq!(of_each.len(), 6);
    assert!(of_each.values().all(|text| text == said));
    // What no member reads would make all of them anew when it changes.
    let tests = ConfigFile::for_tools("web.tests", Body::Lines("ttl".to_owned().into()));
    assert_eq!(texts(vec![file("ttl 3".to_owned()), tests]), alike);
}

#[test]
fn the_tag_of_the_image_is_the_release() {
    let minor = |tag: &str| {
        let image = format!("rancher/k3s:{tag}");
        let mut plan = plan(&servers(), "k3s");
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
    insta::assert_snapshot!(file(&servers(), "k3s/groups/web.yaml"));
}

/// What ends is never ready again: whoever waited for that would wait in vain.
#[test]
fn a_start_waits_for_what_stays_and_for_the_end_of_tasks() {
    let last = |plan: &Plan| {
        let steps = K3s.start(plan);
        let apply = steps.iter().find(|step| step.command.contains("apply -k"));
        apply.unwrap().command.clone()
    };
    let ends = "wait --for=condition=Complete --timeout=15m job --all";
    let stays = plan(&servers(), "k3s");
    assert!(last(&stays).contains("rollout status --timeout=15m \"$group\""));
    assert!(!last(&stays).contains(ends));
    let task = changed(|group| group.kind = Kind::Task { after: Vec::new() });
    assert!(last(&task).contains(ends));
}

/// Servers refuse another token than the one that they have begun with.
#[test]
fn a_token_is_made_once() {
    let steps = K3s.start(&plan(&servers(), "k3s"));
    let makes = |step: &&Step| step.command.contains("openssl rand");
    let command = &steps.iter().find(makes).unwrap().command;
    assert!(command.starts_with("test -s token || (umask 077; openssl rand -hex 32 > token)\n"));
}
