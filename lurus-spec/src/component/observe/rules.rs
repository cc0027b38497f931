//! Recordings and alerts of a component, with the cases that prove them.
//!
//! In: expressions over one job, written by whoever knows the product. Out: the same with the job's name filled in.
//! It knows neither the language of expressions nor who evaluates them.

use std::borrow::Cow;
use std::fmt;

use crate::literal::{Duration, Name};

/// Rules over series, evaluated together.
#[derive(Clone, Debug)]
pub struct RuleGroup {
    /// Unique in the cluster; of built-in components, the name of the job that it is about.
    pub name: Name,
    /// Series that are computed from others. An aggregate is called `job:…`: that is what federation takes.
    pub recordings: Vec<Recording>,
    /// Alerts.
    pub alerts: Vec<Alert>,
}

/// A series that is computed from others.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Its name: `level:metric:operations`.
    pub record: String,
    /// Its expression, in PromQL.
    pub expression: String,
}

/// A condition that people want to be told of.
#[derive(Clone, Debug)]
pub struct Alert {
    /// Its name: `RedisDown`. Two components of one kind have alerts of the same names, each about its own job; one that
    /// fires because its job has no series needs a name of its own, since it does so in the proofs of the others too.
    pub name: Cow<'static, str>,
    /// What is wrong while this has a result, in PromQL.
    pub expression: String,
    /// How long it has to be so.
    pub hold: Duration,
    /// How soon somebody has to look.
    pub severity: Severity,
    /// What is wrong, in one line. It may speak of the series: `{{ $labels.instance }}`.
    pub summary: String,
    /// What it means and what to do. It may speak of the series as the summary does.
    pub action: String,
    /// Series with which it fires, and others with which it does not.
    pub proofs: Vec<Proof>,
}

/// How soon somebody has to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Within a working day.
    Warning,
    /// Now.
    Critical,
}

/// A case for an alert: with these series, does it fire?
#[derive(Clone, Debug)]
pub struct Proof {
    /// Series with their values, one each minute, in the notation of `promtool test rules`.
    pub series: Vec<(String, String)>,
    /// When the alert is looked at, from the first value on.
    pub at: Duration,
    /// Labels of each alert that fires then, without `alertname` and `severity`; empty where none does.
    pub fires: Vec<Vec<(&'static str, String)>>,
}

impl RuleGroup {
    /// No rules yet, over one job, and called after it.
    ///
    /// In the expressions, series and labels that are added, `$job` stands for `job="<its name>"`, to be written between
    /// braces, and `$name` for its name: two components of one kind must not speak of each other's series.
    pub fn of(job: &Name) -> Self {
        Self {
            name: job.clone(),
            recordings: Vec::new(),
            alerts: Vec::new(),
        }
    }

    /// The same rules with one more recording.
    #[must_use]
    pub fn record(mut self, record: &str, expression: &str) -> Self {
        self.recordings.push(Recording {
            record: record.to_owned(),
            expression: over(&self.name, expression),
        });
        self
    }

    /// The same rules with one more alert.
    #[must_use]
    pub fn alert(mut self, mut alert: Alert) -> Self {
        let fill = |text: &mut String| *text = over(&self.name, text);
        fill(&mut alert.expression);
        for proof in &mut alert.proofs {
            proof.series.iter_mut().for_each(|(series, _)| fill(series));
            proof
                .fires
                .iter_mut()
                .flatten()
                .for_each(|(_, value)| fill(value));
        }
        self.alerts.push(alert);
        self
    }
}

/// A text over one job: `$job` and `$name` are filled.
pub(super) fn over(job: &Name, text: &str) -> String {
    let mut out = String::with_capacity(text.len() + job.as_str().len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out += before;
        rest = if let Some(after) = after.strip_prefix("job") {
            out.extend(["job=\"", job.as_str(), "\""]);
            after
        } else if let Some(after) = after.strip_prefix("name") {
            out += job.as_str();
            after
        } else {
            out.push('$');
            after
        };
    }
    out + rest
}

impl Alert {
    /// Somebody has to look when this expression has had a result for so long.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        severity: Severity,
        hold: Duration,
        expression: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            expression: expression.into(),
            hold,
            severity,
            summary: String::new(),
            action: String::new(),
            proofs: Vec::new(),
        }
    }

    /// Targets of the job have not answered for two minutes. Summary and action may name `instance` and `host`.
    pub fn down(
        name: &'static str,
        severity: Severity,
        summary: impl Into<String>,
        action: impl Into<String>,
    ) -> Self {
        let series = "up{$job,instance=\"a\",host=\"h\"}";
        Self::new(name, severity, Duration::minutes(2), "up{$job} == 0")
            .says(summary, action)
            .fires(
                &[(series, "0x60")],
                &[("job", "$name"), ("instance", "a"), ("host", "h")],
            )
            .silent(&[(series, "1x60")])
    }

    /// What is wrong, in one line, and what to do.
    #[must_use]
    pub fn says(mut self, summary: impl Into<String>, action: impl Into<String>) -> Self {
        (self.summary, self.action) = (summary.into(), action.into());
        self
    }

    /// With these series it fires two minutes after it might, once, with these labels.
    #[must_use]
    pub fn fires(self, series: &[(&str, &str)], labels: &[(&'static str, &str)]) -> Self {
        let labels = labels
            .iter()
            .map(|(label, value)| (*label, (*value).to_owned()))
            .collect();
        self.proof(series, vec![labels])
    }

    /// With these series it does not fire, not even two minutes after it might.
    #[must_use]
    pub fn silent(self, series: &[(&str, &str)]) -> Self {
        self.proof(series, Vec::new())
    }

    fn proof(mut self, series: &[(&str, &str)], fires: Vec<Vec<(&'static str, String)>>) -> Self {
        self.proofs.push(Proof {
            series: series
                .iter()
                .map(|(series, values)| ((*series).to_owned(), (*values).to_owned()))
                .collect(),
            at: Duration::secs(self.hold.as_secs() + 120),
            fires,
        });
        self
    }
}

impl Severity {
    /// Every severity, the mildest first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        })
    }
}
