//! Findings as cargo prints the messages of rustc, for editors.
//!
//! In: a [`Report`], the sources that it points into, and the crate of the description. Out: one line of JSON for each
//! finding, as `cargo check --message-format=json` writes them, so that rust-analyzer's `check.overrideCommand` shows a
//! finding on the line that caused it. Must not know: where sources or long texts of codes come from.
//!
//! The form is that of cargo's reference, chapter "External tools", and of rustc's chapter "JSON output".

use lurus_report::{
    Code, Diagnostic, Label, LabelKind, Report, Severity, Sources, Style, render_one, underline,
};
use serde_json::{Value, json};

/// One line for each finding, in order.
///
/// `source` gives the text of a file that a finding points into, `explain` the long text of a code.
pub fn messages(
    report: &Report,
    package: &Package<'_>,
    source: &dyn Fn(&str) -> Option<String>,
    explain: &dyn Fn(Code) -> Option<String>,
) -> String {
    let mut sources = Sources::new(source);
    report
        .iter()
        .map(|finding| format!("{}\n", message(finding, package, &mut sources, explain)))
        .collect()
}

/// The crate of the description, as cargo names it.
#[derive(Clone, Copy, Debug)]
pub struct Package<'a> {
    /// The package's id, such as `path+file:///home/me/clusters#lurus@0.1.0`.
    pub id: &'a str,
    /// The absolute path of its `Cargo.toml`.
    pub manifest_path: &'a str,
    /// The name of its library.
    pub library: &'a str,
    /// The absolute path of the library's first file.
    pub library_path: &'a str,
}

fn message(
    finding: &Diagnostic,
    package: &Package<'_>,
    sources: &mut Sources<'_>,
    explain: &dyn Fn(Code) -> Option<String>,
) -> Value {
    let code = finding
        .code
        .map(|code| json!({ "code": code.as_str(), "explanation": explain(code) }));
    let rendered = render_one(finding, sources, Style::Plain) + "\n\n";
    // An editor shows nothing for a message without a primary place.
    let place = finding.place();
    let spans: Vec<Value> = finding
        .labels
        .iter()
        .map(|label| {
            let is_primary = label.kind == LabelKind::Primary || Some(&label.origin) == place;
            span(label, is_primary, sources)
        })
        .collect();
    let more = finding
        .code
        .map(|code| child("note", &format!("more: cargo xtask explain {code}")));
    let children: Vec<Value> = finding
        .notes
        .iter()
        .map(|note| child("note", note))
        .chain(finding.help.iter().map(|help| child("help", help)))
        .chain(more)
        .collect();
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    json!({
        "reason": "compiler-message",
        "package_id": package.id,
        "manifest_path": package.manifest_path,
        "target": {
            "kind": ["lib"],
            "crate_types": ["lib"],
            "name": package.library,
            "src_path": package.library_path,
            "edition": "2024",
            "doc": true,
            "doctest": true,
            "test": true,
        },
        "message": {
            "rendered": rendered,
            "$message_type": "diagnostic",
            "children": children,
            "level": level,
            "message": finding.title,
            "spans": spans,
            "code": code,
        },
    })
}

/// A note or a help text: a message without a place of its own.
fn child(level: &str, text: &str) -> Value {
    json!({
        "children": [],
        "code": null,
        "level": level,
        "message": text,
        "rendered": null,
        "spans": [],
    })
}

