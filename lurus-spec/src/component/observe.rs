//! What components tell of their metrics: where they are scraped, what the series are called, which rules and panels
//! read them.
//!
//! In: a component's own knowledge of its product. Out: data, from which whoever collects metrics writes its jobs, rule
//! files, rule tests and dashboards. It knows no collector: a component with metrics is watched without an edit to
//! whatever watches it.

use std::fmt;

use crate::literal::{Duration, Name};
use crate::plan::PortName;

/// Members of a group answer with metrics, in the text format of OpenMetrics, over HTTP.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// The job: label `job` of every series, unique in the cluster.
    pub job: Name,
    /// Who answers.
    pub group: Name,
    /// On which port.
    pub port: PortName,
    /// On which path: `/metrics`.
    pub path: &'static str,
    /// Parameters of the request, by name.
    pub parameters: Vec<(&'static str, String)>,
    /// For an exporter that is told whom to ask: the group that it asks, one scrape for each of its members. The
    /// exporter on the member's own host is used where there is one.
    pub asks: Option<Asked>,
    /// The series that come back.
    pub catalogue: Catalogue,
}

/// Whom an exporter is told to ask, in the parameter `target` of the request.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The group.
    pub group: Name,
    /// The port of the group.
    pub port: PortName,
    /// What stands before `address:port` in the parameter: `redis://`.
    pub scheme: &'static str,
}

/// The series of one exporter, as it was seen to export them.
///
/// One line for each, sorted by name: name, type, labels joined by commas, with a tab between. `job` and `instance` are left
/// out, and `*` stands for labels that only a running system knows. A histogram or a summary has one line, whose `_bucket`,
/// `_sum`, `_count`, `le` and `quantile` follow.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Catalogue {
    /// The exporter and its version, for findings: `redis_exporter 1.55.0`.
    pub exporter: &'static str,
    /// The lines.
    pub lines: &'static str,
}

/// One family of series of a [`Catalogue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// `counter`, `gauge`, `histogram`, `summary` or `untyped`.
    pub kind: &'static str,
    labels: &'static str,
}

impl Catalogue {
    /// The family of a series, by the series' name: `x_bucket` is of the histogram `x`.
    pub fn family(&self, series: &str) -> Option<Family> {
        let line = |name: &str| {
            self.lines.lines().find_map(|line| {
                let mut fields = line.split('\t');
                (fields.next() == Some(name)).then(|| Family {
                    kind: fields.next().unwrap_or_default(),
                    labels: fields.next().unwrap_or_default(),
                })
            })
        };
        line(series).or_else(|| {
            ["_bucket", "_sum", "_count"].into_iter().find_map(|part| {
                line(series.strip_suffix(part)?)
                    .filter(|family| matches!(family.kind, "histogram" | "summary"))
            })
        })
    }

    /// The names of all families, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.lines
            .lines()
            .filter_map(|line| line.split('\t').next())
    }
}

impl Family {
    /// Whether series of the family carry a label.
    pub fn has_label(&self, label: &str) -> bool {
        matches!(
            (label, self.kind),
            ("job" | "instance", _) | ("le", "histogram") | ("quantile", "summary")
        ) || self
            .labels
            .split(',')
            .any(|known| known == label || known == "*")
    }
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Catalogue").field(&self.exporter).finish()
    }
}

/// Rules over series, evaluated together.
#[derive(Clone, Debug)]
pub struct RuleGroup {
    /// Unique in the cluster; of built-in components, the component's name.
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
    /// Its name, unique in the cluster: `RedisDown`.
    pub name: &'static str,
    /// What is wrong while this has a result, in PromQL.
    pub expression: String,
    /// How long it has to be so.
    pub hold: Duration,
    /// How soon somebody has to look.
    pub severity: Severity,
    /// What is wrong, in one line. It may speak of the series: `{{ $labels.instance }}`.
    pub summary: String,
    /// What it means and what to do.
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

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        })
    }
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

/// Panels about one component.
#[derive(Clone, Debug)]
pub struct Dashboard {
    /// Its title; a component's dashboard is called as the component.
    pub title: String,
    /// Its panels, in reading order, the most important first.
    pub panels: Vec<Panel>,
}

/// One picture of a dashboard.
#[derive(Clone, Debug)]
pub struct Panel {
    /// What it shows.
    pub title: String,
    /// The unit of its values.
    pub unit: Unit,
    /// How it is drawn.
    pub view: PanelView,
    /// Its series: an expression in PromQL, and the legend (`{{instance}}`) of what it gives.
    pub queries: Vec<(String, String)>,
}

/// The unit of a panel's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A count.
    Number,
    /// Bytes, shown in powers of 1,024.
    Bytes,
    /// Bytes per second.
    BytesPerSecond,
    /// Seconds.
    Seconds,
    /// From 0 to 1, shown as a percentage.
    Ratio,
    /// Events per second.
    PerSecond,
    /// 0 is down, 1 is up.
    UpDown,
}

/// How a panel is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanelView {
    /// Lines over time.
    Lines,
    /// The last value, large.
    Last,
}

/// Whom a group looks at, wherever it is: without need, and so without an order.
#[derive(Clone, Debug)]
pub struct Observer {
    /// The group that opens the connections.
    pub group: Name,
    /// What it connects to.
    pub sees: Observed,
}

/// What an [`Observer`] connects to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed {
    /// Every port with metrics.
    Metrics,
    /// Every port whose answer tells that a member serves.
    Readiness,
}
