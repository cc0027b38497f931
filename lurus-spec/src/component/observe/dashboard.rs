//! Panels of a component.
//!
//! In: expressions over one job, and how they are best seen. Out: the same with the job's name filled in. It knows no
//! program that draws.

use crate::component::observe::rules::over;
use crate::literal::Name;
use crate::report::Origin;

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

/// An expression of a dashboard that somebody drew with the program that shows it.
#[derive(Clone, Debug)]
pub struct DrawnQuery {
    /// Where it is drawn, for findings: `panel "Orders" of orders`.
    pub what: String,
    /// The expression in PromQL. A variable of the dashboard stands in strings only.
    pub expression: String,
    /// Where the dashboard was given.
    pub origin: Origin,
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

impl Dashboard {
    /// No panels yet.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            panels: Vec::new(),
        }
    }

    /// The same panels and these, over one job: in their expressions and legends, `$job` stands for `job="<its name>"`
    /// and `$name` for its name.
    #[must_use]
    pub fn over(mut self, job: &Name, panels: impl IntoIterator<Item = Panel>) -> Self {
        self.panels.extend(panels.into_iter().map(|mut panel| {
            for (expression, legend) in &mut panel.queries {
                *expression = over(job, expression);
                *legend = over(job, legend);
            }
            panel
        }));
        self
    }
}

impl Panel {
    /// Lines over time: expressions with their legends.
    pub fn lines(title: &str, unit: Unit, queries: &[(&str, &str)]) -> Self {
        Self::new(title, unit, PanelView::Lines, queries)
    }

    /// The last values, large: expressions with their legends.
    pub fn last(title: &str, unit: Unit, queries: &[(&str, &str)]) -> Self {
        Self::new(title, unit, PanelView::Last, queries)
    }

    fn new(title: &str, unit: Unit, view: PanelView, queries: &[(&str, &str)]) -> Self {
        Self {
            title: title.to_owned(),
            unit,
            view,
            queries: queries
                .iter()
                .map(|(expression, legend)| ((*expression).to_owned(), (*legend).to_owned()))
                .collect(),
        }
    }
}
