//! Dashboards as Grafana 10 reads them.
//!
//! In: panels of a component. Out: the JSON model of a dashboard, as a tree. It knows no component.

use crate::component::observe::{Dashboard, Panel, PanelView, Unit};
use crate::file_tree::digest;
use crate::yaml::{Node, map, seq};

/// The version of the model that Grafana 10.2 writes itself: an older one is rewritten when it is loaded.
const SCHEMA: i64 = 38;

/// Columns of a page.
const COLUMNS: i64 = 24;

/// The longest uid that Grafana takes.
const LONGEST_UID: usize = 40;

/// A dashboard called `name`, whose panels ask the datasource `source` unless a reader chooses another.
pub(super) fn model(name: &str, tag: &str, dashboard: &Dashboard, source: &str) -> Node {
    let mut at = (0, 0);
    let mut row = 0;
    let panels = (1..).zip(&dashboard.panels).map(|(id, panel)| {
        let (width, height) = extent(panel.view);
        if at.0 + width > COLUMNS || (row != height && at.0 > 0) {
            at = (0, at.1 + row);
        }
        row = height;
        let position = map([("h", height), ("w", width), ("x", at.0), ("y", at.1)]
            .map(|(key, value)| (key, Node::Int(value))));
        at.0 += width;
        drawn(id, panel, position)
    });
    let panels: Vec<Node> = panels.collect();
    let uid = match name.len() <= LONGEST_UID {
        true => name.to_owned(),
        false => digest(name.as_bytes()).chars().take(LONGEST_UID).collect(),
    };
    let choice = map([("name", "datasource"), ("label", "Prometheus")])
        .with("type", "datasource")
        .with("query", "prometheus")
        .with(
            "current",
            map([("text", source), ("value", source)]).with("selected", false),
        )
        .with("options", Node::Seq(Vec::new()))
        .with("refresh", Node::Int(1))
        .with("hide", Node::Int(0))
        .with("includeAll", false)
        .with("multi", false)
        .with("regex", "")
        .with("skipUrlSync", false);
    map([
        ("uid", Node::str(uid)),
        ("title", Node::str(dashboard.title.as_str())),
    ])
    .with("tags", seq([tag]))
    .with("schemaVersion", Node::Int(SCHEMA))
    .with("version", Node::Int(1))
    .with("editable", false)
    .with("graphTooltip", Node::Int(1))
    .with("timezone", "browser")
    .with("refresh", "30s")
    .with("time", map([("from", "now-6h"), ("to", "now")]))
    .with("annotations", map([("list", Node::Seq(Vec::new()))]))
    .with("links", Node::Seq(Vec::new()))
    .with("templating", map([("list", seq([choice]))]))
    .with("panels", seq(panels))
}

/// Width and height of a panel, in the units of the page.
fn extent(view: PanelView) -> (i64, i64) {
    match view {
        PanelView::Lines => (12, 8),
        PanelView::Last => (6, 4),
    }
}

fn source() -> Node {
    map([("type", "prometheus"), ("uid", "${datasource}")])
}

fn drawn(id: i64, panel: &Panel, position: Node) -> Node {
    let targets = ('A'..='Z')
        .zip(&panel.queries)
        .map(|(letter, (expression, legend))| {
            map([("refId", letter.to_string())])
                .with("datasource", source())
                .with("expr", expression.as_str())
                .with("legendFormat", legend.as_str())
                .with("range", panel.view == PanelView::Lines)
                .with("instant", panel.view == PanelView::Last)
        });
    let (kind, options) = match panel.view {
        PanelView::Lines => (
            "timeseries",
            map([
                (
                    "legend",
                    map([("displayMode", "list"), ("placement", "bottom")])
                        .with("calcs", Node::Seq(Vec::new()))
                        .with("showLegend", true),
                ),
                ("tooltip", map([("mode", "multi"), ("sort", "desc")])),
            ]),
        ),
        PanelView::Last => (
            "stat",
            map([
                (
                    "reduceOptions",
                    map([("calcs", seq(["lastNotNull"]))])
                        .with("fields", "")
                        .with("values", false),
                ),
                ("colorMode", Node::str("value")),
                ("graphMode", Node::str("none")),
                ("textMode", Node::str("auto")),
                ("justifyMode", Node::str("auto")),
                ("orientation", Node::str("auto")),
            ]),
        ),
    };
    map([("id", Node::Int(id))])
        .with("type", kind)
        .with("title", panel.title.as_str())
        .with("datasource", source())
        .with("gridPos", position)
        .with(
            "fieldConfig",
            map([("defaults", defaults(panel.unit))]).with("overrides", Node::Seq(Vec::new())),
        )
        .with("options", options)
        .with("targets", seq(targets))
}

/// How values of a unit are written, in the words of Grafana.
fn defaults(unit: Unit) -> Node {
    let shown = |unit: &str| map([("unit", Node::str(unit)), ("min", Node::Int(0))]);
    match unit {
        Unit::Number => shown("short"),
        Unit::Bytes => shown("bytes"),
        Unit::BytesPerSecond => shown("binBps"),
        Unit::Seconds => shown("s"),
        Unit::Ratio => shown("percentunit"),
        Unit::PerSecond => shown("cps"),
        Unit::UpDown => {
            let word = |text: &str, color: &str| map([("text", text), ("color", color)]);
            let words = map([("0", word("down", "red")), ("1", word("up", "green"))]);
            let mapping = map([("type", Node::str("value")), ("options", words)]);
            shown("none").with("mappings", seq([mapping]))
        }
    }
}
