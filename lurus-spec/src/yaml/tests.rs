use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// What a reader must see, built without the printer.
fn meaning(node: &Node) -> Value {
    match node {
        Node::Null => Value::Null,
        Node::Bool(value) => Value::Bool(*value),
        Node::Int(value) => Value::from(*value),
        Node::Str(text) | Node::Block(text) => Value::String(text.clone()),
        Node::Seq(items) => items.iter().map(meaning).collect(),
        Node::Map(entries) => entries
            .iter()
            .map(|(key, value)| (key.clone(), meaning(value)))
            .collect(),
    }
}

fn read_yaml(text: &str) -> Value {
    let options = serde_yaml::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
    };
    serde_yaml::from_str_with_options(text, options)
        .unwrap_or_else(|error| panic!("{error}\nin:\n{text}"))
}

/// Both printers, re-read by parsers that are not ours, in every place where a value can stand.
fn round_trip(node: &Node) {
    for placed in [
        node.clone(),
        map([("key", node.clone()), ("next", Node::Int(1))]),
        map([(
            "a",
            map([("b", seq([node.clone(), seq([node.clone(), Node::Null])]))]),
        )]),
        seq([
            seq([map([("x", node.clone()), ("y", node.clone())])]),
            node.clone(),
        ]),
    ] {
        let expected = meaning(&placed);
        let yaml = document("a header: with ! marks", &placed);
        // Text of its own, so that key order counts too.
        assert_eq!(
            read_yaml(&yaml).to_string(),
            expected.to_string(),
            "in:\n{yaml}"
        );
        let json = placed.to_json();
        assert_eq!(
            serde_json::from_str::<Value>(&json).unwrap().to_string(),
            expected.to_string(),
            "in:\n{json}"
        );
    }
}

#[test]
fn strings_that_readers_misread() {
    let numbers = "0 1 -1 +1 01 007 0o7 0x1F 0b1 1_000 1e3 1.5 .5 5. 1.2.3 22:22 1:2:3 190:20:30 12e03 -2E+05 +.inf -.inf .nan";
    let words = "y Y n N yes Yes YES no No NO on On ON off OFF true True TRUE false null Null NULL ~ .inf .Inf .NaN inf nan Infinity";
    let dates = "2026-11-22 2026-11-22T22:34:05Z 2001-12-14t21:59:43.10-05:00 2001-1-1";
    let signs = "- -- --- ... ? : , [ ] { } # & * ! | > ' \" % @ ` << = == a: :a a#b #a a: b &a *a !a !!str @a `a %a -a ?a ,a [a] {a} \\ / // _ _1";
    for text in [numbers, words, dates, signs]
        .iter()
        .flat_map(|list| list.split(' '))
    {
        round_trip(&Node::str(text));
        round_trip(&map([(text, 1)]));
    }
    for text in [
        "",
        " ",
        "a b",
        " a",
        "a ",
        "a: b",
        "a #b",
        "- a",
        "--- a",
        "\t",
        "\n",
        "a\nb",
        "\r\n",
        "\0",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}a",
        "ä",
        "😀",
        "\u{10ffff}",
    ] {
        round_trip(&Node::str(text));
        round_trip(&map([(text, 1)]));
    }
}

#[test]
fn blocks_at_their_edges() {
    for text in [
        "",
        "\n",
        "\n\n",
        "a",
        "a\n",
        "a\n\n",
        "a\n\n\n",
        "\na",
        "\n\na\n",
        " a",
        " a\n  b\n",
        "\n a\n",
        "\n\n  a\n\n",
        "a\n b\n",
        "a \n",
        "a\t\n",
        "\ta",
        "a\n\tb",
        "a\tb\n",
        "a\n\nb\n",
        "a\n \nb",
        " ",
        "  \n",
        "\n ",
        "# a\n",
        "- a\n",
        "---\n",
        "...\n",
        "a\n---\nb\n",
        "%YAML\n",
        "a\r\nb",
        "\u{85}",
        "x\u{2028}y",
        "\u{feff}",
        "\u{0}",
        "ä\n😀\n",
    ] {
        round_trip(&Node::block(text));
    }
}

#[test]
fn what_is_plain() {
    for plain in [
        "a",
        "/etc/redis",
        "_x",
        "redis-1",
        "lurus.cn/v1",
        "user@host",
        "a=b",
        "C++",
        "null1",
        "nope",
        "e3",
    ] {
        assert_eq!(Node::str(plain).to_yaml(), format!("{plain}\n"));
        assert_eq!(map([(plain, true)]).to_yaml(), format!("{plain}: true\n"));
    }
    for quoted in [
        "", "1", "-a", ".a", "a b", "a:b", "ON", "nUlL", "~", "redis:7", "é", "$HOME", "y", "=",
        "<<", "*",
    ] {
        assert_eq!(Node::str(quoted).to_yaml(), format!("\"{quoted}\"\n"));
        assert_eq!(
            map([(quoted, true)]).to_yaml(),
            format!("\"{quoted}\": true\n")
        );
    }
    assert_eq!(
        Node::str("\"\\\n\t\u{1b}\u{85}ä").to_yaml(),
        "\"\\\"\\\\\\n\\t\\u001b\\u0085ä\"\n"
    );
}

