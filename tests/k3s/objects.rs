//! The objects of a cluster, as the kustomization names them, by a reader that shares nothing with the writer but YAML.

use std::collections::{BTreeMap, BTreeSet};

use lurus_spec::file_tree::TreePath;
use lurus_spec::prelude::*;
use lurus_spec::{Compiled, compile};
use serde_json::Value as Json;

use crate::compiled;

/// The objects that the kustomization names.
pub(crate) struct Objects(pub(crate) Vec<Json>);

impl Objects {
    pub(crate) fn read() -> Self {
        Self::compiled(&compiled())
    }

    pub(crate) fn of_cluster(cluster: &Cluster) -> Self {
        Self::compiled(&compile(cluster).unwrap_or_else(|report| panic!("{report:#?}")))
    }

    pub(crate) fn compiled(compiled: &Compiled) -> Self {
        let read = |path: &str| -> Vec<Json> {
            let path = TreePath::new(&format!("whole/k3s/{path}")).expect("a path");
            let file = compiled.tree.get(&path);
            let file = file.unwrap_or_else(|| panic!("no file {path}"));
            let documents = file.text.split("\n---\n");
            documents
                .map(|text| serde_yaml::from_str(text).unwrap_or_else(|e| panic!("{path}: {e}")))
                .collect()
        };
        let [kustomization] = &read("kustomization.yaml")[..] else {
            panic!("one kustomization");
        };
        let named = texts(&kustomization["resources"]);
        let on_disk: BTreeSet<String> = compiled
            .tree
            .iter()
            .filter_map(|(path, _)| path.as_str().strip_prefix("whole/k3s/"))
            .filter(|path| path.ends_with(".yaml") && !path.starts_with("bootstrap/"))
            .filter(|path| *path != "kustomization.yaml")
            .map(str::to_owned)
            .collect();
        assert_eq!(named.iter().cloned().collect::<BTreeSet<_>>(), on_disk);
        Self(named.iter().flat_map(|path| read(path)).collect())
    }

    pub(crate) fn of(&self, kind: &str) -> Vec<&Json> {
        let found: Vec<&Json> = self
            .0
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
        let sets = self.0.iter().filter(runs);
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
