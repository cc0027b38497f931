//! What alerts, recordings and panels read, held against what is scraped.
//!
//! In: declared metrics with the catalogues of their exporters, declared expressions, and those of files and dashboards
//! that a team made. Out: findings at the component that declares them, or at the word in the file. It knows neither who collects nor
//! what the series mean.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::check::{Check, Rule, View, name_of, written};
use crate::component::observe::{
    Catalogue, Family, Metrics, WrittenKind, WrittenRule, WrittenText,
};
use crate::component::{Component, Declaration};
use crate::literal::Name;
use crate::promql::{Compare, Mistake, Query, Selector, read};
use crate::report::{Code, Diagnostic, Origin, Report, nearest};

const READABLE_CODE: Code = Code::new("L1101");
const EXPORTED_CODE: Code = Code::new("L1102");
const LABELS_CODE: Code = Code::new("L1103");
const DOWN_CODE: Code = Code::new("L1104");
const ONCE_CODE: Code = Code::new("L1105");

pub(super) const READABLE: Rule = Rule {
    code: READABLE_CODE.as_str(),
    ensures: "Ensure every expression of an alert, a recording or a panel is PromQL.",
    explain: r"An expression that cannot be read keeps its whole file of rules from being loaded, with every other alert in it: the server
goes on with the old file, or does not start. A panel with one shows an error.

The finding names the first place at which the text is no PromQL, and what is wrong there.",
    source: "Prometheus 2.48, querying basics; domain invariant I45",
    check: Check::Described(readable),
};

pub(super) const EXPORTED: Rule = Rule {
    code: EXPORTED_CODE.as_str(),
    ensures: "Ensure every series that an alert, a recording or a panel reads is exported by a job that is scraped.",
    explain: r"An alert on a series that nobody exports never fires, and looks exactly like one that is content. It happens by a mistyped
name, by a name of another version of the exporter, and by a job that was renamed.

Each job has the catalogue of its exporter's pinned version: what it was seen to export. A selector with `job=` is held
against that job's catalogue, one without against all. Series that rules record count too.",
    source: "runs of the pinned exporters; domain invariant I45",
    check: Check::Described(exported),
};

pub(super) const LABELS: Rule = Rule {
    code: LABELS_CODE.as_str(),
    ensures: "Ensure every condition on a label is on one that the series has.",
    explain: r#"A series without a label behaves as if the label were empty. `haproxy_server_status{backend="pg"}` therefore selects nothing,
since the label is called `proxy`: the alert never fires. The other way round, `up{env!="test"}` is true of every series
that has no such label, and is no condition at all.

The catalogue of the job's exporter says which labels a series has; `job`, `instance` and `host` are on all of them."#,
    source: "Prometheus 2.48, querying basics, time series selectors; runs of the pinned exporters; domain invariant I45",
    check: Check::Described(labels),
};

pub(super) const DOWN: Rule = Rule {
    code: DOWN_CODE.as_str(),
    ensures: "Ensure every job has an alert that fires when its targets do not answer.",
    explain: r"When a target does not answer, its series vanish: each alert on them becomes silent at the moment when the trouble is greatest.
What stays is `up`, which the collector makes itself and which is 0 then.

Give the job an alert with `Alert::down(…)`, or one on the series by which its exporter says whether it reached its
program, such as `redis_up`.",
    source: "Prometheus 2.48, jobs and instances; domain invariant I46",
    check: Check::Described(down),
};

pub(super) const ONCE: Rule = Rule {
    code: ONCE_CODE.as_str(),
    ensures: "Ensure jobs, groups of rules, alerts of a group and recorded series have one meaning each.",
    explain: r"Two jobs of one name are refused by the server. Two groups of rules of one name, or two alerts of one name in a group, cannot be
told apart by whoever is woken. Two recordings of the same series from the same expression write the same samples twice,
and from different expressions samples that contradict each other.

Name them after their component: names of components are unique. An alert of a team's file needs a name that no component
gives to one; two of a file may have one name when their labels differ.",
    source: "Prometheus 2.48, configuration and recording rules; promtool check rules, duplicate rules",
    check: Check::Described(once),
};

/// What [`expressions`] of a component ask for, in their order.
pub(super) type Queries = Vec<Result<Query, Mistake>>;

/// An expression, and who wrote it.
struct Expression<'v> {
    what: What<'v>,
    text: &'v str,
    by: Author<'v>,
}

