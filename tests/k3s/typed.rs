//! Each manifest is read into the type that its release of Kubernetes has for it, and nothing of it is lost on the way:
//! a key that the type has not, or a value of another type, is a mistake.

use std::collections::BTreeSet;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, StatefulSet};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, PersistentVolume, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use k8s_openapi::api::storage::v1::StorageClass;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::objects::Objects;

/// What is left of an object in its type; none where the type is not one of Kubernetes itself.
fn typed(object: &Value) -> Option<Result<Value, serde_json::Error>> {
    fn by<T: DeserializeOwned + Serialize>(object: &Value) -> Result<Value, serde_json::Error> {
        serde_json::to_value(serde_json::from_value::<T>(object.clone())?)
    }
    let read = match (object["apiVersion"].as_str()?, object["kind"].as_str()?) {
        ("v1", "ConfigMap") => by::<ConfigMap>,
        ("v1", "Namespace") => by::<Namespace>,
        ("v1", "PersistentVolume") => by::<PersistentVolume>,
        ("v1", "Service") => by::<Service>,
        ("v1", "ServiceAccount") => by::<ServiceAccount>,
        ("apps/v1", "DaemonSet") => by::<DaemonSet>,
        ("apps/v1", "Deployment") => by::<Deployment>,
        ("apps/v1", "StatefulSet") => by::<StatefulSet>,
        ("batch/v1", "Job") => by::<Job>,
        ("networking.k8s.io/v1", "Ingress") => by::<Ingress>,
        ("networking.k8s.io/v1", "NetworkPolicy") => by::<NetworkPolicy>,
        ("policy/v1", "PodDisruptionBudget") => by::<PodDisruptionBudget>,
        ("rbac.authorization.k8s.io/v1", "Role") => by::<Role>,
        ("rbac.authorization.k8s.io/v1", "RoleBinding") => by::<RoleBinding>,
        ("storage.k8s.io/v1", "StorageClass") => by::<StorageClass>,
        _ => return None,
    };
    Some(read(object))
}

/// The paths of what is given and not kept as it was given.
fn lost(given: &Value, kept: &Value) -> Vec<String> {
    let below = |key: &str, given: &Value| {
        let below = lost(
            given,
            kept.pointer(&format!("/{key}")).unwrap_or(&Value::Null),
        );
        below
            .into_iter()
            .map(|path| format!("/{key}{path}"))
            .collect::<Vec<_>>()
    };
    match (given, kept) {
        (Value::Object(entries), Value::Object(_)) => {
            let entries = entries.iter();
            entries
                .flat_map(|(key, value)| below(&key.replace('~', "~0").replace('/', "~1"), value))
                .collect()
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            let items = items.iter().enumerate();
            items
                .flat_map(|(index, item)| below(&index.to_string(), item))
                .collect()
        }
        _ if given == kept => Vec::new(),
        _ => vec![String::new()],
    }
}

/// The objects of a cluster, each with the path of its manifest: those that are applied, and those that its servers apply.
fn objects(of: &Objects) -> Vec<(String, Value)> {
    let folder = format!("{}/k3s/", of.cluster);
    let files = of.compiled.tree.iter();
    let manifests = files
        .filter(|(path, _)| path.as_str().starts_with(&folder) && path.as_str().ends_with(".yaml"));
    let objects = manifests.flat_map(|(path, file)| {
        let documents = file.text.split("\n---\n");
        documents.map(move |text| {
            let object: Value =
                serde_yaml::from_str(text).unwrap_or_else(|e| panic!("{path}: {e}"));
            (path.to_string(), object)
        })
    });
    // The configuration of a program is none.
    objects
        .filter(|(_, object)| !object["kind"].is_null())
        .collect()
}

#[test]
fn nothing_of_an_object_is_unknown_to_its_release() {
    let (mut read, mut foreign) = (0, BTreeSet::new());
    for (path, object) in Objects::everywhere().flat_map(objects) {
        let name = &object["metadata"]["name"];
        match typed(&object) {
            Some(Ok(kept)) => {
                assert_eq!(lost(&object, &kept), [""; 0], "{path}: {name}");
                read += 1;
            }
            Some(Err(error)) => panic!("{path}: {name}: {error}"),
            None => drop(foreign.insert(object["kind"].as_str().unwrap_or_default().to_owned())),
        }
    }
    assert!(read > 100, "only {read} objects");
    // Of K3S, of Traefik and of Kustomize.
    let of_others = [
        "HelmChartConfig",
        "Kustomization",
        "Middleware",
        "TLSOption",
    ];
    assert_eq!(foreign, BTreeSet::from(of_others.map(str::to_owned)));
}

#[test]
fn a_key_that_no_release_has_is_noticed() {
    let object = serde_json::json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "app"},
        "automountServiceAcountToken": false,
    });
    let kept = typed(&object)
        .expect("a known kind")
        .expect("a service account");
    assert_eq!(lost(&object, &kept), ["/automountServiceAcountToken"]);
}
