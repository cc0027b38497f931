//! Files of rules that a team wrote, as files: what they read and select is held against the jobs beside this.
//!
//! In: the files of every collector, as they were read. Out: findings at the line of the file.

use std::collections::BTreeMap;

use crate::check::{Check, Rule, View, name_of};
use crate::component::Declaration;
use crate::component::observe::{Severity, WrittenKind, WrittenRule};
use crate::report::{Code, Diagnostic, Origin, Report, nearest};

const FORM_CODE: Code = Code::new("L1106");
const TOLD_CODE: Code = Code::new("L1107");

pub(super) const FORM: Rule = Rule {
    code: FORM_CODE.as_str(),
    ensures: "Ensure a file of rules that a team wrote is one.",
    explain: r#"Files of `spec/rules/` are in Prometheus' own format:

    groups:
      - name: checkout
        rules:
          - alert: CheckoutSlow
            expr: job:checkout_seconds:mean > 1
            for: 10m
            labels: {severity: warning}
            annotations: {summary: "checkout takes {{ $value }} seconds"}

Prometheus refuses a whole file for one unknown key, and with it every alert in it. Here it is refused before it gets
there. Anchors, aliases and tags are not read: what is evaluated is printed from what was read, so that a review shows
all of it."#,
    source: "Prometheus 2.48, recording and alerting rules; rulefmt.Parse, which reads with known fields only",
    check: Check::Described(form),
};

pub(super) const TOLD: Rule = Rule {
    code: TOLD_CODE.as_str(),
    ensures: "Ensure somebody hears of every alert that a team wrote, and knows what it is.",
    explain: r"Receivers hear of alerts by their label `severity`, which is `info`, `warning` or `critical`: an alert with another one, or
with none, is seen on the page of Alertmanager only. Whoever is woken reads the annotation `summary` first; an alert
without one says no more than its name.",
    source: "routes of Alertmanager as they are generated; domain invariant I47",
    check: Check::Described(told),
};

fn form(view: &View<'_>, report: &mut Report) {
    for (_, declaration) in &view.declared {
        for rules in &declaration.written_rules {
            report.extend(rules.mistakes.iter().cloned());
        }
    }
}

fn told(view: &View<'_>, report: &mut Report) {
    for (_, declaration) in &view.declared {
        for rule in alerts(declaration) {
            report.extend(unheard(rule));
            if !rule
                .annotations
                .iter()
                .any(|(key, _)| key.value == "summary")
            {
                report.push(
                    Diagnostic::warning(TOLD_CODE, format!("{} has no summary", rule.what()))
                        .primary(rule.name.origin.clone(), "")
                        .help("write `summary: …` below its `annotations:`"),
                );
            }
        }
    }
}

fn unheard(rule: &WrittenRule) -> Option<Diagnostic> {
    let severities = Severity::ALL.map(|severity| severity.to_string());
    let choose = format!(
        "write `severity:` with {} or {} below its `labels:`",
        severities[..2].join(", "),
        severities[2]
    );
    let set = rule.labels.iter().find(|(key, _)| key.value == "severity");
    let Some((_, severity)) = set else {
        let title = format!("nobody hears of {}, which has no severity", rule.what());
        return Some(
            Diagnostic::error(TOLD_CODE, title)
                .primary(rule.name.origin.clone(), "")
                .help(choose),
        );
    };
    if severities.contains(&severity.text) {
        return None;
    }
    let title = format!(
        "nobody hears of {}, whose severity is `{}`",
        rule.what(),
        severity.text
    );
    let finding = Diagnostic::error(TOLD_CODE, title).primary(severity.origin.clone(), "");
    Some(
        match nearest(&severity.text, severities.iter().map(String::as_str)) {
            Some(meant) => finding.help(format!("did you mean `{meant}`?")),
            None => finding.help(choose),
        },
    )
}

fn alerts(declaration: &Declaration) -> impl Iterator<Item = &WrittenRule> {
    let rules = declaration.written_rules.iter();
    rules
        .flat_map(|rules| rules.rules())
        .map(|(_, rule)| rule)
        .filter(|rule| rule.kind == WrittenKind::Alert)
}

/// What a rule is told from others by: its kind, its name, and the labels that it adds.
type Identity<'v> = (WrittenKind, &'v str, Vec<(&'v str, &'v str)>);

/// Rules of files that cannot be told from others: of the same name as one of a component, or of the same name and labels
/// as another one of a file.
pub(super) fn once(view: &View<'_>, code: Code, report: &mut Report) {
    let mut of_components: BTreeMap<(WrittenKind, &str), Origin> = BTreeMap::new();
    for (component, declaration) in &view.declared {
        let place = || component.meta().name.origin.clone();
        for group in &declaration.rule_groups {
            let alerts = group
                .alerts
                .iter()
                .map(|alert| (WrittenKind::Alert, &*alert.name));
            let recordings = group.recordings.iter();
            let recordings = recordings.map(|one| (WrittenKind::Recording, &*one.record));
            of_components.extend(alerts.chain(recordings).map(|named| (named, place())));
        }
    }
    for (component, declaration) in &view.declared {
        let mut seen: BTreeMap<Identity<'_>, &Origin> = BTreeMap::new();
        let rules = declaration.written_rules.iter();
        for (_, rule) in rules.flat_map(|rules| rules.rules()) {
            let name = rule.name.value.as_str();
            let labels = rule.labels.iter();
            let mut labels: Vec<_> = labels
                .map(|(key, text)| (&*key.value, &*text.text))
                .collect();
            labels.sort_unstable();
            let finding = Diagnostic::error(code, format!("there are two of {}", rule.what()))
                .primary(rule.name.origin.clone(), "");
            if let Some(origin) = of_components.get(&(rule.kind, name)) {
                report.push(
                    finding
                        .secondary(origin.clone(), "this component declares one")
                        .help("give it another name: whoever is woken could not tell them apart"),
                );
            } else if let Some(first) = seen.insert((rule.kind, name, labels), &rule.name.origin) {
                report.push(
                    finding
                        .secondary(first.clone(), "this is the other one")
                        .help("give it another name, or a label that tells them apart"),
                );
            }
        }
        let mut stems: Vec<&str> = declaration
            .written_rules
            .iter()
            .map(|rules| &*rules.stem)
            .collect();
        stems.sort_unstable();
        for pair in stems.windows(2).filter(|pair| pair[0] == pair[1]) {
            let title = format!(
                "{} is given two files of rules `{}`",
                name_of(*component),
                pair[0]
            );
            report.push(
                Diagnostic::error(code, title)
                    .primary(component.meta().name.origin.clone(), "")
                    .help("rename one of them"),
            );
        }
    }
}
