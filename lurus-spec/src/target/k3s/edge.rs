//! The edge that K3S does by itself: Traefik, its controller of Ingresses, which takes the place of an edge of the
//! description that is left out.
//!
//! In: the edges of a plan. Out: an Ingress for each name, which any controller would understand, and the settings of the one
//! that K3S brings. It runs on each host on which the description has its edge, so that users reach the same addresses, and
//! losing one of them takes nothing else away.
//!
//! What it does as a matter of course is said nowhere: answers are passed on while they arrive, WebSockets pass, `Host` is
//! kept, and what a client says of itself in `X-Forwarded-For` is not.
//!
//! It waits for an answer as long as it takes, but for a whole request, and not for each piece of it, as long as the longest
//! route allows. Of a client that speaks HTTP/1, a body that has no end yet when the answer begins may cost the rest of the
//! answer (golang/go#40747): its releases before 3.7 have nothing that keeps back a request and not the answer too. Whoever
//! cannot have that keeps the described edge there.

use std::collections::{BTreeMap, BTreeSet};

use crate::literal::{DomainName, Duration, HostName, Name, Port};
use crate::plan::{Destination, Edge, Plan, PortName, ServedName};
use crate::report::{Code, Diagnostic, Origin, Report};
use crate::target::Target as _;
use crate::target::k3s::K3s;
use crate::target::k3s::address::{any, namespace};
use crate::target::k3s::pod::{certificate, int, on_hosts};
use crate::yaml::{Node, map, seq};

/// The name of the controller: of its class of Ingresses, of its chart, and of its pods.
pub(super) const CONTROLLER: &str = "traefik";

/// The namespace of the controller.
const SPACE: &str = "kube-system";

/// What begins the settings of an Ingress that are for this controller.
const ANNOTATION: &str = "traefik.ingress.kubernetes.io/router";

/// How long it tries to reach a member that may be gone, before it asks another: half a minute is its own default.
const DIAL: Duration = Duration::secs(2);

/// What a client has to speak, and no less. Suites of TLS 1.3 are not chosen.
const TLS: &str = "VersionTLS12";
const SUITES: &[&str] = &[
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];

/// The Ingress of each name.
pub(super) fn objects(plan: &Plan) -> Vec<Node> {
    let edges = plan.edges.iter();
    edges
        .flat_map(|edge| edge.names.iter().map(|name| ingress(plan, edge, name)))
        .collect()
}

fn ingress(plan: &Plan, edge: &Edge, name: &ServedName) -> Node {
    let host = name.name.as_str();
    let tls = map([
        ("hosts", seq([host])),
        ("secretName", Node::str(certificate(&name.certificate))),
    ]);
    let paths = name.routes.iter().filter_map(|route| {
        let Destination::Group { group, port } = &route.to else {
            return None;
        };
        let service = map([
            ("name", Node::str(any(group))),
            ("port", map([("name", port.as_ref())])),
        ]);
        Some(map([
            ("path", Node::str(route.path.as_str())),
            ("pathType", Node::str("Prefix")),
            ("backend", map([("service", service)])),
        ]))
    });
    let rule = map([("host", Node::str(host))]).with("http", map([("paths", seq(paths))]));
    let spec = map([("ingressClassName", Node::str(CONTROLLER))])
        .with("tls", seq([tls]))
        .with("rules", seq([rule]));
    let handled: Vec<String> = handling(plan, edge)
        .into_keys()
        .map(|name| format!("{SPACE}-{name}@kubernetescrd"))
        .collect();
    let metadata = map([
        ("name", Node::str(host)),
        ("namespace", Node::str(namespace(&plan.cluster))),
        (
            "annotations",
            map([
                (format!("{ANNOTATION}.entrypoints"), "websecure".to_owned()),
                (format!("{ANNOTATION}.middlewares"), handled.join(",")),
                (format!("{ANNOTATION}.tls"), "true".to_owned()),
            ]),
        ),
    ]);
    map([
        ("apiVersion", Node::str("networking.k8s.io/v1")),
        ("kind", Node::str("Ingress")),
        ("metadata", metadata),
        ("spec", spec),
    ])
}

/// Who connects to the groups that answer: the pods of the controller, as a policy names them.
pub(super) fn caller() -> Node {
    let labels = |key: &'static str, value: &str| map([("matchLabels", map([(key, value)]))]);
    map([
        (
            "namespaceSelector",
            labels("kubernetes.io/metadata.name", SPACE),
        ),
        ("podSelector", labels("app.kubernetes.io/name", CONTROLLER)),
    ])
}

