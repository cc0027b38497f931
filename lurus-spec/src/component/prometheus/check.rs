//! Rules of Prometheus.

use crate::check::{Check, Rule, View, listed};
use crate::component::alertmanager::Alertmanager;
use crate::component::observe::WrittenKind;
use crate::component::prometheus::Prometheus;
use crate::literal::Duration;
use crate::model::Settings;
use crate::report::{Code, Diagnostic, Report};

const TIMEOUT_CODE: Code = Code::new("L1108");
const HOLD_CODE: Code = Code::new("L1109");
const SENDS_CODE: Code = Code::new("L1110");
const FILES_CODE: Code = Code::new("L1111");

/// The rules of this product, by code.
pub const RULES: &[Rule] = &[
    Rule {
        code: TIMEOUT_CODE.as_str(),
        ensures: "Ensure a target is given up before it is asked again.",
        explain: r"With a `scrape_timeout` above the `scrape_interval` a scrape could last into the next one. Prometheus refuses such a file:
it does not start with it, and one that runs goes on with its old one.

Leave `.scrape_timeout` out: it is 10 s, or the interval when that is shorter.",
        source: "Prometheus 2.48, config.go: `global scrape timeout greater than scrape interval`; domain invariant I43",
        check: Check::Described(timeout),
    },
    Rule {
        code: HOLD_CODE.as_str(),
        ensures: "Ensure the condition of an alert has to hold for two evaluations at least, unless it may hold for one.",
        explain: r"The time that a condition has to hold (`for`) is looked at when it is evaluated. Where it is shorter than two intervals, one
scrape that was missed or one sample that was late is a page at night. `for: 0s`, or no `for`, says that one evaluation
is meant to be enough.

Make the time longer, or the interval shorter: `.scrape_interval` of Prometheus, or `interval` of a group in a file.",
        source: "Prometheus 2.48, alerting rules; domain invariant I43",
        check: Check::Described(hold),
    },
    Rule {
        code: SENDS_CODE.as_str(),
        ensures: "Ensure somebody hears of the alerts that are evaluated.",
        explain: r"A Prometheus that is told of no Alertmanager evaluates every alert and shows them on its own page. Nobody is told, at night
or at all.

    let alertmanager = cluster.add(Alertmanager::new(…).receiver(…));
    cluster.add(Prometheus::new(…).alertmanager(&alertmanager));

One that only takes the aggregates of another may do without: the other one alerts. So may a cluster that is for
development.",
        source: "Prometheus 2.48, configuration: alerting; domain invariant I45",
        check: Check::Described(sends),
    },
    Rule {
        code: FILES_CODE.as_str(),
        ensures: "Ensure files of rules are given to a Prometheus that has the series.",
        explain: r"A Prometheus that takes the aggregates of another one has series called `job:…` only. An alert there on anything else never
fires, and looks exactly like one that is content. Rules are held against what is scraped, which that server does not
do: give the files to the one that collects. What it records under a name that begins with `job:` reaches both.",
        source: "federation takes series called `job:…` only",
        check: Check::Described(files),
    },
];

fn timeout(view: &View<'_>, report: &mut Report) {
    for (prometheus, _) in view.all::<Prometheus>() {
        let (timeout, interval) = (prometheus.timeout(), prometheus.interval());
        let Some(set) = prometheus
            .scrape_timeout
            .as_ref()
            .filter(|_| timeout > interval)
        else {
            continue;
        };
        let name = &prometheus.meta.name.value;
        let finding = Diagnostic::error(
            TIMEOUT_CODE,
            format!("{name} waits longer for a target than until it asks again"),
        )
        .primary(set.origin.clone(), format!("it waits {timeout}"))
        .help(format!(
            "leave `.scrape_timeout` out, or write at most `{interval}`"
        ));
        report.push(match &prometheus.scrape_interval {
            Some(set) => finding.secondary(set.origin.clone(), "and asks this often"),
            None => finding.note(format!(
                "it asks every {interval} unless `.scrape_interval` is set"
            )),
        });
    }
}

