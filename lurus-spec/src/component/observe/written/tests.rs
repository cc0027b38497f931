//! Tests of files of rules.

use serde_json::Value;

use super::{WrittenKind, WrittenRules};
use crate::model::RuleFile;

fn read(text: &str) -> WrittenRules {
    WrittenRules::read(&RuleFile::new("spec/rules/team.yml", text.to_owned()))
}

/// What is wrong, each with its line and column.
fn wrong(text: &str) -> Vec<String> {
    let mistakes = read(text).mistakes;
    let told = mistakes.iter().map(|finding| {
        let place = finding.place().expect("a place");
        let help = finding.help.as_deref().unwrap_or_default();
        format!("{}:{} {}; {help}", place.line, place.column, finding.title)
    });
    told.collect()
}

/// One alert, with these lines after its expression.
fn alert(lines: &[&str]) -> String {
    let begin = "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up";
    let lines: String = lines.iter().map(|line| format!("\n    {line}")).collect();
    format!("{begin}{lines}\n")
}

#[test]
fn everything_of_the_format_is_read_and_printed() {
    let text = r#"
# What the team wants to hear of.
groups:
  - name: "checkout, and more"
    interval: 30s
    limit: 10
    rules:
      - record: job:checkout_seconds:mean
        expr: avg by (job) (checkout_seconds)
        labels: {team: checkout}
      - alert: CheckoutSlow
        expr: |
          job:checkout_seconds:mean
            > 1
        for: 1w2d
        keep_firing_for: 5m
        labels:
          severity: warning
          priority: 1
        annotations:
          summary: "{{ $labels.instance }} takes {{ $value | humanize }} s"
  - name: nothing yet
    rules: []
"#;
    let rules = read(text);
    assert_eq!(rules.mistakes, []);
    assert_eq!(rules.stem, "team");
    let kinds: Vec<WrittenKind> = rules.rules().map(|(_, rule)| rule.kind).collect();
    assert_eq!(kinds, [WrittenKind::Recording, WrittenKind::Alert]);
    insta::assert_snapshot!("printed", rules.printed().to_yaml());
}

#[test]
fn texts_are_printed_as_they_were_read() {
    for hostile in [
        "{{ $labels.instance }} is {{ $value | printf \"%.2f\" }}",
        "yes",
        "0x1F",
        "22:22",
        "- a: b # c",
        "${HOME} $(id) `id` $$",
        "'\"\\",
        "two\nlines\n",
        "\ttab and \u{2028} and 日本語 🦀",
        " lead and trail ",
        "",
        "~",
    ] {
        let quoted = Value::from(hostile).to_string();
        let text = alert(&[
            "labels:",
            &format!("  severity: {quoted}"),
            &format!("annotations: {{summary: {quoted}}}"),
        ]);
        let rules = read(&text);
        assert_eq!(rules.mistakes, [], "{hostile:?}");
        let printed: Value = serde_yaml::from_str(&rules.printed().to_yaml()).unwrap();
        for place in ["/labels/severity", "/annotations/summary"] {
            let arrived = printed.pointer(&format!("/groups/0/rules/0{place}"));
            assert_eq!(arrived, Some(&Value::from(hostile)), "{place}");
        }
    }
}

#[test]
fn an_expression_knows_where_its_words_stand() {
    let place = |text: &str, word: &str| {
        let rules = read(text);
        let (_, rule) = rules.rules().next().expect("a rule");
        let at = rule.expression.text.find(word).expect("the word");
        let origin = rule.expression.place(at);
        (origin.line, origin.column)
    };
    let with = |expression: &str| {
        let text = alert(&[]);
        text.replace("expr: up", &format!("expr: {expression}"))
    };
    assert_eq!(place(&with("sum(up)"), "up"), (5, 15));
    assert_eq!(place(&with("'sum(up)'"), "up"), (5, 16));
    assert_eq!(place(&with("|\n      sum(\n        up)"), "up"), (7, 9));
    assert_eq!(place(&with(">-\n      sum(\n      up) > é"), "é"), (7, 13));
}

