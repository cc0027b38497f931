//! Members that elect one among themselves in objects of Kubernetes, and Services that lead to whoever holds a role.
//!
//! In: the roles and the election of a workload. Out: what such members are told, their Services, and exactly the rights that
//! an election takes. The lock is an object of kind Endpoints, which the member that has it writes its own address into: so a
//! client is led away from a lost member in the same step in which another takes its place. An object of that kind stays
//! only while there is a Service of its name.

use crate::literal::Name;
use crate::plan::{Election, Elections, Held, Member, Plan, Role, Workload};
use crate::target::k3s::address::{namespace, pod};
use crate::target::k3s::bootstrap::{API_PORT, Nodes};
use crate::target::k3s::group::{POD_NAME, in_space, of_group, selected};
use crate::yaml::{Node, map, seq};

/// The label by which members of one election find each other.
pub(super) const SCOPE_LABEL: &str = "lurus/scope";

/// The label by which a member says which role it has.
pub(super) const ROLE_LABEL: &str = "lurus/role";

const INSTANCE_LABEL: &str = "app.kubernetes.io/instance";

/// Where Kubernetes keeps the addresses of its own API, under [`API`].
const API_SPACE: &str = "default";
const API: &str = "kubernetes";

/// What members are told of the place of their election.
pub(super) fn elections(cluster: &Name) -> Elections {
    Elections {
        store: API,
        space: namespace(cluster),
        scope_mark: SCOPE_LABEL,
        role_mark: ROLE_LABEL,
        marks: vec![(INSTANCE_LABEL, cluster.to_string())],
    }
}

/// The Service that leads to whoever holds a role.
pub(super) fn service_of(group: &Name, role: &Role) -> String {
    match &role.held {
        Held::Lock(lock) => lock.clone(),
        Held::By(_) | Held::Following(_) | Held::All => format!("{group}-{}", role.name),
    }
}

/// The names of all Services of the roles and the election of a workload.
pub(super) fn service_names(workload: &Workload) -> Vec<String> {
    let roles = workload.roles.iter();
    let records = workload.election.iter().flat_map(|election| {
        // Where nobody asks for who has the lock, the lock itself still needs its Service.
        let led = workload
            .roles
            .iter()
            .any(|role| role.held == Held::Lock(election.lock.clone()));
        let lock = (!led).then_some(&election.lock);
        election.records.iter().chain(lock)
    });
    roles
        .map(|role| service_of(&workload.name, role))
        .chain(records.cloned())
        .collect()
}

/// The Services of the roles and the election of a workload.
pub(super) fn services(plan: &Plan, workload: &Workload) -> Vec<Node> {
    let service =
        |name: &str, spec: Node| of_group("v1", "Service", plan, workload, name).with("spec", spec);
    let mut services: Vec<Node> = workload
        .roles
        .iter()
        .map(|role| service(&service_of(&workload.name, role), led(plan, workload, role)))
        .collect();
    let led_to: Vec<String> = workload
        .roles
        .iter()
        .map(|role| service_of(&workload.name, role))
        .collect();
    services.extend(
        service_names(workload)
            .into_iter()
            .filter(|name| !led_to.contains(name))
            .map(|name| service(&name, map([("clusterIP", "None")]))),
    );
    services
}

/// To whom a Service leads.
fn led(plan: &Plan, workload: &Workload, role: &Role) -> Node {
    let first = workload.members.first();
    let number = first.and_then(|member| member.port(&role.port));
    let number = number.map_or(Node::Null, |port| Node::Int(i64::from(port.get())));
    let ports = |target: Node| {
        seq([map([
            ("name", Node::str(role.port.as_ref())),
            ("port", number.clone()),
        ])
        .with("targetPort", target)])
    };
    let named = || ports(Node::str(role.port.as_ref()));
    let members = selected(plan, &workload.name);
    let selector = match &role.held {
        // Whoever has the lock says where it is.
        Held::Lock(_) => return map([("ports", ports(number.clone()))]),
        Held::By(name) => {
            let holder = workload.members.iter().find(|member| &member.name == name);
            members.with_some(POD_NAME, holder.map(|member| pod(workload, member)))
        }
        Held::Following(word) => members.with(ROLE_LABEL, *word),
        Held::All => members,
    };
    map([("selector", selector)]).with("ports", named())
}

/// The labels that members of an election carry besides those of their group.
pub(super) fn marks(election: &Election) -> impl Iterator<Item = (&'static str, String)> {
    let marks = election.marks.iter();
    std::iter::once((SCOPE_LABEL, election.scope.clone()))
        .chain(marks.map(|(key, value)| (*key, value.clone())))
}

/// What the members of an election may do: see each other and what they keep, change it, and say of themselves how they are.
/// And see where the API is, so that they know all of its servers when one is lost.
pub(super) fn rights(plan: &Plan, workload: &Workload, election: &Election) -> Vec<Node> {
    let space = namespace(&plan.cluster);
    let rule = |resource: &str, names: Vec<String>, verbs: &[&str]| {
        map([("apiGroups", seq([""])), ("resources", seq([resource]))])
            .with_filled("resourceNames", seq(names))
            .with("verbs", seq(verbs.iter().copied()))
    };
    let kept = std::iter::once(&election.lock).chain(&election.records);
    let kept: Vec<String> = kept.cloned().collect();
    let pods = workload.members.iter();
    let pods: Vec<String> = pods.map(|member: &Member| pod(workload, member)).collect();
    let own = seq([
        // Which one it is, is not known of what is made or listed.
        rule("endpoints", Vec::new(), &["create", "list", "watch"]),
        rule("endpoints", kept, &["get", "patch"]),
        rule("pods", Vec::new(), &["list", "watch"]),
        rule("pods", pods, &["patch"]),
    ]);
    let api = seq([rule("endpoints", vec![API.to_owned()], &["get"])]);
    let group = workload.name.as_str();
    let elsewhere = format!("{space}-{group}");
    let version = "rbac.authorization.k8s.io/v1";
    let bound = |object: Node, role: &str| {
        let role = map([
            ("apiGroup", "rbac.authorization.k8s.io"),
            ("kind", "Role"),
            ("name", role),
        ]);
        let account = map([
            ("kind", "ServiceAccount"),
            ("name", group),
            ("namespace", &space),
        ]);
        object
            .with("roleRef", role)
            .with("subjects", seq([account]))
    };
    vec![
        of_group(version, "Role", plan, workload, group).with("rules", own),
        bound(
            of_group(version, "RoleBinding", plan, workload, group),
            group,
        ),
        in_space(version, "Role", API_SPACE, plan, workload, &elsewhere).with("rules", api),
        bound(
            in_space(
                version,
                "RoleBinding",
                API_SPACE,
                plan,
                workload,
                &elsewhere,
            ),
            &elsewhere,
        ),
    ]
}

/// The way of the members of an election to the servers of the API, as a rule of a network policy.
pub(super) fn to_the_api(plan: &Plan) -> Option<Node> {
    let nodes = Nodes::of(plan)?;
    let servers = nodes.servers.iter().map(|(_, ip)| {
        let block = map([("cidr", format!("{ip}/32"))]);
        map([("ipBlock", block)])
    });
    let port = map([("port", Node::Int(i64::from(API_PORT)))]);
    Some(map([("to", seq(servers)), ("ports", seq([port]))]))
}
