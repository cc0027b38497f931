//! The objects of one group.
//!
//! In: a workload. Out: its ServiceAccount, ConfigMap, Services, what keeps its pods running, PodDisruptionBudget and
//! NetworkPolicy, in the order in which they are of use.

use std::collections::{BTreeMap, BTreeSet};

use crate::literal::{Cidr, Name};
use crate::plan::{Kind, Outside, Plan, PortName, Workload};
use crate::target::k3s::address::{any, has_fixed, namespace, namespace_of, outside, pod};
use crate::target::k3s::config::config_name;
use crate::target::k3s::controller::{Part, budget, controller, parts};
use crate::target::k3s::election;
use crate::target::k3s::fill::Filler;
use crate::target::k3s::monitor;
use crate::target::k3s::network;
use crate::target::k3s::pod::{MEMBER, Template, datagrams};
use crate::yaml::{Node, map, seq};

/// The label that names the pod of a StatefulSet.
pub(super) const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";

/// The templates of the pods of a workload: one for each of its parts, of which there is at least one.
pub(super) fn templates<'a>(filler: &'a Filler<'a>, workload: &'a Workload) -> Vec<Template<'a>> {
    let parts = parts(workload).iter();
    parts
        .map(|part| Template::of(filler, workload, *part))
        .collect()
}

/// The objects of a workload with these templates. `asked` are the groups of which any member is asked.
pub(super) fn objects(
    filler: &Filler<'_>,
    workload: &Workload,
    templates: &[Template<'_>],
    asked: &BTreeSet<&Name>,
) -> Vec<Node> {
    let plan = filler.plan;
    let mut objects = vec![
        of_group(
            "v1",
            "ServiceAccount",
            plan,
            workload,
            workload.name.as_str(),
        )
        .with("automountServiceAccountToken", false),
    ];
    // All parts of a group have the same files.
    let data = templates.first().map(|template| &template.data);
    if let Some(data) = data.filter(|data| !data.is_empty()) {
        let data = data
            .iter()
            .map(|(key, text)| (key.clone(), Node::block(text.as_str())));
        objects.push(
            of_group("v1", "ConfigMap", plan, workload, &config_name(workload))
                .with("data", map(data)),
        );
    }
    if workload.kind == Kind::Service {
        objects.extend(services(filler, workload, asked));
    }
    objects.extend(templates.iter().map(|template| controller(plan, template)));
    if workload.kind == Kind::Service {
        objects.extend(budget(plan, workload));
    }
    if let Some(election) = &workload.election {
        objects.extend(election::rights(plan, workload, election));
    }
    objects.extend(network::policy(plan, workload));
    objects.extend(monitor::monitors(plan, workload));
    objects
}

/// The head of an object of the cluster's namespace that is no group's.
pub(super) fn object(version: &str, kind: &str, plan: &Plan, name: &str) -> Node {
    let metadata = map([
        ("name", Node::str(name)),
        ("namespace", Node::str(namespace(&plan.cluster))),
    ]);
    map([
        ("apiVersion", Node::str(version)),
        ("kind", Node::str(kind)),
        ("metadata", metadata),
    ])
}

/// The head of an object of a group.
pub(super) fn of_group(
    version: &str,
    kind: &str,
    plan: &Plan,
    workload: &Workload,
    name: &str,
) -> Node {
    let space = namespace_of(&plan.cluster, workload);
    in_space(version, kind, &space, plan, workload, name)
}

/// The head of an object of a group in a namespace that may be another than the cluster's.
pub(super) fn in_space(
    version: &str,
    kind: &str,
    space: &str,
    plan: &Plan,
    workload: &Workload,
    name: &str,
) -> Node {
    let metadata = map([
        ("name", Node::str(name)),
        ("namespace", Node::str(space)),
        ("labels", labels(plan, workload)),
    ]);
    map([
        ("apiVersion", Node::str(version)),
        ("kind", Node::str(kind)),
        ("metadata", metadata),
    ])
}

/// The labels by which the pods of a group are found. They can never be changed.
pub(super) fn selected(plan: &Plan, group: &Name) -> Node {
    map([
        ("app.kubernetes.io/name", group.as_str()),
        ("app.kubernetes.io/instance", plan.cluster.as_str()),
    ])
}

/// All labels of the pods of a workload.
pub(super) fn labels(plan: &Plan, workload: &Workload) -> Node {
    selected(plan, &workload.name)
        .with("app.kubernetes.io/component", workload.component.as_str())
        .with("app.kubernetes.io/part-of", workload.stack.as_str())
        .with("app.kubernetes.io/managed-by", "lurus")
}

/// Which ports of a group are a Service's.
#[derive(Clone, Copy)]
enum Ports<'a> {
    All,
    These(&'a BTreeSet<&'a PortName>),
}