#[test]
fn what_is_wrong_is_told_at_its_place_and_all_at_once() {
    assert_eq!(
        wrong(&alert(&["fro: 5m", "for: 5", "labels: [a]"])),
        [
            "6:5 an alert has no `fro`; did you mean `for`?",
            "7:10 `for` is no span of time; write `for: 5m`",
            "8:13 `labels` is a table of texts; write `labels:`, and below it a name with a text on each line",
        ]
    );
    assert_eq!(
        wrong(&alert(&["labels: {a-b: c, __name__: d, e: [f], g:}"])),
        [
            "6:14 `a-b` is no name in `labels`; write one such as `severity` or `runbook_url`",
            "6:22 `__name__` is no name in `labels`; write one such as `severity` or `runbook_url`",
            "6:38 `e` is no text; write a text, in quotes where it has signs of YAML in it",
            "6:44 `g` is no text; write a text, in quotes where it has signs of YAML in it",
        ]
    );
    assert_eq!(
        wrong(&alert(&["annotations: {a: \"{{ $value }} {{ $labels\"}"])),
        [
            "6:36 `a` begins something with `{{` that never ends; write it as in `{{ $labels.instance }}`"
        ]
    );
    assert_eq!(
        wrong(&alert(&[
            "annotations: {a: \"\u{F0001}own-name\u{F0002}\"}"
        ])),
        ["6:22 `a` has \\u{f0001} in it; leave that sign out: no font has it"]
    );
    assert_eq!(
        wrong(
            "groups:\n- name: a\n  interval: 0s\n  limit: -1\n  rules:\n  - record: a b\n    expr: up\n    for: 5m\n"
        ),
        [
            "3:13 a group is evaluated all the time; leave `interval` out, or write one such as `1m`",
            "4:10 `limit` is a number of results; write a whole number, or leave it out",
            "8:5 a recording has no `for`; it may have `record`, `expr`, `labels`",
            "6:13 `a b` is no name of a series; write one such as `job:http_requests:rate5m`",
        ]
    );
    assert_eq!(
        wrong(
            "groups:\n- name: a\n  rules:\n  - alrt: A\n    expr: up\n  - alert: A\n    record: b\n  - alert: A\n  - up\n"
        ),
        [
            "4:5 a rule has no `alrt`; did you mean `alert`?",
            "4:5 a rule is an alert or a recording; write `alert: …` or `record: …` with a name",
            "6:5 a rule is an alert or a recording, not both; make two rules of it",
            "8:5 the rule has no `expr`; write `expr: …`",
            "9:5 a rule is a table; write `- alert: …` with `expr: …` below it",
        ]
    );
    assert_eq!(
        wrong("groups:\n- name: a\n  rules: []\n- name: a\n  rules: {}\n- name: \"\"\n  rules:\n"),
        [
            "5:10 `rules` is a list; begin each of its items with `- `",
            "4:3 there are two groups `a`; put their rules into one, or name them differently",
            "6:9 the name in `a group` is empty; write a name",
            "6:3 the group has no `rules`; write `rules: …`",
        ]
    );
    assert_eq!(
        wrong("# nothing\n"),
        [
            "1:1 nothing stands in spec/rules/team.yml; write `groups:` with a list of groups, or delete the file"
        ]
    );
    assert_eq!(
        wrong("group: []"),
        [
            "1:1 a file of rules has no `group`; did you mean `groups`?",
            "1:1 the file has no `groups`; write `groups: …`",
        ]
    );
    assert_eq!(
        wrong("[]"),
        ["1:1 a file of rules is a table; write `groups: …`"]
    );
    assert!(
        wrong("groups: [\n")[0]
            .starts_with("1:9 spec/rules/team.yml is not read as YAML: unclosed")
    );
}

#[test]
fn a_file_is_called_so_that_its_copy_can_be() {
    let file = RuleFile::new("spec/rules/Our Rules.yml", "groups: []\n");
    let mistakes = WrittenRules::read(&file).mistakes;
    assert!(
        mistakes[0].title.contains("`Our Rules.yml`"),
        "{mistakes:?}"
    );
    assert_eq!(mistakes.len(), 1);
}