/// A place. Columns count characters from 1, as they do in an [`Origin`](lurus_report::Origin); the end is the first
/// character after the place. Bytes count from the beginning of the file. Without the source, the place is one
/// character wide and its bytes are 0.
fn span(label: &Label, is_primary: bool, sources: &mut Sources<'_>) -> Value {
    let origin = &label.origin;
    let column = usize::try_from(origin.column).unwrap_or(usize::MAX);
    let found = sources.lines(&origin.file, origin.line, origin.line);
    let (bytes, column_end, text) = match found.as_deref() {
        Some([line, ..]) => {
            let underlined = underline(line.text, origin);
            let end = column.saturating_add(line.text[underlined.clone()].chars().count());
            let text = json!([{
                "highlight_end": end,
                "highlight_start": column,
                "text": line.text,
            }]);
            (
                line.begin + underlined.start..line.begin + underlined.end,
                end,
                text,
            )
        }
        Some([]) | None => (0..0, column.saturating_add(1), json!([])),
    };
    json!({
        "byte_end": bytes.end,
        "byte_start": bytes.start,
        "column_end": column_end,
        "column_start": column,
        "expansion": null,
        "file_name": origin.file,
        "is_primary": is_primary,
        "label": (!label.text.is_empty()).then_some(&label.text),
        "line_end": origin.line,
        "line_start": origin.line,
        "suggested_replacement": null,
        "suggestion_applicability": null,
        "text": text,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use lurus_report::Origin;

    use super::*;

    const PACKAGE: Package<'_> = Package {
        id: "path+file:///home/me/clusters#lurus@0.1.0",
        manifest_path: "/home/me/clusters/Cargo.toml",
        library: "lurus",
        library_path: "/home/me/clusters/spec/lib.rs",
    };

    /// What `cargo check --message-format=json` of Rust 1.95 wrote of [`REAL_SOURCE`], without its long texts.
    const REAL: &str = r#"{"reason":"compiler-message","package_id":"path+file:///home/me/j#0.1.0","manifest_path":"/home/me/j/Cargo.toml","target":{"kind":["lib"],"crate_types":["lib"],"name":"j","src_path":"/home/me/j/src/lib.rs","edition":"2024","doc":true,"doctest":true,"test":true},"message":{"rendered":"","$message_type":"diagnostic","children":[],"level":"error","message":"mismatched types","spans":[{"byte_end":55,"byte_start":53,"column_end":24,"column_start":23,"expansion":null,"file_name":"src/lib.rs","is_primary":true,"label":"expected `u8`, found `&str`","line_end":3,"line_start":3,"suggested_replacement":null,"suggestion_applicability":null,"text":[{"highlight_end":24,"highlight_start":23,"text":"    let é = \"x\"; take(é);"}]},{"byte_end":52,"byte_start":48,"column_end":22,"column_start":18,"expansion":null,"file_name":"src/lib.rs","is_primary":false,"label":"arguments to this function are incorrect","line_end":3,"line_start":3,"suggested_replacement":null,"suggestion_applicability":null,"text":[{"highlight_end":22,"highlight_start":18,"text":"    let é = \"x\"; take(é);"}]}],"code":{"code":"E0308","explanation":""}}}"#;
    const REAL_SOURCE: &str =
        "fn take(_: u8) {}\nfn main() {\n    let é = \"x\"; take(é);\n    let unused = 1;\n}\n";

    fn source(file: &str) -> Option<String> {
        (file == "src/lib.rs").then(|| REAL_SOURCE.to_owned())
    }

    fn parsed(finding: Diagnostic) -> Value {
        let explain = |code: Code| Some(format!("# {code}\n"));
        let lines = messages(&finding.into(), &PACKAGE, &source, &explain);
        assert!(
            lines.ends_with('\n') && lines.lines().count() == 1,
            "{lines}"
        );
        serde_json::from_str(&lines).unwrap()
    }

    #[test]
    fn a_message_has_the_form_of_rustc() {
        let real: Value = serde_json::from_str(REAL).unwrap();
        let finding = Diagnostic::error(Code::new("L0204"), "mismatched types")
            .primary(
                Origin::at("src/lib.rs", 3, 23),
                "expected `u8`, found `&str`",
            )
            .secondary(
                Origin::at("src/lib.rs", 3, 18),
                "arguments to this function are incorrect",
            );
        let ours = parsed(finding);
        assert_eq!(keys(&ours), keys(&real));
        assert_eq!(keys(&ours["target"]), keys(&real["target"]));
        assert_eq!(keys(&ours["message"]), keys(&real["message"]));
        assert_eq!(
            keys(&ours["message"]["code"]),
            keys(&real["message"]["code"])
        );
        assert_eq!(ours["message"]["spans"], real["message"]["spans"]);
        assert_eq!(ours["message"]["level"], real["message"]["level"]);
        assert_eq!(ours["message"]["message"], real["message"]["message"]);
    }

    fn keys(object: &Value) -> Vec<&String> {
        object.as_object().unwrap().keys().collect()
    }

    #[test]
    fn notes_and_help_are_children() {
        let finding = Diagnostic::warning(Code::new("L0204"), "losing host node-2 stops redis")
            .primary(Origin::at("src/lib.rs", 1, 4), "")
            .note("of 3 hosts")
            .help("place it elsewhere");
        let message = &parsed(finding)["message"];
        let children = message["children"].as_array().unwrap();
        let shown: Vec<_> = children
            .iter()
            .map(|child| {
                format!(
                    "{}: {}",
                    child["level"].as_str().unwrap(),
                    child["message"].as_str().unwrap()
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "note: of 3 hosts",
                "help: place it elsewhere",
                "note: more: cargo xtask explain L0204"
            ]
        );
        assert_eq!(message["level"], "warning");
        assert_eq!(message["code"]["explanation"], "# L0204\n");
        assert_eq!(message["spans"][0]["label"], Value::Null);
        assert_snapshot!(message["rendered"].as_str().unwrap(), @"
        warning[L0204]: losing host node-2 stops redis
         --> src/lib.rs:1:4
          |
        1 | fn take(_: u8) {}
          |    ^^^^
          |
          = note: of 3 hosts
          = help: place it elsewhere
          = more: cargo xtask explain L0204
        ");
    }

    #[test]
    fn a_finding_is_never_without_a_primary_place() {
        let finding = Diagnostic::error(None, "title")
            .secondary(Origin::at("src/gone.rs", 7, 9), "a")
            .secondary(Origin::at("src/lib.rs", 1, 1), "b");
        let message = &parsed(finding)["message"];
        assert_eq!(message["code"], Value::Null);
        assert_eq!(message["spans"][0]["is_primary"], true);
        assert_eq!(message["spans"][1]["is_primary"], false);
        let gone = &message["spans"][0];
        assert_eq!(gone["file_name"], "src/gone.rs");
        assert_eq!(
            (
                &gone["line_start"],
                &gone["column_start"],
                &gone["column_end"]
            ),
            (&json!(7), &json!(9), &json!(10))
        );
        assert_eq!(gone["text"], json!([]));
    }

    #[test]
    fn findings_are_lines_in_order() {
        let report: Report = ["b", "a"]
            .map(|title| Diagnostic::error(None, format!("{title}\n\"{title}\"")))
            .into_iter()
            .collect();
        let lines = messages(&report, &PACKAGE, &source, &|_| None);
        let titles: Vec<Value> = lines
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["message"]["message"].clone())
            .collect();
        assert_eq!(titles, ["a\n\"a\"", "b\n\"b\""]);
        assert_eq!(messages(&Report::new(), &PACKAGE, &source, &|_| None), "");
    }
}