fn hold(view: &View<'_>, report: &mut Report) {
    for (prometheus, declaration) in view.all::<Prometheus>() {
        let interval = prometheus.interval();
        if prometheus.federating.is_none() {
            report.extend(held_by_components(prometheus, view));
        }
        let rules = declaration.written_rules.iter();
        for (group, rule) in rules.flat_map(|rules| rules.rules()) {
            let every = group.interval.as_ref().map_or(interval, |set| set.value);
            let Some(hold) = rule
                .hold
                .as_ref()
                .filter(|hold| is_short(hold.value, every))
            else {
                continue;
            };
            if rule.kind == WrittenKind::Recording {
                continue;
            }
            report.push(
                Diagnostic::error(
                    HOLD_CODE,
                    format!("{} can fire after a single evaluation", rule.what()),
                )
                .primary(hold.origin.clone(), format!("evaluated every {every}"))
                .help(format!(
                    "write `for: {}` or more, or leave `for` out",
                    twice(every)
                )),
            );
        }
    }
}

/// The alerts of components that the interval is too long for.
fn held_by_components(prometheus: &Prometheus, view: &View<'_>) -> Option<Diagnostic> {
    let interval = prometheus.interval();
    let declared = view.declared.iter();
    let alerts = declared
        .flat_map(|(_, declaration)| &declaration.rule_groups)
        .flat_map(|group| &group.alerts)
        .filter(|alert| is_short(alert.hold, interval));
    let (mut names, mut shortest) = (Vec::new(), twice(interval));
    for alert in alerts {
        shortest = shortest.min(alert.hold);
        names.push(alert.name.as_ref());
    }
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return None;
    }
    let name = &prometheus.meta.name.value;
    Some(
        Diagnostic::error(
            HOLD_CODE,
            format!("{name} evaluates alerts too rarely for the time that they have to hold"),
        )
        .primary(
            prometheus.meta.blame(prometheus.scrape_interval.as_ref()),
            format!("every {interval}"),
        )
        .note(format!(
            "what {} {} about has to be so for less than two evaluations",
            listed(&names),
            if names.len() == 1 { "is" } else { "are" }
        ))
        .help(format!(
            "write `.scrape_interval(\"{}\")` or less",
            Duration::millis((shortest.as_millis() / 2).max(1))
        )),
    )
}

fn is_short(hold: Duration, interval: Duration) -> bool {
    hold > Duration::millis(0) && hold < twice(interval)
}

fn twice(interval: Duration) -> Duration {
    Duration::millis(interval.as_millis().saturating_mul(2))
}

fn sends(view: &View<'_>, report: &mut Report) {
    let there = view.all::<Alertmanager>().next();
    for (prometheus, _) in view.all::<Prometheus>() {
        if prometheus.alertmanager.is_some() || prometheus.federating.is_some() {
            continue;
        }
        let name = &prometheus.meta.name;
        let title = format!("nobody hears of the alerts of {}", name.value);
        match there {
            Some((alertmanager, _)) => report.push(
                Diagnostic::error(SENDS_CODE, title)
                    .primary(name.origin.clone(), "it sends them nowhere")
                    .secondary(
                        alertmanager.meta().name.origin.clone(),
                        "and this would tell people",
                    )
                    .help("write `.alertmanager(…)` with the reference that adding it returned"),
            ),
            None if view.site.development => {}
            None => report.push(
                Diagnostic::warning(SENDS_CODE, title)
                    .primary(name.origin.clone(), "it sends them nowhere")
                    .help("add an `Alertmanager`, and write `.alertmanager(…)` with its reference"),
            ),
        }
    }
}

fn files(view: &View<'_>, report: &mut Report) {
    for (prometheus, _) in view.all::<Prometheus>() {
        let (Some(source), Some(file)) = (&prometheus.federating, prometheus.rule_files.first())
        else {
            continue;
        };
        let (name, source) = (&prometheus.meta.name.value, source.value.name());
        report.push(
            Diagnostic::error(
                FILES_CODE,
                format!("{name} lacks the series that its files of rules read"),
            )
            .primary(
                file.origin.clone(),
                format!("it takes the aggregates of {source} only"),
            )
            .help(format!("write `.rule_files(…)` at {source}")),
        );
    }
}
