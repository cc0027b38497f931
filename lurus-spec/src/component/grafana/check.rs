//! Rules of Grafana.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::check::{Check, Rule, View, listed, name_of};
use crate::component::grafana::{Grafana, OwnDashboard};
use crate::model::Setting;
use crate::report::{Code, Diagnostic, Report};

const SOURCE_CODE: Code = Code::new("L1121");
const OWN_CODE: Code = Code::new("L1122");

/// The rules of this product, by code.
pub const RULES: &[Rule] = &[
    Rule {
        code: SOURCE_CODE.as_str(),
        ensures: "Ensure Grafana shows the series of a Prometheus that collects them.",
        explain: r"A dashboard without a datasource shows nothing, on every panel. One that asks a Prometheus which only takes the aggregates
of another one shows nothing either: panels ask for the series themselves.

    let prometheus = cluster.add(Prometheus::new(…));
    cluster.add(Grafana::new(…).datasource(&prometheus));",
        source: "the meaning of a datasource; federation takes series called `job:…` only",
        check: Check::Described(source),
    },
    Rule {
        code: OWN_CODE.as_str(),
        ensures: "Ensure every panel of a dashboard of one's own asks a datasource that there is.",
        explain: r#"A dashboard that was exported from another Grafana names that one's datasources: by a uid such as `PBFA97CFB590B2093`, by an
input such as `${DS_PROMETHEUS}`, or, in old ones, by name. Here nothing is called so, and its panels say "Datasource was
not found".

The uid is the name of the Prometheus: replace what the finding names, as in
`"datasource": {"type": "prometheus", "uid": "prometheus"}`. A variable of the dashboard whose type is `datasource` may be
used too, as `${its-name}`."#,
        source: "Grafana 10.2, dashboard JSON model: a panel's datasource is {type, uid}; null is the default one",
        check: Check::Described(own),
    },
];

fn source(view: &View<'_>, report: &mut Report) {
    for (grafana, _) in view.all::<Grafana>() {
        let name = &grafana.meta.name;
        let Some(set) = &grafana.datasource else {
            report.push(
                Diagnostic::error(SOURCE_CODE, format!("{} has nothing to show", name.value))
                    .primary(name.origin.clone(), "no datasource")
                    .help("write `.datasource(&prometheus)`"),
            );
            continue;
        };
        let wanted = set.value.name();
        let mut components = view.cluster.components.iter();
        let found = components.find(|component| name_of(component.as_ref()) == wanted);
        if found.is_some_and(|component| !component.collects()) {
            report.push(
                Diagnostic::error(
                    SOURCE_CODE,
                    format!(
                        "{} asks {wanted} for series that it does not have",
                        name.value
                    ),
                )
                .primary(
                    set.origin.clone(),
                    format!("{wanted} takes aggregates only"),
                )
                .help("name the Prometheus that collects: the one in `.federating(…)`"),
            );
        }
    }
}

fn own(view: &View<'_>, report: &mut Report) {
    for (grafana, _) in view.all::<Grafana>() {
        let known = grafana.datasource.as_ref().map(|set| set.value.name());
        let known = known.map(ToString::to_string);
        for dashboard in &grafana.dashboards {
            report.extend(unknown(dashboard, known.as_deref()));
        }
    }
}

fn unknown(own: &Setting<OwnDashboard>, known: Option<&str>) -> Option<Diagnostic> {
    let OwnDashboard { name, text } = &own.value;
    let json: Value = match serde_json::from_str(text) {
        Ok(json @ Value::Object(_)) => json,
        Ok(_) => {
            return Some(
                Diagnostic::error(OWN_CODE, format!("dashboard {name} is no dashboard"))
                    .primary(own.origin.clone(), "not an object of JSON")
                    .help("export it in Grafana with Share, Export, Save to file"),
            );
        }
        Err(error) => {
            return Some(
                Diagnostic::error(OWN_CODE, format!("dashboard {name} is no JSON"))
                    .primary(own.origin.clone(), error.to_string())
                    .help("export it in Grafana with Share, Export, Save to file"),
            );
        }
    };
    let mut asked = BTreeSet::new();
    datasources(&json, &mut asked);
    let variables = variables(&json);
    let is_known = |asked: &str| {
        Some(asked) == known
            // What Grafana has itself.
            || matches!(asked, "grafana" | "-- Grafana --" | "-- Mixed --" | "-- Dashboard --")
            || variables.contains(asked)
    };
    let strange: Vec<&str> = asked.into_iter().filter(|asked| !is_known(asked)).collect();
    if strange.is_empty() {
        return None;
    }
    let finding = Diagnostic::error(
        OWN_CODE,
        format!("dashboard {name} asks datasources that there are not"),
    )
    .primary(
        own.origin.clone(),
        listed(strange.iter().map(|asked| format!("`{asked}`"))),
    );
    Some(match known {
        Some(known) => finding.help(format!("write `\"uid\": \"{known}\"` in their place")),
        None => finding.help("write `.datasource(&prometheus)`, and its name as the uid"),
    })
}

/// Everything that a part of a dashboard names as its datasource.
fn datasources<'a>(json: &'a Value, found: &mut BTreeSet<&'a str>) {
    match json {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(name) if key == "datasource" => {
                        found.insert(name);
                    }
                    Value::Object(source) if key == "datasource" => {
                        found.extend(source.get("uid").and_then(Value::as_str));
                    }
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Array(_)
                    | Value::Object(_) => datasources(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| datasources(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The ways to write a dashboard's own variables that stand for a datasource.
fn variables(json: &Value) -> BTreeSet<String> {
    let list = json.pointer("/templating/list").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter(|variable| variable.get("type").and_then(Value::as_str) == Some("datasource"))
        .filter_map(|variable| variable.get("name").and_then(Value::as_str))
        .flat_map(|name| [format!("${{{name}}}"), format!("${name}")])
        .collect()
}
