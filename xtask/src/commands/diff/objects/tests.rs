use lurus_spec::file_tree::{TextImpact, TreePath};

use super::*;
use crate::sync::Kind;

const OLD: &str = "\
# Generated.
kind: ConfigMap
metadata: {name: a-config, namespace: x}
data:
  a.conf: '1'
  a.yml: '{wait: 1, start: {locale: C}, log: info}'
---
kind: StatefulSet
metadata: {name: a, namespace: x}
spec: {replicas: 3, ordinals: {start: 1}, volumeClaimTemplates: [1Gi], template: {annotations: {digest: '1'}}}
---
kind: NetworkPolicy
metadata: {name: a, namespace: x}
spec: {ingress: [1]}
---
kind: Job
metadata: {name: b-1, namespace: x}
spec: {template: {digest: '1'}}
";

fn impact() -> Impact {
    let text = |name: &str, cost, keys: &[(&str, Cost)]| TextImpact {
        name: name.to_owned(),
        cost,
        keys: keys
            .iter()
            .map(|(key, cost)| ((*key).to_owned(), cost.clone()))
            .collect(),
    };
    let keys = [
        ("wait", Cost::Procedure("tell the store".into())),
        ("start", Cost::Nothing),
    ];
    let reload = Cost::Reload("HUP".to_owned());
    Impact {
        workloads: ["a-1", "a-2", "a-3"].map(str::to_owned).into(),
        cost: Cost::Recreate,
        texts: [
            (
                "a.conf",
                text("a.conf", Cost::Procedure("copies first".into()), &[]),
            ),
            ("a.yml", text("a.yml", reload, &keys)),
        ]
        .map(|(key, text)| (key.to_owned(), text))
        .into(),
        ..Impact::default()
    }
}

fn diff(before: Option<&str>, after: Option<String>, impact: Option<Impact>) -> FileDiff {
    FileDiff {
        path: TreePath::new("a/k3s/groups/a.yaml").unwrap(),
        kind: Kind::Changed,
        unified: String::new(),
        before: before.map(str::to_owned),
        after,
        impact,
    }
}

#[track_caller]
fn said(diff: &FileDiff, expected: &[&str]) {
    let objects = Objects::of(diff);
    let lines = objects
        .iter()
        .flat_map(|objects| objects.lines(diff.impact.as_ref()))
        .map(|line| format!("{}: {}", line.step, line.text));
    assert_eq!(lines.collect::<Vec<_>>(), expected);
}

/// What applying the replaced text does.
#[track_caller]
fn check(replace: &[(&str, &str)], expected: &[&str]) {
    let after = replace.iter().fold(OLD.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from} is not in the old text");
        text.replace(from, to)
    });
    said(&diff(Some(OLD), Some(after), Some(impact())), expected);
}

const ROLL: (&str, &str) = ("annotations: {digest: '1'}", "annotations: {digest: '2'}");

#[test]
fn a_changed_template_makes_pods_anew_one_after_the_other() {
    check(
        &[ROLL],
        &["recreate: a-1..a-3 (StatefulSet a): from a-3 down, each ready before the next"],
    );
    check(
        &[ROLL, ("log: info", "log: debug")],
        &[
            "recreate: a-1..a-3 (a.yml in ConfigMap a-config, StatefulSet a): from a-3 down, each ready before the next",
        ],
    );
}

#[test]
fn what_new_pods_do_not_bring_about_is_said() {
    check(
        &[ROLL, ("wait: 1", "wait: 2")],
        &[
            "procedure: a-1..a-3 (wait in a.yml): tell the store",
            "recreate: a-1..a-3 (a.yml in ConfigMap a-config, StatefulSet a): from a-3 down, each ready before the next",
        ],
    );
    check(
        &[ROLL, ("locale: C", "locale: de")],
        &[
            "no effect: a-1..a-3 (locale in a.yml)",
            "recreate: a-1..a-3 (a.yml in ConfigMap a-config, StatefulSet a): from a-3 down, each ready before the next",
        ],
    );
    check(
        &[ROLL, ("a.conf: '1'", "a.conf: '2'")],
        &[
            "recreate: a-1..a-3 (a.conf in ConfigMap a-config, StatefulSet a): from a-3 down, each ready before the next, not as it asks: copies first",
        ],
    );
}

#[test]
fn what_is_refused_is_said_before_it_is_tried() {
    check(
        &[ROLL, ("[1Gi]", "[2Gi]")],
        &[
            "procedure: a-1..a-3 (StatefulSet a), volumeClaimTemplates: it is refused until `kubectl -n x delete statefulset/a --cascade=orphan`, after which its pods run on; claims that are there stay as they are",
            "recreate: a-1..a-3 (StatefulSet a): from a-3 down, each ready before the next",
        ],
    );
}

#[test]
fn members_come_and_go() {
    check(
        &[("replicas: 3", "replicas: 5")],
        &["new: a-4, a-5 (StatefulSet a)"],
    );
    check(
        &[("replicas: 3", "replicas: 2")],
        &["removed: a-3 (StatefulSet a)"],
    );
}

#[test]
fn a_job_that_does_something_else_is_another_one() {
    check(
        &[("b-1", "b-2")],
        &["recreate: a-1..a-3 (Job b-2): runs again"],
    );
}

#[test]
fn other_objects_leave_pods_alone() {
    check(
        &[("ingress: [1]", "ingress: [2]")],
        &["apply: NetworkPolicy a"],
    );
}

#[test]
fn a_group_is_new_or_stays_until_somebody_deletes_it() {
    said(
        &diff(None, Some(OLD.to_owned()), Some(impact())),
        &[
            "new: a-1..a-3 (Job b-1)",
            "new: a-1..a-3 (StatefulSet a)",
            "apply: ConfigMap a-config, NetworkPolicy a",
        ],
    );
    said(
        &diff(Some(OLD), None, None),
        &[
            "removed: ConfigMap a-config, NetworkPolicy a, StatefulSet a: there until `kubectl -n x delete configmap/a-config networkpolicy/a statefulset/a`",
        ],
    );
}

#[test]
fn what_is_no_object_is_a_file() {
    check(&[("kind: ConfigMap", "sort: ConfigMap")], &[]);
    check(&[], &[]);
}
