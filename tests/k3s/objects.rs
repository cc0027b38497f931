//! The objects of a cluster, as the kustomization names them, by a reader that shares nothing with the writer but YAML.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use lurus_spec::file_tree::TreePath;
use lurus_spec::prelude::*;
use lurus_spec::{Compiled, compile};
use serde_json::Value as Json;

use crate::system;

/// What a cluster becomes on this target.
pub(crate) struct Objects {
    /// The name of the cluster.
    pub(crate) cluster: String,
    pub(crate) compiled: Compiled,
    /// The objects that the kustomization names.
    pub(crate) all: Vec<Json>,
}

impl Objects {
    /// Those of the cluster that is written for these tests.
    pub(crate) fn of_system() -> &'static Self {
        static SYSTEM: LazyLock<Objects> = LazyLock::new(|| Objects::of_cluster(&system()));
        &SYSTEM
    }

    /// Those of every cluster of the repository, for this target too where it does not ask for it.
    pub(crate) fn of_repository() -> &'static [Self] {
        static REPOSITORY: LazyLock<Vec<Objects>> = LazyLock::new(|| {
            let clusters = lurus::clusters().into_iter();
            let objects = clusters.map(|cluster| Objects::of_cluster(&cluster.target("k3s")));
            objects.collect()
        });
        &REPOSITORY
    }

    /// Those of both.
    pub(crate) fn everywhere() -> impl Iterator<Item = &'static Self> {
        [Self::of_system()].into_iter().chain(Self::of_repository())
    }

    pub(crate) fn of_cluster(cluster: &Cluster) -> Self {
        let compiled = compile(cluster);
        let compiled = compiled.unwrap_or_else(|report| panic!("{report:#?}"));
        let name = compiled.name.to_string();
        let [kustomization] = &documents(&compiled, "kustomization.yaml")[..] else {
            panic!("one kustomization");
        };
        let named = texts(&kustomization["resources"]);
        let folder = format!("{name}/k3s/");
        let on_disk: BTreeSet<String> = compiled
            .tree
            .iter()
            .filter_map(|(path, _)| path.as_str().strip_prefix(&folder))
            .filter(|path| path.ends_with(".yaml") && !path.starts_with("bootstrap/"))
            .filter(|path| *path != "kustomization.yaml")
            .map(str::to_owned)
            .collect();
        assert_eq!(named.iter().cloned().collect::<BTreeSet<_>>(), on_disk);
        Self {
            cluster: name,
            all: named
                .iter()
                .flat_map(|path| documents(&compiled, path))
                .collect(),
            compiled,
        }
    }

    /// The namespace of what does not belong to hosts.
    pub(crate) fn namespace(&self) -> String {
        format!("lurus-{}", self.cluster)
    }

    /// The text of a file, by its path below the folder of the cluster.
    pub(crate) fn file(&self, path: &str) -> &str {
        file(&self.compiled, path)
    }

    /// What hosts are given before they start, by host, under this path of theirs.
    pub(crate) fn of_hosts<'a>(&'a self, path: &str) -> BTreeMap<&'a str, &'a str> {
        let folder = format!("{}/k3s/bootstrap/", self.cluster);
        let files = self.compiled.tree.iter();
        files
            .filter_map(|(file, content)| {
                let (host, inside) = file.as_str().strip_prefix(&folder)?.split_once('/')?;
                (inside == path).then_some((host, content.text.as_str()))
            })
            .collect()
    }

    /// The configuration of K3S on each server.
    pub(crate) fn servers(&self) -> BTreeMap<&str, Json> {
        let all = self.of_hosts("etc/rancher/k3s/config.yaml").into_iter();
        let read = all.map(|(host, text)| (host, serde_yaml::from_str(text).expect("YAML")));
        // Only a server has an address at which others find it.
        read.filter(|(_, config): &(_, Json)| config["advertise-address"].is_string())
            .collect()
    }

    pub(crate) fn named(&self, kind: &str, wanted: &str) -> &Json {
        let mut all = self.of(kind).into_iter();
        all.find(|object| name(object) == wanted)
            .unwrap_or_else(|| panic!("no {kind} of {} is called {wanted}", self.cluster))
    }

    pub(crate) fn of(&self, kind: &str) -> Vec<&Json> {
        let found: Vec<&Json> = self
            .all
            .iter()
            .filter(|object| object["kind"] == kind)
            .collect();
        assert!(!found.is_empty(), "there is no {kind}");
        found
    }

    /// The templates of all pods, with the object that has them.
    pub(crate) fn templates(&self) -> Vec<(&Json, &Json)> {
        let kinds = ["StatefulSet", "Deployment", "DaemonSet", "Job"];
        let runs = |object: &&Json| kinds.iter().any(|kind| object["kind"] == *kind);
        let sets = self.all.iter().filter(runs);
        sets.map(|set| (set, &set["spec"]["template"])).collect()
    }

    /// The templates of a namespace that a selector finds.
    pub(crate) fn selected(&self, namespace: &Json, selector: &Json) -> Vec<&Json> {
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

fn file<'a>(compiled: &'a Compiled, path: &str) -> &'a str {
    let path = TreePath::new(&format!("{}/{path}", compiled.name)).expect("a path");
    let file = compiled.tree.get(&path);
    &file.unwrap_or_else(|| panic!("no file {path}")).text
}

/// The documents of a file of YAML, by its path below the folder of the target.
fn documents(compiled: &Compiled, path: &str) -> Vec<Json> {
    let documents = file(compiled, &format!("k3s/{path}")).split("\n---\n");
    documents
        .map(|text| serde_yaml::from_str(text).unwrap_or_else(|e| panic!("{path}: {e}")))
        .collect()
}

pub(crate) fn labels(node: &Json) -> BTreeMap<String, String> {
    let entries = node.as_object().expect("labels are a map");
    let text = |value: &Json| value.as_str().expect("a label is a text").to_owned();
    entries
        .iter()
        .map(|(key, value)| (key.clone(), text(value)))
        .collect()
}

pub(crate) fn texts(node: &Json) -> Vec<String> {
    list(node)
        .iter()
        .map(|item| item.as_str().expect("a text").to_owned())
        .collect()
}

pub(crate) fn list(node: &Json) -> &[Json] {
    node.as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn name(object: &Json) -> &str {
    object["metadata"]["name"].as_str().expect("a name")
}

pub(crate) fn container(template: &Json) -> &Json {
    &template["spec"]["containers"][0]
}

/// The group of pods.
pub(crate) fn group(template: &Json) -> &str {
    let label = &template["metadata"]["labels"]["app.kubernetes.io/name"];
    label.as_str().expect("a label")
}

pub(crate) fn port_names(template: &Json) -> BTreeSet<&str> {
    list(&container(template)["ports"])
        .iter()
        .map(|port| port["name"].as_str().expect("a port has a name"))
        .collect()
}
