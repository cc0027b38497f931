//! Volumes: directories of hosts, each reserved for one member.
//!
//! In: the volumes of a plan. Out: a storage class, and for each volume a PersistentVolume on the host that the description
//! names, which only the claim of its member can have. So a member with data is always where its data is, and where the
//! checks of what a loss stops looked.

use crate::plan::{Kind, Member, Plan, Volume, Workload};
use crate::target::k3s::address::{namespace, pod};
use crate::target::k3s::pod::{bytes, on_hosts};
use crate::yaml::{Node, map, seq};

/// The storage class of a cluster.
pub(super) fn class(plan: &Plan) -> String {
    namespace(&plan.cluster)
}

/// The folder of a volume on the host of its member.
pub(super) fn folder(plan: &Plan, member: &Member, volume: &Volume) -> String {
    let volume = Workload::volume(member, volume);
    format!("/var/lib/lurus/{}/{volume}", plan.cluster)
}

/// Every volume of a plan, with its member.
pub(super) fn all(plan: &Plan) -> impl Iterator<Item = (&Workload, &Member, &Volume)> {
    plan.workloads
        .iter()
        .filter(|workload| workload.kind == Kind::Service)
        .flat_map(|workload| {
            workload.members.iter().flat_map(move |member| {
                workload
                    .volumes
                    .iter()
                    .map(move |volume| (workload, member, volume))
            })
        })
}

/// The storage class and the volumes; nothing where nobody has data.
pub(super) fn objects(plan: &Plan) -> Vec<Node> {
    let volumes: Vec<Node> = all(plan)
        .map(|(workload, member, volume)| persistent_volume(plan, workload, member, volume))
        .collect();
    if volumes.is_empty() {
        return volumes;
    }
    let class = map([
        ("apiVersion", Node::str("storage.k8s.io/v1")),
        ("kind", Node::str("StorageClass")),
        ("metadata", map([("name", class(plan))])),
        ("provisioner", Node::str("kubernetes.io/no-provisioner")),
        ("reclaimPolicy", Node::str("Retain")),
        ("volumeBindingMode", Node::str("WaitForFirstConsumer")),
    ]);
    std::iter::once(class).chain(volumes).collect()
}

fn persistent_volume(plan: &Plan, workload: &Workload, member: &Member, volume: &Volume) -> Node {
    let name = format!("{}-{}", class(plan), Workload::volume(member, volume));
    let claim = map([
        ("apiVersion", "v1"),
        ("kind", "PersistentVolumeClaim"),
        ("namespace", &namespace(&plan.cluster)),
        (
            "name",
            &format!("{}-{}", volume.name, pod(workload, member)),
        ),
    ]);
    let here = map([("matchExpressions", seq([on_hosts([member.host.as_str()])]))]);
    let spec = map([("capacity", map([("storage", bytes(volume.size))]))])
        .with("accessModes", seq(["ReadWriteOnce"]))
        .with("persistentVolumeReclaimPolicy", "Retain")
        .with("storageClassName", class(plan))
        .with("claimRef", claim)
        .with("local", map([("path", folder(plan, member, volume))]))
        .with(
            "nodeAffinity",
            map([("required", map([("nodeSelectorTerms", seq([here]))]))]),
        );
    map([
        ("apiVersion", Node::str("v1")),
        ("kind", Node::str("PersistentVolume")),
        ("metadata", map([("name", name)])),
        ("spec", spec),
    ])
}
