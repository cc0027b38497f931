//! Costs by key: two texts of a YAML file and the costs of its keys in, what the keys that differ cost out. It must not know
//! any product.

use std::collections::{BTreeMap, BTreeSet};

use lurus_spec::file_tree::Impact;
use lurus_spec::plan::Cost;
use serde_json::Value;

use crate::sync::FileDiff;

/// What the change of a file costs, as [`of_texts`] says it.
pub(super) fn costs(diff: &FileDiff, impact: &Impact) -> BTreeMap<Cost, BTreeSet<String>> {
    let (before, after) = (diff.before.as_deref(), diff.after.as_deref());
    of_texts(before, after, &impact.cost, &impact.keys)
}

/// What the change of a text costs: each cost with the keys that have it, which are none where it is that of the whole text.
///
/// It is that of the whole text where no key has a cost of its own, or where there are no two texts that can be compared.
pub(super) fn of_texts(
    before: Option<&str>,
    after: Option<&str>,
    cost: &Cost,
    keys: &BTreeMap<String, Cost>,
) -> BTreeMap<Cost, BTreeSet<String>> {
    let whole = || BTreeMap::from([(cost.clone(), BTreeSet::new())]);
    let (Some(before), Some(after)) = (before, after) else {
        return whole();
    };
    if keys.is_empty() {
        return whole();
    }
    let (Some(before), Some(after)) = (read(before), read(after)) else {
        return whole();
    };
    let mut costs: BTreeMap<Cost, BTreeSet<String>> = BTreeMap::new();
    for path in changed(&before, &after) {
        match of_key(&path.join("."), keys) {
            Some(cost) => {
                let changed = costs.entry(cost.clone()).or_default();
                changed.extend(path.last().cloned());
            }
            None => drop(costs.entry(cost.clone()).or_default()),
        }
    }
    if costs.is_empty() {
        // Comments, or the order of keys.
        return whole();
    }
    costs
}

fn read(text: &str) -> Option<Value> {
    // The files are our own: there is no budget to hold.
    let options = serde_yaml::options! { budget: None };
    serde_yaml::from_str_with_options(text, options).ok()
}

/// The cost of the longest of the keys that stands for this one.
pub(in crate::commands) fn of_key<'k>(
    key: &str,
    keys: &'k BTreeMap<String, Cost>,
) -> Option<&'k Cost> {
    let stands = |whole: &str| {
        key.strip_prefix(whole)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    keys.iter()
        .filter(|(key, _)| stands(key))
        .max_by_key(|(key, _)| key.len())
        .map(|(_, cost)| cost)
}

/// The keys whose values differ, after those of the maps that they are in. A list is one value.
fn changed(before: &Value, after: &Value) -> Vec<Vec<String>> {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        return match before == after {
            true => Vec::new(),
            false => vec![Vec::new()],
        };
    };
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let below = |key: &String| {
        let value = |map: &serde_json::Map<String, Value>| map.get(key).cloned();
        let paths = changed(
            &value(old).unwrap_or_default(),
            &value(new).unwrap_or_default(),
        );
        let key = key.clone();
        paths.into_iter().map(move |mut path| {
            path.insert(0, key.clone());
            path
        })
    };
    keys.into_iter().flat_map(below).collect()
}

#[cfg(test)]
mod tests {
    use lurus_spec::file_tree::TreePath;

    use super::*;
    use crate::sync::Kind;

    /// What a change of one text into another costs.
    #[track_caller]
    fn check(before: &str, after: &str, expected: &[(&str, &[&str])]) {
        let diff = FileDiff {
            path: TreePath::new("a.yml").unwrap(),
            kind: Kind::Changed,
            unified: String::new(),
            before: Some(before.to_owned()),
            after: Some(after.to_owned()),
            impact: None,
        };
        let procedure = |how: &'static str| Cost::Procedure(how.into());
        let impact = Impact {
            cost: Cost::Reload("HUP".to_owned()),
            keys: [
                ("store", procedure("tell the store")),
                ("store.size", procedure("one by one")),
                ("server.memory", Cost::Restart),
                ("first", Cost::Nothing),
            ]
            .map(|(key, cost)| (key.to_owned(), cost))
            .into(),
            ..Impact::default()
        };
        let costs = costs(&diff, &impact);
        let costs: Vec<(String, Vec<&str>)> = costs
            .iter()
            .map(|(cost, keys)| (cost.to_string(), keys.iter().map(String::as_str).collect()))
            .collect();
        let expected: Vec<(String, Vec<&str>)> = expected
            .iter()
            .map(|(cost, keys)| ((*cost).to_owned(), keys.to_vec()))
            .collect();
        assert_eq!(costs, expected);
    }

    const BEFORE: &str = "
list: [a]
first: {locale: C}
server: {memory: 1g, log.level: info}
store: {ttl: 30, wait: 10, size: 3}
";

    #[test]
    fn each_key_that_differs_costs_what_is_said_of_it() {
        let with = |from: &str, to: &str| BEFORE.replacen(from, to, 1);
        check(BEFORE, &with("[a]", "[a, b]"), &[("reload: HUP", &[])]);
        check(BEFORE, &with("info", "debug"), &[("reload: HUP", &[])]);
        check(BEFORE, &with("1g", "2g"), &[("restart", &["memory"])]);
        check(BEFORE, &with("C}", "de}"), &[("nothing", &["locale"])]);
        // The longest key counts.
        check(
            BEFORE,
            &with("size: 3", "size: 5"),
            &[("procedure: one by one", &["size"])],
        );
        // A key that goes has changed as well.
        check(
            BEFORE,
            &with("ttl: 30, wait: 10", "ttl: 20"),
            &[("procedure: tell the store", &["ttl", "wait"])],
        );
        let several = with("[a]", "[]")
            .replace("1g", "2g")
            .replace("ttl: 30", "ttl: 31");
        check(
            BEFORE,
            &several,
            &[
                ("reload: HUP", &[]),
                ("restart", &["memory"]),
                ("procedure: tell the store", &["ttl"]),
            ],
        );
    }

    #[test]
    fn what_cannot_be_compared_costs_what_the_file_costs() {
        check(BEFORE, "a: [", &[("reload: HUP", &[])]);
        check(BEFORE, &format!("# new\n{BEFORE}"), &[("reload: HUP", &[])]);
        check(BEFORE, "[]", &[("reload: HUP", &[])]);
    }
}