/// Where an expression stands: `alert RedisDown`.
#[derive(Clone, Copy)]
enum What<'v> {
    /// What a component records, by its name.
    Recording(&'v str),
    /// What a component alerts on, by its name.
    Alert(&'v str),
    /// What a component shows: the titles of the panel and of its dashboard.
    Panel(&'v str, &'v str),
    /// What is drawn in a dashboard.
    Drawn(&'v str),
    /// What stands in a file of the team.
    Written(&'v WrittenRule),
}

impl What<'_> {
    fn is_alert(self) -> bool {
        match self {
            Self::Alert(_) => true,
            Self::Written(rule) => rule.kind == WrittenKind::Alert,
            Self::Recording(_) | Self::Panel(..) | Self::Drawn(_) => false,
        }
    }
}

impl fmt::Display for What<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recording(name) => write!(f, "recording {name}"),
            Self::Alert(name) => write!(f, "alert {name}"),
            Self::Panel(title, dashboard) => write!(f, "panel {title:?} of {dashboard}"),
            Self::Drawn(what) => f.write_str(what),
            Self::Written(rule) => f.write_str(&rule.what()),
        }
    }
}

/// Who wrote an expression.
#[derive(Clone, Copy)]
enum Author<'v> {
    /// A component declares it.
    Component(&'v dyn Component),
    /// It stands in a file.
    Team(&'v WrittenText),
    /// It is drawn in a dashboard, which was given here.
    Drawn(&'v Origin),
}

impl Expression<'_> {
    /// A finding about what stands at a byte of the expression.
    fn finding(&self, code: Code, at: usize, title: String, here: &str) -> Diagnostic {
        let finding = Diagnostic::error(code, title);
        match self.by {
            Author::Component(component) => finding
                .primary(
                    component.meta().name.origin.clone(),
                    format!("declares {}", self.what),
                )
                .note(format!("the expression is `{}`", self.text)),
            Author::Team(text) => finding.primary(text.place(at), here),
            Author::Drawn(origin) => finding
                .primary(origin.clone(), here)
                .note(format!("the expression is `{}`", self.text)),
        }
    }
}

fn expressions<'v>(
    component: &'v dyn Component,
    declaration: &'v Declaration,
) -> Vec<Expression<'v>> {
    let mut all = Vec::new();
    let mut push = |what, text| {
        all.push(Expression {
            what,
            text,
            by: Author::Component(component),
        });
    };
    for group in &declaration.rule_groups {
        for recording in &group.recordings {
            push(What::Recording(&recording.record), &recording.expression);
        }
        for alert in &group.alerts {
            push(What::Alert(&alert.name), &alert.expression);
        }
    }
    for dashboard in &declaration.dashboards {
        for panel in &dashboard.panels {
            for (query, _) in &panel.queries {
                push(What::Panel(&panel.title, &dashboard.title), query);
            }
        }
    }
    all.extend(declaration.drawn.iter().map(|drawn| Expression {
        what: What::Drawn(&drawn.what),
        text: &drawn.expression,
        by: Author::Drawn(&drawn.origin),
    }));
    for rules in &declaration.written_rules {
        all.extend(rules.rules().map(|(_, rule)| Expression {
            what: What::Written(rule),
            text: &rule.expression.text,
            by: Author::Team(&rule.expression),
        }));
    }
    all
}

/// Jobs by name, the series that every target has, and the series that rules record.
struct Known<'v> {
    jobs: BTreeMap<&'v str, &'v Metrics>,
    every: Catalogue,
    recorded: BTreeSet<&'v str>,
}

impl<'v> Known<'v> {
    fn of(view: &'v View<'_>) -> Self {
        let declared = || view.declared.iter().map(|(_, declaration)| declaration);
        Self {
            jobs: declared()
                .flat_map(|declaration| &declaration.metrics)
                .map(|metrics| (metrics.job.as_str(), metrics))
                .collect(),
            every: Catalogue::OF_EVERY_TARGET,
            recorded: declared()
                .flat_map(|declaration| &declaration.rule_groups)
                .flat_map(|group| &group.recordings)
                .map(|recording| recording.record.as_str())
                .chain(declared().flat_map(|declaration| recorded_by_team(declaration)))
                .collect(),
        }
    }

    /// The jobs that a selector means: those that it names, or all.
    fn meant(&self, selector: &Selector) -> Vec<&'v Metrics> {
        match jobs_of(selector) {
            Some(named) => named
                .into_iter()
                .filter_map(|(job, _)| self.jobs.get(job).copied())
                .collect(),
            None => self.jobs.values().copied().collect(),
        }
    }
}

