//! What the panels of generated dashboards ask.
//!
//! In: the folder of the contract, below which the dashboards are. Out: each panel's expression, as it is sent. It must not know
//! what an expression asks for, nor whether whoever draws the panels is started.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

/// What one panel asks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Panel {
    /// Where it is, for people: `the panel "Primary" of pg`.
    pub(crate) what: String,
    pub(crate) expression: String,
}

/// The panels of every dashboard below a folder: of every JSON file that has panels.
///
/// # Errors
/// When the folder or a file of it cannot be read.
pub(crate) fn panels(folder: &Path) -> Result<Vec<Panel>> {
    let mut panels = Vec::new();
    for file in files(&folder.join("config"))? {
        let text = super::drill::read(&file)?;
        let json: Value = serde_json::from_str(&text)
            .with_context(|| format!("{} is no JSON", file.display()))?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        collect(&json["panels"], &name, &mut panels);
    }
    Ok(panels)
}

/// Every JSON file below a folder, in order.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let what = || format!("{} cannot be listed", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(what)? {
        let path = entry.with_context(what)?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|kind| kind == "json") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Adds what panels ask; a row has panels of its own.
fn collect(panels: &Value, dashboard: &str, found: &mut Vec<Panel>) {
    for panel in panels.as_array().into_iter().flatten() {
        let title = panel["title"].as_str().unwrap_or_default();
        for target in panel["targets"].as_array().into_iter().flatten() {
            found.extend(target["expr"].as_str().map(|expression| Panel {
                what: format!("the panel {title:?} of {dashboard}"),
                expression: filled(expression),
            }));
        }
        collect(&panel["panels"], dashboard, found);
    }
}

/// The expression with a literal in place of each variable, as whoever draws the panel puts one in: a time for those that it has
/// itself, everything for those of which the reader chooses a value.
fn filled(expression: &str) -> String {
    let mut parts = expression.split('$');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let braced = part
            .strip_prefix('{')
            .and_then(|inside| inside.split_once('}'));
        let (name, rest) = braced.unwrap_or_else(|| {
            let end = part.find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'));
            part.split_at(end.unwrap_or(part.len()))
        });
        filled += match name {
            // The end of a pattern.
            "" => "$",
            "__range_s" => "60",
            "__interval_ms" | "__range_ms" => "60000",
            own if own.starts_with("__") => "1m",
            _ => ".*",
        };
        filled += rest;
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_becomes_a_literal() {
        for (drawn, sent) in [
            ("rate(x[$__rate_interval]) * $__range_s", "rate(x[1m]) * 60"),
            (
                r#"x{a=~"$job",b=~"${host:regex}"}"#,
                r#"x{a=~".*",b=~".*"}"#,
            ),
            (r#"x{a=~"5..$"}"#, r#"x{a=~"5..$"}"#),
            ("sum(x)", "sum(x)"),
        ] {
            assert_eq!(filled(drawn), sent);
        }
    }

    #[test]
    fn panels_in_rows_are_found() {
        let json: Value = serde_json::from_str(
            r#"[{"title": "a", "targets": [{"expr": "x"}, {"expr": "y"}]}, {"type": "text"},
            {"type": "row", "panels": [{"title": "b", "targets": [{"expr": "z"}]}]}]"#,
        )
        .unwrap();
        let mut found = Vec::new();
        collect(&json, "pg", &mut found);
        let found: Vec<_> = found
            .iter()
            .map(|panel| (panel.what.as_str(), panel.expression.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                (r#"the panel "a" of pg"#, "x"),
                (r#"the panel "a" of pg"#, "y"),
                (r#"the panel "b" of pg"#, "z"),
            ]
        );
    }
}
