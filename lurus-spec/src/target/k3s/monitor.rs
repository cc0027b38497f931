//! Where metrics are, as objects that the operator of a collector reads.
//!
//! In: the scrapes of a plan, if its description wants them found. Out: a PodMonitor for each job. It gives series the labels
//! that the rules of the cluster speak of.

use crate::literal::Name;
use crate::plan::{About, Member, Plan, PortName, Scrape, Workload};
use crate::target::k3s::address::{of_member, pod};
use crate::target::k3s::group::{of_group, selected};
use crate::yaml::{Node, map, seq};

/// What the operator's collector knows of a pod.
const POD: &str = "__meta_kubernetes_pod_name";
const HOST: &str = "__meta_kubernetes_pod_node_name";
const NUMBER: &str = "__meta_kubernetes_pod_label_apps_kubernetes_io_pod_index";

/// The jobs of which the members of a workload answer.
pub(super) fn monitors(plan: &Plan, workload: &Workload) -> Vec<Node> {
    if plan.collectors.is_none() {
        return Vec::new();
    }
    scrapes(plan, workload)
        .map(|scrape| {
            let selector = map([("matchLabels", selected(plan, &workload.name))]);
            let endpoints = endpoints(plan, workload, scrape);
            let spec = map([("selector", selector)]).with("podMetricsEndpoints", seq(endpoints));
            of_group(
                "monitoring.coreos.com/v1",
                "PodMonitor",
                plan,
                workload,
                scrape.job.as_str(),
            )
            .with("spec", spec)
        })
        .collect()
}

/// The ports of a workload at which collectors ask.
pub(super) fn ports<'p>(
    plan: &'p Plan,
    workload: &'p Workload,
) -> impl Iterator<Item = &'p PortName> {
    scrapes(plan, workload)
        .filter(|_| plan.collectors.is_some())
        .map(|scrape| &scrape.port)
}

fn scrapes<'p>(plan: &'p Plan, workload: &'p Workload) -> impl Iterator<Item = &'p Scrape> {
    let scrapes = plan.scrapes.iter();
    scrapes.filter(|scrape| scrape.group == workload.name)
}

/// Where a job is scraped: once at each pod, or once for each member that a pod is told to ask.
fn endpoints(plan: &Plan, workload: &Workload, scrape: &Scrape) -> Vec<Node> {
    let endpoint = |target: Option<String>, labels: Vec<Node>| {
        let given = scrape.parameters.iter().cloned();
        let target = target.map(|target| ("target", target));
        let parameters = given.chain(target);
        let parameters = parameters.map(|(name, value)| (name, seq([value])));
        let job = map([("targetLabel", "job"), ("replacement", scrape.job.as_str())]);
        map([
            ("port", Node::str(scrape.port.as_ref())),
            ("path", Node::str(scrape.path)),
        ])
        .with_filled("params", map(parameters))
        .with("relabelings", seq(std::iter::once(job).chain(labels)))
    };
    let from = |label: &str, replacement: String| {
        map([("sourceLabels", seq([label]))])
            .with("targetLabel", "instance")
            .with("replacement", replacement)
    };
    match &scrape.about {
        About::Itself if workload.is_of_hosts() => {
            let host = map([("sourceLabels", seq([HOST]))]).with("targetLabel", "host");
            let instance = from(HOST, format!("{}-$1", workload.name));
            vec![endpoint(None, vec![instance, host])]
        }
        About::Itself => vec![endpoint(None, vec![from(POD, "$1".to_owned())])],
        About::Beside(other) => {
            vec![endpoint(None, vec![from(NUMBER, format!("{other}-$1"))])]
        }
        About::Asked {
            group,
            port,
            scheme,
        } => {
            let asked = |name: &Name| plan.workload(name);
            let members = asked(group).into_iter().flat_map(|asked| &asked.members);
            members
                .map(|member| {
                    let number = member.port(port).map_or(0, |port| port.get());
                    let address = of_member(&plan.cluster, group, member);
                    let one = map([("sourceLabels", seq([POD]))])
                        .with("regex", near(workload, member))
                        .with("action", "keep");
                    let instance = map([
                        ("targetLabel", "instance"),
                        ("replacement", member.name.as_str()),
                    ]);
                    endpoint(
                        Some(format!("{scheme}{address}:{number}")),
                        vec![one, instance],
                    )
                })
                .collect()
        }
    }
}

/// The pod that asks a member: the one on its host, or the first.
fn near(workload: &Workload, asked: &Member) -> String {
    let mut members = workload.members.iter();
    let beside = members.find(|member| member.host == asked.host);
    let asks = beside.or_else(|| workload.members.first());
    asks.map_or_else(String::new, |member| pod(workload, member))
}