/// The series that files of the team record.
fn recorded_by_team(declaration: &Declaration) -> impl Iterator<Item = &str> {
    let rules = declaration.written_rules.iter();
    rules
        .flat_map(|rules| rules.rules())
        .filter(|(_, rule)| rule.kind == WrittenKind::Recording)
        .map(|(_, rule)| rule.name.value.as_str())
}

/// The jobs that a selector names, each with the byte at which it stands: `job="a"` or `job=~"a|b"`.
fn jobs_of(selector: &Selector) -> Option<Vec<(&str, usize)>> {
    let mut matchers = selector.matchers.iter();
    let matcher = matchers.find(|matcher| matcher.label == "job")?;
    match matcher.compares {
        // A variable of a dashboard: whatever its reader chooses.
        Compare::Equal if matcher.value.starts_with(['$', '[']) => None,
        Compare::Equal => Some(vec![(&matcher.value, matcher.value_at)]),
        Compare::Matches => {
            let mut at = matcher.value_at;
            let named = matcher.value.split('|').map(|name| {
                let begins = at;
                at += name.len() + 1;
                // No name has a character that would have to be escaped, so that it stands as it is read.
                name.parse::<Name>().is_ok().then_some((name, begins))
            });
            named.collect()
        }
        Compare::Unequal | Compare::MatchesNot => None,
    }
}

/// Every expression with what it asks for, or with the first place that is no PromQL.
fn read_expressions<'v>(
    view: &'v View<'_>,
) -> impl Iterator<Item = (Expression<'v>, &'v Result<Query, Mistake>)> {
    view.declared.iter().flat_map(|(component, stated)| {
        let expressions = expressions(*component, stated);
        let texts = || expressions.iter().map(|expression| expression.text);
        let queries = stated.queries.get_or_init(|| texts().map(read).collect());
        expressions.into_iter().zip(queries)
    })
}

/// Readable expressions with what they select. Those that are not are another rule's.
fn queries<'v>(view: &'v View<'_>) -> impl Iterator<Item = (Expression<'v>, &'v Query)> {
    read_expressions(view)
        .filter_map(|(expression, query)| Some((expression, query.as_ref().ok()?)))
}

fn readable(view: &View<'_>, report: &mut Report) {
    for (expression, query) in read_expressions(view) {
        if let Err(mistake) = query {
            let rest = &expression.text[mistake.at..];
            let place = match rest.is_empty() {
                true => "at its end".to_owned(),
                false => format!("at `{}`", rest.chars().take(20).collect::<String>()),
            };
            let title = format!("{} is no PromQL: {}", expression.what, mistake.why);
            let finding = expression.finding(READABLE_CODE, mistake.at, title, "");
            report.push(match expression.by {
                Author::Component(_) | Author::Drawn(_) => finding.note(place),
                Author::Team(_) => finding,
            });
        }
    }
}

fn exported(view: &View<'_>, report: &mut Report) {
    if !view.site.monitored {
        return;
    }
    let known = Known::of(view);
    for (expression, query) in queries(view) {
        for selector in &query.selectors {
            let mut unknown = jobs_of(selector).unwrap_or_default();
            unknown.retain(|(job, _)| !known.jobs.contains_key(job));
            for (job, at) in &unknown {
                let title = format!(
                    "{} reads job `{job}`, which nobody scrapes",
                    expression.what
                );
                let finding = expression.finding(EXPORTED_CODE, *at, title, "no such job");
                report.push(match nearest(job, known.jobs.keys().copied()) {
                    Some(meant) => finding.help(format!("did you mean `{meant}`?")),
                    None => finding.help("name a job of this cluster"),
                });
            }
            if !unknown.is_empty() {
                continue;
            }
            let Some(series) = selector.series() else {
                continue;
            };
            let meant = known.meant(selector);
            let exists = known.recorded.contains(series)
                || known.every.family(series).is_some()
                || meant
                    .iter()
                    .any(|metrics| metrics.catalogue.family(series).is_some());
            if !exists {
                let title = format!("{} reads `{series}`, which nobody exports", expression.what);
                let mut finding =
                    expression.finding(EXPORTED_CODE, selector.at, title, "no such series");
                if let [one] = &meant[..] {
                    finding = finding.note(format!(
                        "job {} is scraped from {}",
                        one.job, one.catalogue.exporter
                    ));
                }
                let exported = meant.iter().flat_map(|metrics| metrics.catalogue.names());
                let exported = exported.chain(known.every.names());
                let names = exported.map(|name| -> &str { name });
                let names = names.chain(known.recorded.iter().copied());
                report.push(match nearest(series, names) {
                    Some(meant) => finding.help(format!("did you mean `{meant}`?")),
                    None => finding.help("name a series of the catalogue of its exporter"),
                });
            }
        }
    }
}

