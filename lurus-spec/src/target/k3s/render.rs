//! The folder that `kubectl apply -k` takes.

use std::collections::BTreeSet;

use crate::file_tree::{File, FileTree, Impact, TreePath, header};
use crate::literal::Name;
use crate::plan::{Cost, Edge, Plan, Symbol, Workload};
use crate::target::k3s::address::{host_namespace, namespace};
use crate::target::k3s::bootstrap::{self, Release};
use crate::target::k3s::fill::{Filler, of_files, of_template};
use crate::target::k3s::pod::Template;
use crate::target::k3s::{edge, group, network, storage};
use crate::yaml::{Node, document, documents, map, seq};

pub(super) fn render(plan: &Plan) -> FileTree {
    let mut tree = FileTree::default();
    let filler = Filler::of(plan);
    let asked = asked(&filler);
    let mut resources = Vec::new();
    let mut manifest = |path: String, objects: &[Node], impact: Impact| {
        put(
            &mut tree,
            &path,
            documents(&header(&plan.cluster), objects),
            impact,
        );
        resources.push(path);
    };
    let nobody = Impact::default;
    manifest("namespace.yaml".to_owned(), &spaces(plan), nobody());
    let volumes = storage::objects(plan);
    if !volumes.is_empty() {
        manifest("storage.yaml".to_owned(), &volumes, nobody());
    }
    // Nothing that runs reads these, and they hold as soon as Kubernetes has them.
    let applied = || Impact {
        cost: Cost::Reload(format!("kubectl apply -k generated/{}/k3s", plan.cluster)),
        ..Impact::default()
    };
    manifest("network.yaml".to_owned(), &network::of_all(plan), applied());
    let ingresses = edge::objects(plan);
    if !ingresses.is_empty() {
        manifest("edge.yaml".to_owned(), &ingresses, applied());
    }
    for workload in &plan.workloads {
        let templates = group::templates(&filler, workload);
        let objects = group::objects(&filler, workload, &templates, &asked);
        // All parts of a group have the same files.
        let texts = templates.first().map(Template::impacts);
        let impact = Impact {
            workloads: names(workload),
            cost: Cost::Recreate,
            texts: texts.unwrap_or_default(),
            ..Impact::default()
        };
        manifest(format!("groups/{}.yaml", workload.name), &objects, impact);
    }
    let kustomization = map([
        ("apiVersion", Node::str("kustomize.config.k8s.io/v1beta1")),
        ("kind", Node::str("Kustomization")),
        ("resources", seq(resources)),
    ]);
    put(
        &mut tree,
        "kustomization.yaml",
        document(&header(&plan.cluster), &kustomization),
        nobody(),
    );
    for workload in &plan.workloads {
        if let Some(build) = &workload.build {
            put(
                &mut tree,
                &format!("build/{}/Dockerfile", workload.name),
                format!("# {}\n{}", header(&plan.cluster), build.recipe),
                Impact {
                    workloads: names(workload),
                    cost: Cost::Recreate,
                    ..Impact::default()
                },
            );
        }
    }
    for (path, (text, cost)) in bootstrap::files(plan) {
        let impact = Impact {
            cost,
            ..Impact::default()
        };
        put(&mut tree, &path, text, impact);
    }
    tree
}

/// The namespaces, each with what its pods may not ask for. Those that belong to hosts see them, which only the level without
/// limits lets them: nothing else is beside them.
fn spaces(plan: &Plan) -> Vec<Node> {
    let of_hosts = plan.workloads.iter().any(Workload::is_of_hosts);
    let own = space(plan, namespace(&plan.cluster), "restricted");
    let beside = of_hosts.then(|| space(plan, host_namespace(&plan.cluster), "privileged"));
    [own].into_iter().chain(beside).collect()
}

fn space(plan: &Plan, name: String, level: &str) -> Node {
    let minor = Release::of(plan).map_or_else(|| "latest".to_owned(), |release| release.minor());
    let labels = ["enforce", "audit", "warn"].into_iter().flat_map(|mode| {
        let key = format!("pod-security.kubernetes.io/{mode}");
        [
            (key.clone(), level.to_owned()),
            (format!("{key}-version"), minor.clone()),
        ]
    });
    map([
        ("apiVersion", Node::str("v1")),
        ("kind", Node::str("Namespace")),
        (
            "metadata",
            map([("name", Node::str(name)), ("labels", map(labels))]),
        ),
    ])
}

/// Groups of which somebody of another component, or a user by way of the edge, asks any member.
fn asked<'a>(filler: &Filler<'a>) -> BTreeSet<&'a Name> {
    let plan: &'a Plan = filler.plan;
    let routed = plan.edges.iter().flat_map(Edge::groups);
    let mut asked: BTreeSet<&Name> = routed.map(|(group, _)| group).collect();
    for workload in &plan.workloads {
        for symbol in of_template(workload).into_iter().chain(&of_files(workload)) {
            let (other, each) = match symbol {
                Symbol::Beside(other, _) | Symbol::BesideAddress(other, _) => (other, false),
                Symbol::EachBeside(other, _) => (other, true),
                Symbol::OwnName
                | Symbol::OwnIndex
                | Symbol::OwnHost
                | Symbol::OwnAddress
                | Symbol::OwnIp
                | Symbol::OwnBind
                | Symbol::OwnPort(_)
                | Symbol::BesidePort(..)
                | Symbol::Outside(..)
                | Symbol::Inside(..)
                | Symbol::FirstElse(..)
                | Symbol::Lasting(..)
                | Symbol::Secret(_) => continue,
            };
            if each || !filler.is_of_same_component(workload, other) {
                asked.extend(plan.workload(other).map(|other| &other.name));
            }
        }
    }
    asked
}

fn names(workload: &Workload) -> BTreeSet<String> {
    let members = workload.members.iter();
    members.map(|member| member.name.to_string()).collect()
}

fn put(tree: &mut FileTree, path: &str, text: String, impact: Impact) {
    let file = File {
        text,
        executable: false,
        impact,
    };
    TreePath::new(path)
        .and_then(|path| tree.insert(path, file))
        .expect("paths are made of checked names, and groups have different ones");
}
