//! Where data is, and how many of those who have it may be missing at a time.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::objects::{Objects, group, list, name, texts};

/// A member's claim has one volume that is reserved for it, on a host on which its pod may be.
#[test]
fn each_claim_has_its_volume() {
    for objects in Objects::everywhere() {
        let classes: BTreeSet<&str> = objects.of("StorageClass").into_iter().map(name).collect();
        let mut reserved = BTreeMap::new();
        for volume in objects.of("PersistentVolume") {
            let spec = &volume["spec"];
            assert!(classes.contains(spec["storageClassName"].as_str().expect("a class")));
            let claim = spec["claimRef"]["name"]
                .as_str()
                .expect("a claim")
                .to_owned();
            assert!(
                reserved.insert(claim, spec).is_none(),
                "{} is reserved twice",
                name(volume)
            );
        }
        for set in objects.of("StatefulSet") {
            let replicas = set["spec"]["replicas"].as_u64().expect("a number");
            let allowed = hosts(
                &set["spec"]["template"]["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"],
            );
            let mut used = Vec::new();
            for claim in list(&set["spec"]["volumeClaimTemplates"]) {
                for index in 1..=replicas {
                    let volume = reserved
                        .remove(&format!("{}-{}-{index}", name(claim), name(set)))
                        .unwrap_or_else(|| panic!("{}-{index} has no volume", name(set)));
                    let wanted = &claim["spec"];
                    assert_eq!(volume["storageClassName"], wanted["storageClassName"]);
                    assert_eq!(volume["capacity"], wanted["resources"]["requests"]);
                    let at = hosts(&volume["nodeAffinity"]["required"]);
                    assert!(at.is_subset(&allowed), "{}-{index}", name(set));
                    used.extend(at);
                }
            }
            let apart = &set["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"];
            let term = &apart["requiredDuringSchedulingIgnoredDuringExecution"][0];
            // With a host for each, none is on that of another.
            let has_copies = set["spec"]["volumeClaimTemplates"].is_array() && replicas > 1;
            if has_copies && allowed.len() as u64 >= replicas {
                assert!(term.is_object(), "{} may lose two at once", name(set));
            }
            if apart.is_object() {
                assert_eq!(term["topologyKey"], "kubernetes.io/hostname");
                let space = &set["metadata"]["namespace"];
                let found = objects.selected(space, &term["labelSelector"]["matchLabels"]);
                let of_set = found.iter().filter(|pods| group(pods) == name(set));
                assert!(of_set.count() > 0, "{} avoids others only", name(set));
                assert!(allowed.len() as u64 >= replicas, "{} has room", name(set));
                let different: BTreeSet<&String> = used.iter().collect();
                assert_eq!(different.len(), used.len(), "{} can be placed", name(set));
            }
        }
        assert!(reserved.is_empty(), "nobody claims {:?}", reserved.keys());
    }
}

fn hosts(affinity: &Json) -> BTreeSet<String> {
    let expression = &affinity["nodeSelectorTerms"][0]["matchExpressions"][0];
    assert_eq!(expression["key"], "kubernetes.io/hostname");
    texts(&expression["values"]).into_iter().collect()
}

/// A host can be emptied, and what is left has its quorum.
#[test]
fn budgets_leave_room() {
    for objects in Objects::everywhere() {
        let sets = objects.of("StatefulSet");
        let mut guarded = BTreeSet::new();
        for budget in objects.of("PodDisruptionBudget") {
            assert_eq!(budget["spec"]["maxUnavailable"], 1);
            let found = objects.selected(
                &budget["metadata"]["namespace"],
                &budget["spec"]["selector"]["matchLabels"],
            );
            let groups: BTreeSet<&str> = found.iter().map(|template| group(template)).collect();
            assert_eq!(groups, BTreeSet::from([name(budget)]));
            let set = sets.iter().find(|set| name(set) == name(budget));
            let replicas = set.expect("a set")["spec"]["replicas"].as_u64();
            assert!(
                replicas > Some(1),
                "{} keeps its host for ever",
                name(budget)
            );
            guarded.insert(name(budget));
        }
        // Whoever has data has copies of it, and none is moved while another one is away.
        for set in sets {
            let has_copies = set["spec"]["replicas"].as_u64() > Some(1);
            if set["spec"]["volumeClaimTemplates"].is_array() && has_copies {
                assert!(
                    guarded.contains(name(set)),
                    "{} may lose its quorum",
                    name(set)
                );
            }
        }
    }
    let budgets = Objects::of_system().of("PodDisruptionBudget");
    let guarded: BTreeSet<&str> = budgets.into_iter().map(name).collect();
    for quorum in ["nats", "pg", "redis"] {
        assert!(guarded.contains(quorum), "{quorum} may lose its quorum");
    }
}
