//! What components tell of their metrics: where they are scraped, what the series are called, which rules and panels
//! read them.
//!
//! In: a component's own knowledge of its product. Out: data, from which whoever collects metrics writes its jobs, rule
//! files, rule tests and dashboards. It knows no collector: a component with metrics is watched without an edit to
//! whatever watches it.

mod dashboard;
mod exporter;
mod rules;
mod written;

use std::cmp::Ordering;
use std::fmt;

use crate::component::EndpointRef;
use crate::literal::Name;
use crate::plan::PortName;

pub use dashboard::{Dashboard, DrawnQuery, Panel, PanelView, Unit};
pub use exporter::{EXPORTED, exporter_resources, exporters};
pub use rules::{Alert, Proof, Recording, RuleGroup, Severity};
pub use written::{Placed, WrittenGroup, WrittenKind, WrittenRule, WrittenRules, WrittenText};

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
    /// For an exporter that stands beside each member of another group and asks that one: the group. Label `instance` is
    /// then the name of the member that is asked; of series that are about the exporter's own group, it is its own.
    pub beside: Option<Name>,
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
/// One line for each, sorted by name: name, type, labels joined by commas, with a tab between. `job`, `instance` and `host` are left
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

impl Metrics {
    /// Each member of a group answers for itself on `/metrics`. What else there is to say is said with
    /// `Metrics { beside: …, ..Metrics::new(…) }`.
    ///
    /// # Panics
    /// In debug builds, when the lines are not sorted by name: a bug of the component, seen by the first test that
    /// declares it.
    pub fn new(
        job: &Name,
        group: &Name,
        port: impl Into<PortName>,
        exporter: &'static str,
        lines: &'static str,
    ) -> Self {
        Self {
            job: job.clone(),
            group: group.clone(),
            port: port.into(),
            path: "/metrics",
            parameters: Vec::new(),
            beside: None,
            asks: None,
            catalogue: Catalogue::new(exporter, lines),
        }
    }
}

impl Catalogue {
    /// What a collector adds of every target and of every rule, by itself.
    pub const OF_EVERY_TARGET: Self = Self {
        exporter: "the collector",
        lines: include_str!("synthetic.tsv"),
    };

    fn new(exporter: &'static str, lines: &'static str) -> Self {
        let catalogue = Self { exporter, lines };
        debug_assert!(
            catalogue.names().is_sorted(),
            "the catalogue of {exporter} is not sorted by name"
        );
        catalogue
    }

    /// The family of a series, by the series' name: `x_bucket` is of the histogram `x`.
    pub fn family(&self, series: &str) -> Option<Family> {
        self.line(series).or_else(|| {
            ["_bucket", "_sum", "_count"].into_iter().find_map(|part| {
                self.line(series.strip_suffix(part)?)
                    .filter(|family| matches!(family.kind, "histogram" | "summary"))
            })
        })
    }

    /// The line of a name. The lines are sorted, so each look at one of them leaves out half of the rest.
    fn line(&self, name: &str) -> Option<Family> {
        let mut rest = self.lines;
        while !rest.is_empty() {
            let middle = rest.floor_char_boundary(rest.len() / 2);
            let begin = rest[..middle].rfind('\n').map_or(0, |end| end + 1);
            let (before, from) = rest.split_at(begin);
            // A tab comes before every character of a name.
            let known = &from.as_bytes()[..from.len().min(name.len() + 1)];
            match name.bytes().chain([b'\t']).cmp(known.iter().copied()) {
                Ordering::Less => rest = before,
                Ordering::Greater => rest = from.split_once('\n').map_or("", |(_, after)| after),
                Ordering::Equal => {
                    let line = from.lines().next().unwrap_or_default();
                    let mut fields = line.split('\t').skip(1);
                    return Some(Family {
                        kind: fields.next().unwrap_or_default(),
                        labels: fields.next().unwrap_or_default(),
                    });
                }
            }
        }
        None
    }

    /// The names of all families, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.lines
            .lines()
            .filter_map(|line| line.split('\t').next())
    }
}

impl Family {
    /// The labels that every series carries, of whatever family it is.
    pub const OF_EVERY: [&str; 3] = ["job", "instance", "host"];

    /// The labels that series of the family are known to carry, besides those of every target.
    pub fn labels(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.labels.split(',').filter(|label| !label.is_empty())
    }

    /// Whether series of the family carry a label.
    pub fn has_label(&self, label: &str) -> bool {
        let by_kind = [("le", "histogram"), ("quantile", "summary")];
        Self::OF_EVERY.contains(&label)
            || by_kind.contains(&(label, self.kind))
            || self
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

/// Whom a group looks at, wherever it is: without need, and so without an order.
#[derive(Clone, Debug)]
pub struct Observer {
    /// The group that opens the connections.
    pub group: Name,
    /// What it connects to.
    pub sees: Observed,
}

/// What an [`Observer`] connects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// Every port with metrics.
    Metrics,
    /// Every port on the observer's own host whose answer tells that a member serves.
    Readiness,
    /// One endpoint, which is told of something when it is there.
    Endpoint(EndpointRef),
}
