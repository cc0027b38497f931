//! The expressions of a dashboard that somebody drew.
//!
//! In: the JSON that Grafana exports. Out: what its panels ask Prometheus, as far as that is known before a reader chooses
//! the values of its variables. It does not know which series there are.

use serde_json::Value;

use crate::component::grafana::OwnDashboard;
use crate::component::observe::DrawnQuery;
use crate::model::Setting;

/// The expressions of a dashboard; none of a text that is no JSON, which is another finding.
pub(super) fn queries(own: &Setting<OwnDashboard>) -> Vec<DrawnQuery> {
    let json: Value = serde_json::from_str(&own.value.text).unwrap_or_default();
    let mut asked = Vec::new();
    collect(&json, None, &mut asked);
    let name = &own.value.name;
    let known = asked.into_iter().filter_map(|(title, expression)| {
        Some(DrawnQuery {
            what: match title {
                Some(title) => format!("panel {title:?} of {name}"),
                None => format!("a panel of {name}"),
            },
            expression: known(expression)?,
            origin: own.origin.clone(),
        })
    });
    known.collect()
}

/// Expressions with the title of the panel that asks them, wherever panels are: in rows, or in old ones below `rows`.
fn collect<'j>(
    json: &'j Value,
    title: Option<&'j str>,
    asked: &mut Vec<(Option<&'j str>, &'j str)>,
) {
    match json {
        Value::Object(fields) => {
            let own = fields.get("title").and_then(Value::as_str);
            let title = own.or(title);
            for (key, value) in fields {
                match value.as_array().filter(|_| key == "targets") {
                    Some(targets) => {
                        let asks = |target: &'j Value| target.get("expr").and_then(Value::as_str);
                        asked.extend(targets.iter().filter_map(asks).map(|asks| (title, asks)));
                    }
                    None => collect(value, title, asked),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, title, asked)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The expression with an example in place of Grafana's own variables. None where one of the dashboard's stands for a part
/// of the language: what is asked is then known to its reader only.
fn known(expression: &str) -> Option<String> {
    let mut known = String::new();
    let mut quote = None;
    let mut rest = expression;
    while let Some(sign) = rest.chars().next() {
        let mut length = sign.len_utf8();
        match (quote, sign) {
            (Some(open), _) if open == sign => quote = None,
            (Some(open), '\\') if open != '`' => {
                length += rest[1..].chars().next().map_or(0, char::len_utf8);
            }
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(sign),
            (None, '$') => {
                let (name, taken) = variable(rest);
                known += example(name)?;
                rest = &rest[taken..];
                continue;
            }
            // The old notation of a variable.
            (None, '[') if rest.starts_with("[[") => return None,
            (None, _) => {}
        }
        known += &rest[..length];
        rest = &rest[length..];
    }
    Some(known)
}

/// The name of the variable `$name` or `${name:format}` at the beginning of a text, and how much of it that takes.
fn variable(text: &str) -> (&str, usize) {
    if let Some((inside, _)) = text
        .strip_prefix("${")
        .and_then(|rest| rest.split_once('}'))
    {
        let name = inside.split(':').next().unwrap_or(inside);
        return (name, inside.len() + 3);
    }
    let rest = &text[1..];
    let length = rest
        .find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'))
        .unwrap_or(rest.len());
    (&rest[..length], length + 1)
}

/// What Grafana's own variables may stand for.
fn example(variable: &str) -> Option<&'static str> {
    match variable {
        "__rate_interval" | "__interval" | "__range" => Some("5m"),
        "__interval_ms" | "__range_s" | "__range_ms" => Some("300"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::known;

    #[test]
    fn what_grafana_fills_in_is_filled_in() {
        for (drawn, asked) in [
            ("rate(x[$__rate_interval])", Some("rate(x[5m])")),
            (
                "rate(x[${__interval}]) * $__range_s",
                Some("rate(x[5m]) * 300"),
            ),
            (
                "x{a=\"$a\",b=~'${b:regex}'}",
                Some("x{a=\"$a\",b=~'${b:regex}'}"),
            ),
            ("x{a=\"\\\"$a\"} > $most", None),
            ("$metric", None),
            ("x[[[span]]]", None),
            ("x{a=`\\`} + $", None),
            ("x{a=\"é", Some("x{a=\"é")),
            ("x{a=\"\\", Some("x{a=\"\\")),
        ] {
            assert_eq!(known(drawn).as_deref(), asked, "{drawn}");
        }
    }
}
