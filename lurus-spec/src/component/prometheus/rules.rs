//! Rule files and their tests, computed from what components declare.
//!
//! In: recordings, alerts and proofs of every component, and the files that the team wrote. Out: one file of rules for
//! each component that has any and for each file of the team, and one file of tests. Annotations go out as they came in:
//! whatever they say of labels is for the server to fill.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::{Declarations, Stated};
use crate::component::observe::{Alert, Proof, RuleGroup};
use crate::component::prometheus::{Prometheus, observe};
use crate::literal::Url;
use crate::plan::Body;
use crate::yaml::{Node, map, seq};

/// The file of tests, which no server reads. No component can be called so.
pub(super) const TESTS: &str = "promtool.tests.yml";

/// Groups of rules by the file that holds them, with the component that declares them.
type Declared<'a> = BTreeMap<String, (&'a Arc<Stated>, Cow<'a, [RuleGroup]>)>;

/// Every file of rules, and that of tests.
pub(super) fn files(
    prometheus: &Prometheus,
    declarations: &Declarations,
) -> BTreeMap<String, Body> {
    let own = &declarations[&prometheus.meta.name.value];
    let runbooks = prometheus.runbooks.as_ref().map(|set| &set.value);
    let declared = declared(prometheus, declarations);
    let of_components = declared.iter().map(|(name, (of, groups))| {
        let make = || Body::yaml(file(groups, runbooks));
        (name.clone(), own.made(name, &[*of], make))
    });
    let of_team = own.written_rules.iter().map(|rules| {
        // No component can be called so.
        let name = format!("own.{}.yml", rules.stem);
        let body = own.made(&name, &[own], || Body::yaml(rules.printed()));
        (name, body)
    });
    let mut files: BTreeMap<String, Body> = of_components.chain(of_team).collect();
    let of: Vec<&Arc<Stated>> = declared.values().map(|(of, _)| *of).collect();
    let tests = own.made(TESTS, &of, || {
        let groups = declared.values().map(|(_, groups)| &**groups);
        Body::yaml(tests(files.keys(), groups, runbooks))
    });
    files.insert(TESTS.to_owned(), tests);
    files
}

/// What the servers evaluate.
fn declared<'a>(prometheus: &Prometheus, declarations: &'a Declarations) -> Declared<'a> {
    let name = &prometheus.meta.name.value;
    if prometheus.federating.is_some() {
        let own = Cow::Owned(vec![observe::federation(name)]);
        return Declared::from([(format!("{name}.yml"), (&declarations[name], own))]);
    }
    let declarations = declarations.iter();
    declarations
        .filter(|(_, stated)| !stated.rule_groups.is_empty())
        .map(|(name, stated)| {
            let groups = Cow::Borrowed(&stated.rule_groups[..]);
            (format!("{name}.yml"), (stated, groups))
        })
        .collect()
}

/// A file of rules.
fn file(groups: &[RuleGroup], runbooks: Option<&Url>) -> Node {
    let groups = groups.iter().map(|group| {
        let recordings = group.recordings.iter().map(|recording| {
            map([
                ("record", recording.record.as_str()),
                ("expr", recording.expression.as_str()),
            ])
        });
        let alerts = group.alerts.iter().map(|alert| {
            map([
                ("alert", Node::str(alert.name.as_ref())),
                ("expr", Node::str(&alert.expression)),
                ("for", Node::str(alert.hold.to_string())),
                ("labels", map([("severity", alert.severity.to_string())])),
                ("annotations", map(annotations(alert, runbooks))),
            ])
        });
        map([("name", Node::str(group.name.as_str()))]).with("rules", seq(recordings.chain(alerts)))
    });
    map([("groups", seq(groups))])
}

fn annotations<'a>(
    alert: &'a Alert,
    runbooks: Option<&Url>,
) -> impl Iterator<Item = (&'static str, Cow<'a, str>)> {
    let runbook = runbooks.map(|base| {
        let anchor = alert.name.to_lowercase();
        ("runbook_url", format!("{base}#{anchor}").into())
    });
    [
        ("summary", alert.summary.as_str().into()),
        ("description", alert.action.as_str().into()),
    ]
    .into_iter()
    .chain(runbook)
}

/// The tests of what components declare: every proof of every alert, with all files in effect.
fn tests<'a>(
    names: impl Iterator<Item = &'a String>,
    groups: impl Iterator<Item = &'a [RuleGroup]>,
    runbooks: Option<&Url>,
) -> Node {
    let proofs = groups.flatten().flat_map(|group| {
        group.alerts.iter().flat_map(move |alert| {
            alert
                .proofs
                .iter()
                .map(move |proof| test(group, alert, proof, runbooks))
        })
    });
    map([
        ("rule_files", seq(names)),
        ("evaluation_interval", Node::str("1m")),
        ("tests", seq(proofs)),
    ])
}

fn test(group: &RuleGroup, alert: &Alert, proof: &Proof, runbooks: Option<&Url>) -> Node {
    let verb = if proof.fires.is_empty() {
        "is silent"
    } else {
        "fires"
    };
    let series = proof
        .series
        .iter()
        .map(|(series, values)| map([("series", series), ("values", values)]));
    let expected = proof.fires.iter().map(|labels| {
        let severity = ("severity", alert.severity.to_string());
        let said = annotations(alert, runbooks).map(|(name, text)| (name, filled(&text, labels)));
        map([
            ("exp_labels", map(labels.iter().cloned().chain([severity]))),
            ("exp_annotations", map(said)),
        ])
    });
    map([
        (
            "name",
            Node::str(format!("{}: {} {verb}", group.name, alert.name)),
        ),
        ("interval", Node::str("1m")),
        ("input_series", seq(series)),
        (
            "alert_rule_test",
            seq([map([
                ("eval_time", Node::str(proof.at.to_string())),
                ("alertname", Node::str(alert.name.as_ref())),
                ("exp_alerts", seq(expected)),
            ])]),
        ),
    ])
}

/// An annotation as the server writes it for an alert with these labels: `{{ $labels.instance }}` is its label, and
/// `{{ with $labels.host }} on {{ . }}{{ end }}` stands only where it has that label. Proven annotations say nothing else
/// between braces.
fn filled(annotation: &str, labels: &[(&'static str, String)]) -> String {
    let annotation = with_known(annotation, labels);
    let mut out = String::with_capacity(annotation.len());
    let mut rest = &*annotation;
    while let Some((before, (label, after))) = rest
        .split_once("{{ $labels.")
        .and_then(|(before, inside)| Some((before, inside.split_once(" }}")?)))
    {
        let value = labels.iter().find(|(name, _)| *name == label);
        out += before;
        out += value.map_or("", |(_, value)| value);
        rest = after;
    }
    out + rest
}

fn with_known<'a>(annotation: &'a str, labels: &[(&'static str, String)]) -> Cow<'a, str> {
    let mut out = Cow::default();
    let mut rest = annotation;
    while let Some((before, label, (said, after))) =
        rest.split_once("{{ with $labels.")
            .and_then(|(before, inside)| {
                let (label, inside) = inside.split_once(" }}")?;
                Some((before, label, inside.split_once("{{ end }}")?))
            })
    {
        out += before;
        if let Some((_, value)) = labels.iter().find(|(name, _)| *name == label) {
            out += Cow::Owned(said.replace("{{ . }}", value));
        }
        rest = after;
    }
    out + rest
}