/// The hosts on which users reach the edge.
pub(super) fn hosts(plan: &Plan) -> BTreeSet<&HostName> {
    plan.edges.iter().flat_map(|edge| &edge.hosts).collect()
}

/// The folder of which K3S applies every file by itself, on each server, and again when it changes.
const APPLIED: &str = "var/lib/rancher/k3s/server/manifests";

/// The settings of the controller, by the path on each server; none where the description has no edge for it.
pub(super) fn settings(plan: &Plan) -> Vec<(String, Vec<Node>)> {
    let Some(first) = plan.edges.first() else {
        return Vec::new();
    };
    let chart = map([
        ("apiVersion", Node::str("helm.cattle.io/v1")),
        ("kind", Node::str("HelmChartConfig")),
        (
            "metadata",
            map([("name", CONTROLLER), ("namespace", SPACE)]),
        ),
        (
            "spec",
            map([("valuesContent", Node::block(values(plan, first).to_yaml()))]),
        ),
    ]);
    // Kinds that the chart brings: until they are there, K3S tries this file again and again.
    let handling = plan.edges.iter().flat_map(|edge| handling(plan, edge));
    let handling = handling.map(|(name, spec)| of_controller("Middleware", &name, spec));
    vec![
        (format!("{APPLIED}/{CONTROLLER}-config.yaml"), vec![chart]),
        (
            format!("{APPLIED}/{CONTROLLER}-edge.yaml"),
            handling.chain([tls()]).collect(),
        ),
    ]
}

/// What is changed of the values of its chart. All edges of a checked plan have the ports of the first.
fn values(plan: &Plan, first: &Edge) -> Node {
    let longest = |of: fn(&Edge) -> Duration| plan.edges.iter().map(of).max().unwrap_or(DIAL);
    let drain = longest(|edge| edge.drain);
    let routes = plan
        .edges
        .iter()
        .flat_map(|edge| &edge.names)
        .flat_map(|name| &name.routes);
    let patience = routes.map(|route| route.patience).max().unwrap_or(drain);
    let here = hosts(plan).into_iter().map(HostName::as_str);
    let terms = seq([map([("matchExpressions", seq([on_hosts(here)]))])]);
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let affinity = map([(required, map([("nodeSelectorTerms", terms)]))]);
    let port = |port: Port| map([("exposedPort", Node::Int(i64::from(port.get())))]);
    let redirection = "--entryPoints.web.http.redirections.entryPoint";
    let secure = "--entryPoints.websecure";
    let arguments = [
        format!("{redirection}.to=:{}", first.https),
        format!("{redirection}.scheme=https"),
        format!("{redirection}.permanent=true"),
        // Of a whole request with its body: after a minute, its own default, an upload that is longer would be cut off.
        format!(
            "{secure}.transport.respondingTimeouts.readTimeout={}",
            time(patience)
        ),
        format!("{secure}.transport.lifeCycle.graceTimeOut={}", time(drain)),
        format!(
            "--serversTransport.forwardingTimeouts.dialTimeout={}",
            time(DIAL)
        ),
    ];
    map([(
        "deployment",
        map([
            ("kind", Node::str("DaemonSet")),
            (
                "terminationGracePeriodSeconds",
                int(drain.as_millis().div_ceil(1000) + 5),
            ),
        ]),
    )])
    .with("affinity", map([("nodeAffinity", affinity)]))
    // Without the second hop to another host, it sees who connects.
    .with(
        "service",
        map([("spec", map([("externalTrafficPolicy", "Local")]))]),
    )
    .with(
        "ports",
        map([("web", port(first.http)), ("websecure", port(first.https))]),
    )
    .with("additionalArguments", seq(arguments))
}

/// What is done with each request of an edge on its way, by the name of the object that says so.
fn handling(plan: &Plan, edge: &Edge) -> BTreeMap<String, Node> {
    let named = |what: &str| format!("{}-{}-{what}", namespace(&plan.cluster), edge.component);
    // A request that could not be handed to a member goes to another one. Once a member has it, nobody else gets it.
    let retry = map([("attempts", Node::Int(i64::from(edge.tries.max(1))))]);
    let tries = (named("tries"), map([("retry", retry)]));
    let hsts = edge.hsts.map(|long| {
        let headers = map([("stsSeconds", int(long.as_secs()))]);
        (named("hsts"), map([("headers", headers)]))
    });
    [tries].into_iter().chain(hsts).collect()
}

