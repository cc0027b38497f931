//! Tests of reading, and of where things stand.

use super::{Value, Written, read};

#[track_caller]
fn written(text: &str) -> Written {
    read(text)
        .unwrap_or_else(|mistake| panic!("{text}: {mistake:?}"))
        .expect("a value")
}

/// The value of the key `a`.
#[track_caller]
fn a(text: &str) -> Written {
    let Value::Map(entries) = written(text).value else {
        panic!("{text}: a table is expected");
    };
    let entry = entries.into_iter().find(|(key, _)| key.text() == Some("a"));
    entry.expect("a key `a`").1
}

#[track_caller]
fn refused(text: &str, at: usize, why: &str) {
    let mistake = read(text).expect_err(text);
    assert_eq!(mistake.at, at, "{text}: {}", mistake.why);
    assert!(mistake.why.contains(why), "{text}: {}", mistake.why);
}

#[test]
fn every_text_is_read_as_another_reader_reads_it() {
    for text in [
        "a: b c",
        "a: \"x\\ty \\u00e9\\\n   z\"",
        "a: 'it''s'",
        "a: |\n  x > 1\n    and y\n\n  z\n",
        "a: >-\n  x\n  y\n\n  z\n",
        "a: x\n  y",
        "a: {b: [c, \"d\"], e: f}",
        "a: \"{{ $labels.instance }}\"",
    ] {
        let other: serde_json::Value = serde_yaml::from_str(text).unwrap();
        assert_eq!(plain(&written(text)), other, "{text}");
    }
}

fn plain(written: &Written) -> serde_json::Value {
    match &written.value {
        Value::Text(scalar) => scalar.text.clone().into(),
        Value::Seq(items) => items.iter().map(plain).collect(),
        Value::Map(entries) => entries
            .iter()
            .map(|(key, value)| (key.text().unwrap().to_owned(), plain(value)))
            .collect(),
    }
}

#[test]
fn nothing_is_told_from_the_word_for_it() {
    for text in ["", "# a comment\n", "---\n", "~"] {
        assert_eq!(read(text), Ok(None), "{text}");
    }
    assert!(a("a:").is_nothing());
    assert!(a("a: null").is_nothing());
    assert!(!a("a: \"null\"").is_nothing());
    assert!(!a("a: []").is_nothing());
}

#[test]
fn what_is_no_yaml_is_refused_where_it_ends_to_be_some() {
    refused("a: b\nc: d: e", 9, "");
    refused("a: [b", 3, "unclosed");
    refused("a: b\na: c", 5, "twice");
    refused("a: &x b", 6, "anchor");
    refused("x: &x b\na: *x", 6, "anchor");
    refused("a: *x", 3, "");
    refused("a: !!str b", 9, "tag");
    refused("a: b\n---\nc: d", 5, "second document");
    refused("? [a]\n: b", 2, "a key is a word");
    refused("a: \"\\q\"", 3, "escape");
}

/// Where `needle` stands in the text of `a`, and where it stands in the file, are one place.
#[track_caller]
fn stands(file: &str, needle: &str) {
    let value = a(file);
    let text = value.text().unwrap();
    let at = text.find(needle).unwrap_or_else(|| panic!("{text}"));
    let places = value.places(file);
    let (begin, stands) = places.iter().rfind(|(begin, _)| *begin <= at).unwrap();
    let place = stands + at - begin;
    assert!(
        file[place..].starts_with(needle),
        "{file}: `{needle}` is not at the beginning of `{}`",
        &file[place..]
    );
}

#[test]
fn words_are_found_where_they_stand() {
    stands("a: sum(up) > bool(x)", "up");
    stands("a: sum(up)\n   > down", "down");
    stands("a: 'it''s up'", "up");
    stands("a: \"x\\\"y\\u00e9\\n up\"", "up");
    stands("a: \"sum(\\\n   up)\"", "up");
    stands("a: \"sum(\n   up)\"", "up");
    stands("a: |\n  sum(\n    up)\n", "up");
    stands("a: |-\n\n  sum(\n\n    up)\n", "up");
    stands("a: >\n  sum(up)\n  >\n  down\n", "down");
    stands("a: | # a comment\n  é + up\n", "up");
    stands("{a: \"é up\"}", "up");
}

#[test]
fn no_text_makes_it_panic() {
    use proptest::prelude::*;
    proptest!(|(text in "[a-c:{}\\[\\]\"'&*!|>?~# \\\\\\-,\n\té]{0,40}")| {
        match read(&text) {
            Ok(Some(written)) => walk(&written, &text),
            Ok(None) => {}
            Err(mistake) => prop_assert!(mistake.at <= text.len(), "{mistake:?}"),
        }
    });
}

fn walk(written: &Written, file: &str) {
    for (_, place) in written.places(file) {
        assert!(file.is_char_boundary(place), "{file}");
    }
    match &written.value {
        Value::Text(_) => {}
        Value::Seq(items) => items.iter().for_each(|item| walk(item, file)),
        Value::Map(entries) => entries.iter().for_each(|(key, value)| {
            walk(key, file);
            walk(value, file);
        }),
    }
}