fn ports(workload: &Workload, wanted: Ports<'_>) -> Node {
    let first = workload.members.first().into_iter();
    let wanted = |name: &PortName| match wanted {
        Ports::All => true,
        Ports::These(names) => names.contains(name),
    };
    let ports = first
        .flat_map(|member| &member.ports)
        .filter(|port| wanted(&port.name))
        .flat_map(|port| {
            let one = |name: String| {
                map([
                    ("name", Node::str(name.as_str())),
                    ("port", Node::Int(i64::from(port.port.get()))),
                    ("targetPort", Node::str(name)),
                ])
            };
            let udp = port
                .datagrams
                .then(|| one(datagrams(&port.name)).with("protocol", "UDP"));
            [one(port.name.to_string())].into_iter().chain(udp)
        });
    seq(ports)
}

fn services(filler: &Filler<'_>, workload: &Workload, asked: &BTreeSet<&Name>) -> Vec<Node> {
    let plan = filler.plan;
    let service =
        |name: &str, spec: Node| of_group("v1", "Service", plan, workload, name).with("spec", spec);
    // Peers look for each other before anyone serves.
    let headless = map([("clusterIP", Node::str("None"))])
        .with("publishNotReadyAddresses", true)
        .with("selector", selected(plan, &workload.name))
        .with_filled("ports", ports(workload, Ports::All));
    let mut services = vec![service(workload.name.as_str(), headless)];
    if asked.contains(&workload.name) {
        let spec = map([("selector", selected(plan, &workload.name))])
            .with("ports", ports(workload, Ports::All));
        services.push(service(&any(&workload.name), spec));
    }
    if has_fixed(workload) {
        for member in &workload.members {
            let name = pod(workload, member);
            let address = &filler.fixed[&member.name];
            let is_first = member.index == 1 && parts(workload).contains(&Part::First);
            let label = if is_first { MEMBER } else { POD_NAME };
            let selector = selected(plan, &workload.name).with(label, name.as_str());
            let spec = map([("clusterIP", Node::str(address.to_string()))])
                .with("publishNotReadyAddresses", true)
                .with("selector", selector)
                .with("ports", ports(workload, Ports::All));
            services.push(service(&name, spec));
        }
    }
    services.extend(election::services(plan, workload));
    for (number, (callers, names)) in (1..).zip(openings(plan, workload)) {
        let name = outside(&workload.name);
        let name = match number {
            1 => name,
            _ => format!("{name}-{number}"),
        };
        // Without the second hop to another host, the member sees who connects.
        let spec = map([("type", "LoadBalancer"), ("externalTrafficPolicy", "Local")])
            .with_filled(
                "loadBalancerSourceRanges",
                seq(callers.iter().map(ToString::to_string)),
            )
            .with("selector", selected(plan, &workload.name))
            .with("ports", ports(workload, Ports::These(&names)));
        services.push(service(&name, spec));
    }
    services
}

/// The ports that are open to the outside, by the networks that may connect; none for everyone.
fn openings<'p>(
    plan: &'p Plan,
    workload: &Workload,
) -> BTreeMap<BTreeSet<Cidr>, BTreeSet<&'p PortName>> {
    let mut callers: BTreeMap<&PortName, Option<BTreeSet<Cidr>>> = BTreeMap::new();
    for opening in plan
        .openings
        .iter()
        .filter(|opening| opening.group == workload.name)
    {
        let known = callers
            .entry(&opening.port)
            .or_insert_with(|| Some(BTreeSet::new()));
        match &opening.from {
            Outside::Anyone => *known = None,
            Outside::Network(network) => {
                known.iter_mut().for_each(|known| {
                    known.insert(*network);
                });
            }
        }
    }
    let mut ports: BTreeMap<BTreeSet<Cidr>, BTreeSet<&PortName>> = BTreeMap::new();
    for (port, callers) in callers {
        ports
            .entry(callers.unwrap_or_default())
            .or_default()
            .insert(port);
    }
    ports
}