/// How TLS is spoken, with whom nothing else is said: `default` is a name with this meaning. Who asks for a name that
/// nobody serves is refused.
fn tls() -> Node {
    let spec = map([("minVersion", TLS)])
        .with("cipherSuites", seq(SUITES.iter().copied()))
        .with("sniStrict", true);
    of_controller("TLSOption", "default", spec)
}

fn of_controller(kind: &str, name: &str, spec: Node) -> Node {
    let metadata = map([("name", name), ("namespace", SPACE)]);
    map([("apiVersion", "traefik.io/v1alpha1"), ("kind", kind)])
        .with("metadata", metadata)
        .with("spec", spec)
}

/// A time as the controller reads it.
fn time(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis.is_multiple_of(1000) {
        format!("{}s", millis / 1000)
    } else {
        format!("{millis}ms")
    }
}

/// Finds what one controller cannot serve for all edges: a name of two of them, or two ports for one thing.
pub(super) fn once(plan: &Plan, report: &mut Report) {
    let target = K3s.name();
    let mut known: BTreeMap<&DomainName, (&Edge, &ServedName)> = BTreeMap::new();
    for (edge, name) in plan
        .edges
        .iter()
        .flat_map(|edge| edge.names.iter().map(move |name| (edge, name)))
    {
        let Some((first, named)) = known.insert(&name.name, (edge, name)) else {
            continue;
        };
        report.push(
            Diagnostic::error(ONCE, format!("`{target}` is to serve {} twice", name.name))
                .primary(named.origin.clone(), format!("for {}", first.component))
                .primary(name.origin.clone(), format!("for {}", edge.component))
                .note("on this target one edge serves the names of all")
                .help(
                    "describe the name once, with the routes of both, or keep one of the two there",
                ),
        );
    }
    let Some(first) = plan.edges.first() else {
        return;
    };
    let ports = |edge: &Edge| (edge.http, edge.https);
    let mut refuse = |what: &Name, origin: &Origin, at: String| {
        let title = format!(
            "{} and {what} want ports of their own of the one edge of `{target}`",
            first.component
        );
        report.push(
            Diagnostic::error(ONCE, title)
                .primary(first.origin.clone(), format!("at {} and {}", first.http, first.https))
                .primary(origin.clone(), at)
                .help("give edges the same ports, and ports of their own to components that are kept there"),
        );
    };
    for other in &plan.edges {
        if ports(other) != ports(first) {
            let at = format!("at {} and {}", other.http, other.https);
            refuse(&other.component, &other.origin, at);
        }
    }
    for opening in &plan.openings {
        let open = plan.workload(&opening.group).and_then(|workload| {
            let ports = &workload.members.first()?.ports;
            let port = ports.iter().find(|port| port.name == opening.port)?;
            Some((workload, port))
        });
        if let Some((workload, open)) = open
            && [first.http, first.https].contains(&open.port)
        {
            refuse(
                &workload.component,
                &open.origin,
                format!("at {}", open.port),
            );
        }
    }
}

/// Finds routes that lead to nothing that an Ingress could name.
pub(super) fn ends(plan: &Plan, report: &mut Report) {
    let target = K3s.name();
    for name in plan.edges.iter().flat_map(|edge| &edge.names) {
        for route in &name.routes {
            let requests = format!("{}{}", name.name, route.path);
            let (why, help) = match &route.to {
                Destination::Group { group, port } if has_port(plan, group, port) => continue,
                Destination::Group { group, port } => (
                    format!("{group} has no port `{port}`"),
                    "lead them to a port that is there".to_owned(),
                ),
                Destination::Outside(remote) => (
                    format!("{remote} is outside the cluster"),
                    "let a component of the cluster hand these requests on".to_owned(),
                ),
                Destination::Nobody(component) => (
                    format!("{component} has no answer to them there"),
                    "lead them to a component that is there".to_owned(),
                ),
            };
            report.push(
                Diagnostic::error(
                    ENDS,
                    format!("`{target}` cannot lead requests for {requests} anywhere"),
                )
                .primary(route.origin.clone(), why)
                .help(help),
            );
        }
    }
}

fn has_port(plan: &Plan, group: &Name, port: &PortName) -> bool {
    let first = plan
        .workload(group)
        .and_then(|workload| workload.members.first());
    first.is_some_and(|member| member.port(port).is_some())
}

pub(super) const ONCE: Code = Code::new("L0930");
pub(super) const ENDS: Code = Code::new("L0931");
