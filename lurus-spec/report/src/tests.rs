//! What a reader sees. Sources are given in the test, so that the source and its drawing stand together.

use insta::assert_snapshot;

use super::*;

const MINIMAL: &str = "\
let redis = cluster.add(
    RedisCluster::new(\"redis\")
        .on(NODES)
        .place(2, [NODE_2, NODE_2])
        .max_memory(size!(\"2GiB\")),
);




cluster.survives(Loss::of(1).hosts());
";

const DATA: &str = "\
[hosts.node-1]
addresses = { app = \"10.0.0.11\", data = \"10.0.1.11\" }
memory = \"16GiB\"
";

fn source(file: &str) -> Option<String> {
    match file {
        "spec/minimal.rs" => Some(MINIMAL.to_owned()),
        "spec/minimal.toml" => Some(DATA.to_owned()),
        "spec/tab.rs" => Some("\t.größe(\"ü→x\", NODE_1)\n".to_owned()),
        "spec/crlf.toml" => Some("[hosts]\r\nmemory = \"1\"\r\n".to_owned()),
        _ => None,
    }
}

fn drawn(finding: Diagnostic) -> String {
    render(&finding.into(), &source, Style::Plain)
}

fn loss() -> Diagnostic {
    Diagnostic::error(Code::new("L0204"), "losing host node-2 stops redis").primary(
        Origin::at("spec/minimal.rs", 4, 10),
        "redis-2 and its replica redis-5 are both on node-2",
    )
}

#[test]
fn one_place() {
    assert_snapshot!(drawn(loss()), @"
    error[L0204]: losing host node-2 stops redis
     --> spec/minimal.rs:4:10
      |
    4 |         .place(2, [NODE_2, NODE_2])
      |          ^^^^^ redis-2 and its replica redis-5 are both on node-2
      |
      = more: cargo xtask explain L0204
    ");
}

#[test]
fn two_places_far_apart_in_one_file() {
    let finding = loss()
        .secondary(
            Origin::at("spec/minimal.rs", 11, 9),
            "this is what the cluster claims",
        )
        .note("of 3 hosts, losing node-1 or node-3 is survived")
        .note("gateway needs redis\nbilling needs redis")
        .help("put the replica on node-1 or node-3");
    assert_snapshot!(drawn(finding), @"
    error[L0204]: losing host node-2 stops redis
      --> spec/minimal.rs:4:10
       |
     4 |         .place(2, [NODE_2, NODE_2])
       |          ^^^^^ redis-2 and its replica redis-5 are both on node-2
       |
      ::: spec/minimal.rs:11:9
       |
    11 | cluster.survives(Loss::of(1).hosts());
       |         -------- this is what the cluster claims
       |
       = note: of 3 hosts, losing node-1 or node-3 is survived
       = note: gateway needs redis
               billing needs redis
       = help: put the replica on node-1 or node-3
       = more: cargo xtask explain L0204
    ");
}

#[test]
fn two_places_near_each_other() {
    let finding = loss().secondary(Origin::at("spec/minimal.rs", 2, 5), "of this component");
    assert_snapshot!(drawn(finding), @r#"
    error[L0204]: losing host node-2 stops redis
     --> spec/minimal.rs:4:10
      |
    2 |     RedisCluster::new("redis")
      |     ----------------- of this component
    3 |         .on(NODES)
    4 |         .place(2, [NODE_2, NODE_2])
      |          ^^^^^ redis-2 and its replica redis-5 are both on node-2
      |
      = more: cargo xtask explain L0204
    "#);
}

#[test]
fn two_files() {
    let finding = Diagnostic::warning(
        Code::new("L0301"),
        "node-1 has less memory than its containers may use",
    )
    .secondary(Origin::at("spec/minimal.rs", 5, 10), "")
    .primary(Origin::at("spec/minimal.toml", 3, 10), "16 GiB");
    assert_snapshot!(drawn(finding), @r#"
    warning[L0301]: node-1 has less memory than its containers may use
     --> spec/minimal.toml:3:10
      |
    3 | memory = "16GiB"
      |          ^^^^^^^ 16 GiB
      |
     ::: spec/minimal.rs:5:10
      |
    5 |         .max_memory(size!("2GiB")),
      |          ----------
      |
      = more: cargo xtask explain L0301
    "#);
}

#[test]
fn missing_sources_lose_no_word() {
    let finding = Diagnostic::error(Code::new("L0204"), "losing host node-2 stops redis")
        .primary(Origin::at("spec/gone.rs", 4, 10), "both are on node-2")
        .secondary(
            Origin::at("spec/minimal.rs", 400, 1),
            "this is what the cluster claims",
        )
        .secondary(Origin::at("spec/minimal.rs", 2, 5), "of this component")
        .help("put the replica on node-1");
    assert_snapshot!(drawn(finding), @r#"
    error[L0204]: losing host node-2 stops redis
     --> spec/gone.rs:4:10
      = note: both are on node-2
     ::: spec/minimal.rs:400:1
      = note: this is what the cluster claims
      |
     ::: spec/minimal.rs:2:5
      |
    2 |     RedisCluster::new("redis")
      |     ----------------- of this component
      |
      = help: put the replica on node-1
      = more: cargo xtask explain L0204
    "#);
}

#[test]
fn no_place_and_no_code() {
    assert_snapshot!(drawn(Diagnostic::error(None, "the description has no cluster").help("add one")), @"
    error: the description has no cluster
     |
     = help: add one
    ");
}

#[test]
fn tab_and_wide_characters_before_the_column() {
    let finding = Diagnostic::error(Code::new("L0204"), "no such host")
        .primary(Origin::at("spec/tab.rs", 1, 16), "here");
    assert_snapshot!(drawn(finding), @r#"
    error[L0204]: no such host
     --> spec/tab.rs:1:16
      |
    1 |     .größe("ü→x", NODE_1)
      |                   ^^^^^^ here
      |
      = more: cargo xtask explain L0204
    "#);
}

#[test]
fn windows_line_ends_are_not_drawn() {
    let finding =
        Diagnostic::error(None, "too small").primary(Origin::at("spec/crlf.toml", 2, 10), "1 byte");
    assert_snapshot!(drawn(finding), @r#"
    error: too small
     --> spec/crlf.toml:2:10
      |
    2 | memory = "1"
      |          ^^^ 1 byte
    "#);
}

#[test]
fn colour_only_adds_escapes() {
    let plain = render(&loss().into(), &source, Style::Plain);
    let colour = render(&loss().into(), &source, Style::Colour);
    assert!(colour.contains("\u{1b}["));
    let mut stripped = String::new();
    let mut parts = colour.split('\u{1b}');
    stripped.extend(parts.next());
    for part in parts {
        stripped.push_str(part.split_once('m').map_or(part, |(_, text)| text));
    }
    assert_eq!(stripped, plain);
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let finding = Diagnostic::error(None, "bad \u{1b}[31mtitle")
        .primary(Origin::at("spec/minimal.rs", 4, 10), "bad \u{1b}[31mlabel")
        .primary(
            Origin::at("spec/gone\u{1b}[31m.rs", 4, 10),
            "bad \u{1b}[31mplace",
        )
        .note("bad \u{1b}[31mnote")
        .help("bad \u{1b}[31mhelp");
    let text = drawn(finding);
    assert!(!text.contains('\u{1b}'), "{text:?}");
}

#[track_caller]
fn check_underline(file: &'static str, line: &str, column: u32, expected: &str) {
    assert_eq!(
        &line[underline(line, &Origin::at(file, 1, column))],
        expected
    );
}

#[test]
fn underlines_cover_the_token() {
    let rust = |line, column, expected| check_underline("spec/a.rs", line, column, expected);
    rust("a.place(2)", 3, "place");
    rust("Patroni::new(\"pg\")", 1, "Patroni::new");
    rust("Vec::<u8>::new()", 1, "Vec");
    rust("on(NODE_1)", 4, "NODE_1");
    rust("size!(\"2GiB\")", 1, "size!");
    rust("a!=b", 1, "a");
    rust(r#"name("a\"b", c)"#, 6, r#""a\"b""#);
    rust("name(\"open", 6, "\"open");
    rust("(a)", 1, "(");
    rust("größe(1)", 1, "größe");
    rust("short", 40, "");
    let toml = |line, column, expected| check_underline("spec/a.toml", line, column, expected);
    toml("[hosts.node-1]", 8, "node-1");
    toml("[hosts.node-1]", 2, "hosts");
    toml("app = \"10.0.0.11\" # note", 7, "\"10.0.0.11\"");
    toml("app = 'C:\\' # note", 7, "'C:\\'");
    toml(
        "a = { b = \"}\", c = [1] } # note",
        5,
        "{ b = \"}\", c = [1] }",
    );
    toml("a = [ 1,  ", 5, "[ 1,");
    toml("a = -1_000.5e+3", 5, "-1_000.5e+3");
    toml("]", 1, "]");
}

#[test]
fn a_report_is_sorted_and_has_no_duplicates() {
    let error = |code, line, title: &str| {
        Diagnostic::error(Code::new(code), title)
            .primary(Origin::at("spec/minimal.rs", line, 1), "")
    };
    let sorted = [
        Diagnostic::error(Code::new("L0900"), "no place at all"),
        error("L0201", 2, "a"),
        error("L0202", 2, "a"),
        error("L0202", 2, "b"),
        error("L0202", 2, "b").note("more"),
        error("L0101", 10, "a"),
        Diagnostic::warning(Code::new("L0101"), "a").primary(Origin::at("spec/a.rs", 1, 1), ""),
    ];
    let mut report = Report::new();
    assert!(report.is_empty());
    for finding in sorted.iter().rev() {
        report.push(finding.clone());
        report.push(finding.clone());
    }
    assert!(report.iter().eq(&sorted));
    assert_eq!(
        (report.errors(), report.warnings(), report.has_errors()),
        (6, 1, true)
    );
    assert!(!Report::from(sorted[6].clone()).has_errors());
}

#[test]
fn a_place_is_that_of_the_caller() {
    #[track_caller]
    fn setter() -> Origin {
        Origin::caller()
    }
    let (origin, line) = (setter(), line!());
    assert_eq!((origin.line, origin.column), (line, 27));
    assert!(origin.file.ends_with("report/src/tests.rs"), "{origin}");
}