fn labels(view: &View<'_>, report: &mut Report) {
    if !view.site.monitored {
        return;
    }
    let known = Known::of(view);
    for (expression, query) in queries(view) {
        for selector in &query.selectors {
            let Some(series) = selector.series() else {
                continue;
            };
            let asked = selector.matchers.iter().filter(|matcher| {
                matcher.label != "__name__" && !Family::OF_EVERY.contains(&&*matcher.label)
            });
            let asked: Vec<_> = asked.collect();
            // Most ask for nothing else, and the catalogues need not be read.
            if asked.is_empty() {
                continue;
            }
            let meant = known.meant(selector);
            let families: Vec<_> = meant
                .iter()
                .map(|metrics| metrics.catalogue)
                .chain([known.every])
                .filter_map(|catalogue| catalogue.family(series))
                .collect();
            if families.is_empty() {
                continue;
            }
            for matcher in asked {
                let has = families
                    .iter()
                    .any(|family| family.has_label(&matcher.label));
                if !has {
                    let title = format!(
                        "{} asks for label `{}` of `{series}`, which has none of that name",
                        expression.what, matcher.label
                    );
                    let finding =
                        expression.finding(LABELS_CODE, matcher.at, title, "no such label");
                    let labels = families.iter().flat_map(|family| family.labels());
                    report.push(match nearest(&matcher.label, labels) {
                        Some(meant) => finding.help(format!("did you mean `{meant}`?")),
                        None => finding
                            .help("leave the condition out, or name a label that the series has"),
                    });
                }
            }
        }
    }
}

fn down(view: &View<'_>, report: &mut Report) {
    if !view.site.monitored {
        return;
    }
    let alerts: Vec<&Query> = queries(view)
        .filter(|(expression, _)| expression.what.is_alert())
        .map(|(_, query)| query)
        .collect();
    let tells = |job: &str| {
        alerts
            .iter()
            .flat_map(|query| &query.selectors)
            .any(|selector| {
                let up = |series: &str| series == "up" || series.ends_with("_up");
                let of_job = || {
                    jobs_of(selector).is_none_or(|named| named.iter().any(|(name, _)| *name == job))
                };
                selector.series().is_some_and(up) && of_job()
            })
    };
    for (component, declaration) in &view.declared {
        for metrics in &declaration.metrics {
            if !tells(metrics.job.as_str()) {
                let title = format!("nobody is told when job {} does not answer", metrics.job);
                report.push(
                    Diagnostic::error(DOWN_CODE, title)
                        .primary(
                            component.meta().name.origin.clone(),
                            format!("{} is scraped, and no alert reads its `up`", metrics.job),
                        )
                        .help("add `.alert(Alert::down(…))` to the rules of the job"),
                );
            }
        }
    }
}

fn once(view: &View<'_>, report: &mut Report) {
    let mut seen: BTreeMap<String, &dyn Component> = BTreeMap::new();
    for (what, component) in named(view) {
        let Some(first) = seen.insert(what.clone(), component) else {
            continue;
        };
        report.push(
            Diagnostic::error(ONCE_CODE, format!("there are two of {what}"))
                .primary(
                    component.meta().name.origin.clone(),
                    format!("{} declares it", name_of(component)),
                )
                .secondary(
                    first.meta().name.origin.clone(),
                    format!("{} declares it too", name_of(first)),
                )
                .help("name it after the component that declares it"),
        );
    }
    written::once(view, ONCE_CODE, report);
}

/// Everything that must be there once, with who declares it.
fn named<'v>(view: &'v View<'_>) -> Vec<(String, &'v dyn Component)> {
    let mut all = Vec::new();
    for (component, declaration) in &view.declared {
        let mut push = |what| all.push((what, *component));
        for metrics in &declaration.metrics {
            push(format!("job {}", metrics.job));
        }
        for group in &declaration.rule_groups {
            push(format!("rule group {}", group.name));
            for alert in &group.alerts {
                push(format!("alert {} in group {}", alert.name, group.name));
            }
            for recording in &group.recordings {
                push(format!(
                    "recording {} of `{}`",
                    recording.record, recording.expression
                ));
            }
        }
    }
    all
}
