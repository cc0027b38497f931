//! Rule files and their tests, computed from what components declare.
//!
//! In: recordings, alerts and proofs of every component, and the files that the team wrote. Out: one file of rules for
//! each component that has any and for each file of the team, and one file of tests. Annotations go out as they came in:
//! whatever they say of labels is for the server to fill.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::component::Lowering;
use crate::component::observe::{Alert, Proof, RuleGroup};
use crate::component::prometheus::{Prometheus, observe};
use crate::literal::Url;
use crate::yaml::{Node, map, seq};

/// The file of tests, which no server reads. No component can be called so.
pub(super) const TESTS: &str = "promtool.tests.yml";

/// Groups of rules by the file that holds them.
pub(super) type Files<'a> = BTreeMap<String, Cow<'a, [RuleGroup]>>;

/// What the servers evaluate.
pub(super) fn files<'a>(prometheus: &Prometheus, lowering: &'a Lowering<'_>) -> Files<'a> {
    if prometheus.federating.is_some() {
        let name = &prometheus.meta.name.value;
        let own = Cow::Owned(vec![observe::federation(name)]);
        return Files::from([(format!("{name}.yml"), own)]);
    }
    lowering
        .declarations()
        .filter(|(_, declaration)| !declaration.rule_groups.is_empty())
        .map(|(name, declaration)| {
            let groups = Cow::Borrowed(&declaration.rule_groups[..]);
            (format!("{name}.yml"), groups)
        })
        .collect()
}

/// The files that the team wrote, under names that no component has.
pub(super) fn written<'a>(
    prometheus: &Prometheus,
    lowering: &'a Lowering<'_>,
) -> impl Iterator<Item = (String, Node)> + 'a {
    let name = prometheus.meta.name.value.clone();
    lowering
        .declarations()
        .filter(move |(component, _)| **component == name)
        .flat_map(|(_, declaration)| &declaration.written_rules)
        .map(|rules| (format!("own.{}.yml", rules.stem), rules.printed()))
}

/// A file of rules.
pub(super) fn file(groups: &[RuleGroup], runbooks: Option<&Url>) -> Node {
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
pub(super) fn tests<'a>(
    names: impl Iterator<Item = &'a String>,
    files: &Files<'_>,
    runbooks: Option<&Url>,
) -> Node {
    let proofs = files
        .values()
        .flat_map(|groups| groups.iter())
        .flat_map(|group| {
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
