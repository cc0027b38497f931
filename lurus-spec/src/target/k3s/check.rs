//! What K3S has no room for, and what it cannot give.
//!
//! In: a plan. Out: findings about settings that a pod cannot have, and about hosts on which a cluster of K3S cannot be made;
//! with the rules of the modules beside it, all rules of this target. What is not refused here is written as the plan says it.

use crate::check::{Check, Rule};
use crate::literal::Name;
use crate::plan::{Member, Plan, Symbol, Text, Workload};
use crate::report::{Code, Diagnostic, Origin, Report};
use crate::target::Target as _;
use crate::target::k3s::K3s;
use crate::target::k3s::address::{PODS, SERVICES};
use crate::target::k3s::bootstrap::{IMAGE, Nodes, Release};
use crate::target::k3s::controller::parts;
use crate::target::k3s::edge;
use crate::target::k3s::fill::{Filler, of_files};
use crate::target::k3s::name;
use crate::target::k3s::pod::{identity, is_reserved};
use crate::target::k3s::room;
use crate::target::k3s::user;

/// The rules of this target.
pub(super) const RULES: &[Rule] = &[
    Rule {
        code: CANNOT_GIVE.as_str(),
        ensures: "Ensure a pod of K3S can be given what its member needs.",
        explain: "\
On `k3s` the pods of a group are made from one template, run as a user that is not root, and see nothing of their host. So
there is no place for files of one host, for settings of the kernel that reach beyond the
pod, and for variables that differ from member to member by more than what Kubernetes knows of a pod and whether it is the
first. Members that belong to their hosts, one on each, may read directories of the host, and in return have no data, no
secrets and no connections of their own.

Leave such a component out of a cluster that is written for `k3s`, or give it another form there: two components of one
member each instead of one of two, a number as the user of an image.",
        source: "Kubernetes: StatefulSet, Pod Security Standards (`restricted`), safe sysctls",
        check: Check::Planned(cannot_give),
    },
    name::TAKEN,
    user::KNOWN,
    Rule {
        code: FOUNDED.as_str(),
        ensures: "Ensure K3S can be brought up on the hosts of a cluster that asks for it.",
        explain: "\
The hosts of a cluster of K3S find each other on one network that all of them are on. Its pods have addresses of
10.42.0.0/16 and its Services of 10.43.0.0/16, which no network of the inventory may touch. The release of K3S is pinned as
every other program is: by the image of that name.

Write `k3s = \"rancher/k3s:v1.35.5-k3s1\"` into `[images]`, and put all hosts on one network.",
        source: "https://docs.k3s.io/cli/server: `--cluster-cidr`, `--service-cidr`, `--node-ip`",
        check: Check::Planned(founded),
    },
    Rule {
        code: edge::ONCE.as_str(),
        ensures: "Ensure the one edge that K3S has can serve the names of every component whose place it takes.",
        explain: "\
On `hosts` and `local` every edge of a description has servers of its own, so that two of them may serve one name, or listen on
ports of their own. On `k3s` all of them are left to the one that K3S brings: a name is described once there, and plain HTTP
and HTTPS have one port each, at which nothing else is reached from outside.

Describe the name once, give all edges the same ports, or keep one of them there as a component:

    cluster.keep(&edge, \"k3s\");",
        source: "Kubernetes: Ingress; the entry points of Traefik in K3S, `web` and `websecure`",
        check: Check::Planned(edge::once),
    },
    Rule {
        code: edge::ENDS.as_str(),
        ensures: "Ensure every request that the edge of K3S takes is led to a group of the cluster.",
        explain: "\
An Ingress names Services of its own namespace. A route that leads out of the cluster has none; nor has one to a component that
is left out on `k3s`, or that would hand on no request with such a path. Without a route of its own, such a request would be
answered by whoever has a shorter path.

Give the component behind a route that takes these requests, or leave the route out.",
        source: "Kubernetes: IngressBackend; `providers.kubernetesIngress.allowExternalNameServices` of Traefik, off by default",
        check: Check::Planned(edge::ends),
    },
    room::PORTS,
    room::MEMORY,
];

const CANNOT_GIVE: Code = Code::new("L0903");
const FOUNDED: Code = Code::new("L0905");

/// Settings of the kernel that a pod may have under the strictest rules for pods.
const SAFE_SETTINGS: &[&str] = &[
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_syncookies",
];

/// Where a workload is described.
pub(super) fn origin(workload: &Workload) -> Option<Origin> {
    workload.members.first().map(|member| member.origin.clone())
}

fn cannot_give(plan: &Plan, report: &mut Report) {
    let target = K3s.name();
    let filler = Filler::of(plan);
    for workload in &plan.workloads {
        let Some(origin) = origin(workload) else {
            continue;
        };
        for (what, help) in missing(&filler, workload) {
            report.push(
                Diagnostic::error(
                    CANNOT_GIVE,
                    format!("`{target}` cannot give {} {what}", workload.name),
                )
                .primary(origin.clone(), "needs it")
                .help(help),
            );
        }
    }
}

/// What a workload needs and a pod cannot have, each with what to do.
fn missing(filler: &Filler<'_>, workload: &Workload) -> Vec<(String, String)> {
    let leave = || omit(&workload.component);
    let mut missing = Vec::new();
    if workload.is_of_hosts() {
        let refused = beside_hosts(filler, workload).into_iter();
        missing.extend(refused.map(|what| (what, leave())));
    } else {
        for path in &workload.host_paths {
            missing.push((format!("the directory {} of its host", path.path), leave()));
        }
    }
    if !workload.host_config.is_empty() {
        missing.push(("files that differ from host to host".to_owned(), leave()));
    }
    for setting in &workload.kernel {
        if !SAFE_SETTINGS.contains(&setting.key) {
            missing.push((
                format!("the setting {} of the kernel", setting.key),
                leave(),
            ));
        }
    }
    if workload.user.is_some() && identity(workload).is_none() {
        let user = workload.user.as_deref().unwrap_or_default();
        missing.push((
            format!("the user `{user}`, of whom it knows no number"),
            "name the user and the group by their numbers".to_owned(),
        ));
    }
    if identity(workload).is_some_and(|(user, _)| user == 0) {
        missing.push(("the rights of root".to_owned(), leave()));
    }
    if workload.init && workload.stop.signal.is_some() {
        missing.push((
            "both an init process and a signal of its own".to_owned(),
            "leave one of the two out".to_owned(),
        ));
    }
    missing.extend(unsayable(filler, workload));
    missing
}

/// What members that belong to their hosts need and cannot have: their namespace has nothing but them, and their network is
/// the host's.
fn beside_hosts(filler: &Filler<'_>, workload: &Workload) -> Vec<String> {
    let mut refused = Vec::new();
    let mut refuse = |is: bool, what: &str| refused.extend(is.then(|| what.to_owned()));
    let mut flows = filler.plan.flows.iter();
    refuse(
        !workload.volumes.is_empty(),
        "data that belongs to its host",
    );
    refuse(
        workload.secrets().next().is_some() || !workload.provided.is_empty(),
        "secrets beside its host",
    );
    refuse(
        !workload.kernel.is_empty(),
        "settings of the kernel for the network of its host",
    );
    refuse(
        flows.any(|flow| flow.from == workload.name),
        "connections from the network of its host to others",
    );
    refused
}

/// How a component is left out.
pub(super) fn omit(component: &Name) -> String {
    let variable = component.as_str().replace('-', "_");
    format!(
        "leave it out there: `cluster.omit(&{variable}, \"{}\")`",
        K3s.name()
    )
}

/// Texts that one template for all pods of a group cannot have.
pub(super) fn unsayable(filler: &Filler<'_>, workload: &Workload) -> Vec<(String, String)> {
    let split =
        || "split it into a component for its first member and one for the others".to_owned();
    let mut missing = Vec::new();
    let parts = parts(workload);
    let to_all = |said: &dyn Fn(&[Member]) -> bool| {
        let mut parts = parts.iter();
        parts.all(|part| said(part.members(workload)))
    };
    let sayable =
        |text: &Text| to_all(&|members| filler.templated(workload, members, text).is_some());
    for (name, text) in &workload.env {
        if !sayable(text) {
            missing.push((
                format!("a variable {name} that differs from member to member"),
                split(),
            ));
        }
        if is_reserved(name) {
            missing.push((
                format!("the variable {name}, a name of this target's own"),
                "give it a name that does not begin with `LURUS_`".to_owned(),
            ));
        }
    }
    if !workload.command.iter().all(sayable) {
        missing.push((
            "a command that differs from member to member".to_owned(),
            split(),
        ));
    }
    let asked_inside = workload.health.iter().filter(|_| workload.ready.is_none());
    for health in asked_inside {
        if !health
            .command
            .iter()
            .all(|text| to_all(&|members| filler.probed(workload, members, text).is_some()))
        {
            missing.push((
                "a check of its health that differs from member to member".to_owned(),
                "ask it over the network".to_owned(),
            ));
        }
    }
    if parts.len() > 1 && !workload.volumes.is_empty() {
        missing.push((
            "data to members of which the first is told something else".to_owned(),
            split(),
        ));
    }
    let may_be_any = workload.volumes.is_empty() && !workload.is_of_hosts();
    if may_be_any && of_files(workload).contains(&Symbol::OwnHost) {
        missing.push((
            "a file with the name of its host, which may be any".to_owned(),
            "give it in a variable".to_owned(),
        ));
    }
    missing
}

fn founded(plan: &Plan, report: &mut Report) {
    let Some(origin) = plan.workloads.iter().find_map(origin) else {
        return;
    };
    let target = K3s.name();
    if Release::of(plan).is_none() {
        report.push(
            Diagnostic::error(FOUNDED, format!("no release of `{target}` is pinned"))
                .primary(origin.clone(), "runs on it")
                .help(format!(
                    "write `{IMAGE} = \"rancher/k3s:v1.35.5-k3s1\"` into `[images]`"
                )),
        );
    }
    if Nodes::of(plan).is_none() {
        report.push(
            Diagnostic::error(
                FOUNDED,
                format!("the hosts of `{target}` have no network in common"),
            )
            .primary(origin.clone(), "is on one of them")
            .help("give every host an address on one network"),
        );
    }
    let networks = plan.inventory.networks();
    for network in networks {
        for (own, what) in [(PODS, "pods"), (SERVICES, "Services")] {
            if network.cidr.overlaps(&own) {
                report.push(
                    Diagnostic::error(
                        FOUNDED,
                        format!(
                            "network {} has addresses of the {what} of `{target}`",
                            network.name
                        ),
                    )
                    .primary(
                        network_origin(plan, &network.name, &origin),
                        format!("{} meets {own}", network.cidr),
                    )
                    .help("give the network other addresses"),
                );
            }
        }
    }
}

/// A member on a network, or any other place of the description.
fn network_origin(plan: &Plan, network: &Name, otherwise: &Origin) -> Origin {
    let mut members = plan.workloads.iter().flat_map(|workload| &workload.members);
    members
        .find(|member| &member.network == network)
        .map_or_else(|| otherwise.clone(), |member| member.origin.clone())
}