#[test]
fn layout() {
    let node = map([
        (
            "services",
            map([(
                "redis-1",
                map([
                    ("image", Node::str("redis:7.4")),
                    ("init", true.into()),
                    ("ports", seq([6379u16, 16379])),
                ]),
            )]),
        ),
        ("none", Node::Null),
        ("empty", seq([Node::empty_map(), seq::<Node>([])])),
        (
            "rules",
            seq([
                map([("alert", "Down"), ("expr", "up == 0")]),
                map([("alert", "Slow"), ("for", "5m")]),
            ]),
        ),
        ("matrix", seq([seq([1, 2]), seq([3])])),
        (
            "files",
            map([
                ("redis.conf", Node::block("port 6379\n\nappendonly yes\n")),
                ("motd", Node::block("  hi")),
            ]),
        ),
        ("texts", seq([Node::block("a\nb\n\n")])),
    ]);
    let expected = r#"# generated
services:
  redis-1:
    image: "redis:7.4"
    init: true
    ports:
      - 6379
      - 16379
none: null
empty:
  - {}
  - []
rules:
  - alert: Down
    expr: "up == 0"
  - alert: Slow
    for: "5m"
matrix:
  - - 1
    - 2
  - - 3
files:
  redis.conf: |
    port 6379

    appendonly yes
  motd: |2-
      hi
texts:
  - |+
    a
    b

"#;
    assert_eq!(document("generated", &node), expected);
    round_trip(&node);
}

#[test]
fn json_layout() {
    let node = map([
        ("a", seq([Node::Int(1), Node::empty_map()])),
        ("b", Node::Seq(vec![])),
        ("c", Node::block("x\ny\u{7f}")),
    ]);
    let expected = r#"{
  "a": [
    1,
    {}
  ],
  "b": [],
  "c": "x\ny\u007f"
}
"#;
    assert_eq!(node.to_json(), expected);
}

#[test]
fn several_documents() {
    let text = documents("generated", &[map([("a", 1)]), seq(["b"])]);
    assert_eq!(text, "# generated\na: 1\n---\n- b\n");
}

#[test]
fn builders() {
    let node = Node::empty_map()
        .with("a", 1)
        .with_some("b", None::<&str>)
        .with_some("c", Some("x"))
        .with_filled("d", Vec::<String>::new())
        .with_filled("e", ["y"]);
    assert_eq!(node.to_yaml(), "a: 1\nc: x\ne:\n  - \"y\"\n");
    assert_eq!(node.get("c"), Some(&Node::str("x")));
    assert_eq!(node.get("b"), None);
}

#[test]
fn a_key_that_no_reader_looks_ahead_for() {
    for length in [1022, 1023, 1024, 1025, 5000] {
        let long = "k".repeat(length);
        round_trip(&map([
            (long.clone(), Node::Int(1)),
            ("b".to_owned(), Node::Null),
        ]));
        round_trip(&map([(
            long.clone(),
            map([(format!("{long} "), seq([1]))]),
        )]));
    }
}

#[test]
#[should_panic(expected = "the key \"a\" stands twice")]
fn a_repeated_key_is_a_bug() {
    map([("a", 1), ("a", 2)]).to_yaml();
}

/// Strings made of what YAML gives a meaning, so that a random one is a hostile one.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "\n", " ", "\t", "\r", "\r\n", ":", ": ", "#", " #", "-", "- ", "---", "...", "?", "? ", "|", ">", "&a", "*a", "!", "!!int ", "%", "@", "`", "'", "\"", "\\",
            "[", "]", "{", "}", ",", "<<", "=", "~", "null", "yes", "no", "on", "true", "0", "0x1", "0o7", "1_0", "1e3", ".", ".inf", ".nan", "22:22", "2026-11-22", "T", "$", "${A:?}",
            "\0", "\u{1b}", "\u{7f}", "\u{85}", "\u{a0}", "\u{2028}", "\u{2029}", "\u{feff}", "\u{fffd}", "\u{e000}", "😀", "ä", "a", "b/c", "_",
        ])
        .prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn any_node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        1 => Just(Node::Null),
        1 => any::<bool>().prop_map(Node::Bool),
        1 => any::<i64>().prop_map(Node::Int),
        4 => hostile().prop_map(Node::Str),
        4 => hostile().prop_map(Node::Block),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Node::Seq),
            prop::collection::btree_map(hostile(), inner, 0..4).prop_map(map),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn readers_see_what_was_printed(node in any_node()) {
        round_trip(&node);
    }
}
