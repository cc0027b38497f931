//! Tests of what an expression asks for. Of each that is read or refused here, `promtool check rules` of 2.48.1 says the same.

use super::words::FUNCTIONS;
use super::{Compare, duration, read};
use crate::literal::Duration;

#[track_caller]
fn names(expression: &str) -> Vec<String> {
    let query = read(expression).unwrap_or_else(|why| panic!("{expression}: {why:?}"));
    query
        .selectors
        .iter()
        .map(|selector| selector.series().unwrap_or("{}").to_owned())
        .collect()
}

#[track_caller]
fn refused(expression: &str, at: usize, why: &str) {
    let mistake = read(expression).expect_err(expression);
    assert_eq!(mistake.at, at, "{expression}: {}", mistake.why);
    assert!(mistake.why.contains(why), "{expression}: {}", mistake.why);
}

#[test]
fn series_are_found_among_words() {
    assert_eq!(names("up"), ["up"]);
    assert_eq!(
        names("sum by (job) (up) / count(up{job=\"a\"}) without (x) > 0.5"),
        ["up", "up"]
    );
    assert_eq!(
        names("max by (scope) (a) - on (scope) group_right () (b and c == 1) > 67108864"),
        ["a", "b", "c"]
    );
    assert_eq!(names("a * on (x) group_left (y, z) b"), ["a", "b"]);
    assert_eq!(names("a * on (x) group_left b"), ["a", "b"]);
    assert_eq!(
        names("sum(job:x:rate5m{a!~'b'}) or vector(0)"),
        ["job:x:rate5m"]
    );
    assert_eq!(names("time() - x offset -1h30m > bool 3e-2"), ["x"]);
    assert_eq!(names("max_over_time(rate(x[5m])[1h:1m])"), ["x"]);
    assert_eq!(names("x[5m] @ start()"), ["x"]);
    assert_eq!(
        names("quantile(0.9, x) == NaN or -Inf < y # why"),
        ["x", "y"]
    );
    assert_eq!(names("{__name__=\"x\",a=\"b\"}"), ["x"]);
    assert_eq!(names("{__name__=~\"job:.*\"}"), ["{}"]);
    assert_eq!(names("label_replace(x, 'a', '$1', 'b', '(.*)')"), ["x"]);
    // No aggregation follows the word: it is the name of a series.
    assert_eq!(names("sum + count"), ["sum", "count"]);
}

#[test]
fn parts_have_their_places() {
    let query = read(r#"rate(x{a="b", c=~"d\"e"}[90s]) > 1"#).unwrap();
    let [selector] = &query.selectors[..] else {
        panic!("one selector")
    };
    assert_eq!((selector.at, selector.range), (5, Some(Duration::secs(90))));
    let [first, second] = &selector.matchers[..] else {
        panic!("two matchers")
    };
    assert_eq!((first.at, first.compares), (7, Compare::Equal));
    assert_eq!((second.at, second.value.as_str()), (14, "d\"e"));
}

#[test]
fn what_is_no_expression_is_refused_where_it_ends_to_be_one() {
    refused("", 0, "missing at the end");
    refused("sum(up", 3, "never closed");
    refused("up)", 2, "closes nothing");
    refused("up{job=\"a}", 7, "never closed");
    refused("up{job=\"a\"", 2, "never closed");
    refused("up{job=a}", 7, "in quotes");
    refused("up{job==\"a\"}", 7, "in quotes");
    refused("up{job \"a\"}", 7, "compared with");
    refused("up{a=\"1\" b=\"2\"}", 9, "`,` is missing");
    refused("up{,}", 3, "a label is expected");
    refused("{}", 0, "selects everything");
    refused("up down", 3, "an operator is missing");
    refused("up 1", 3, "an operator is missing");
    refused("up = 1", 3, "`==`");
    refused("up ! 1", 3, "`!=`");
    refused("> 1", 0, "missing before `>`");
    refused("up > ", 5, "missing at the end");
    refused("rates(up[5m])", 0, "did you mean `rate`");
    refused("sum by job (up)", 7, "`(` is missing");
    refused("sum by (job) up", 13, "`(` is missing");
    refused("sum by (job", 7, "never closed");
    refused("sum by (job+) (up)", 11, "no part of a label");
    refused("rate(up[5])", 8, "span of time");
    refused("rate(up[5m)", 7, "never closed");
    refused("rate(sum(up)[5m])", 12, "no samples");
    refused("[5m]", 0, "after what it is of");
    refused("(up, up)", 3, "arguments");
    refused("()", 1, "missing before `)`");
    refused("and up", 0, "missing before `and`");
    refused("on (a) up", 0, "missing before `on`");
    refused("up{a=\"\\.\"}", 6, "no escape");
    refused("up \u{e9}", 3, "means nothing");
    refused("rate(, up)", 5, "missing before `,`");
    refused("up @", 4, "missing at the end");
    refused("up offset five", 10, "span of time");
}

#[test]
fn no_text_makes_it_panic() {
    use proptest::prelude::*;
    proptest!(|(text in "[a-z(){}\\[\\]\"'`=~!<>+:,.@# \\\\0-9\u{e9}\u{1F600}\n]{0,40}")| {
        if let Err(mistake) = read(&text) {
            prop_assert!(text.is_char_boundary(mistake.at));
        }
    });
}

#[test]
fn spans_of_time_are_added() {
    assert_eq!(duration("1h30m", 0).unwrap(), Duration::secs(5400));
    assert_eq!(duration("1w", 0).unwrap(), Duration::secs(604_800));
    assert_eq!(duration("500ms", 0).unwrap(), Duration::millis(500));
    for wrong in ["", "5", "m", "5x", "-5m", "1.5h"] {
        assert_eq!(duration(wrong, 7).unwrap_err().at, 7, "{wrong}");
    }
}

#[test]
fn every_function_is_found() {
    for function in FUNCTIONS {
        let text = format!("{function}(up)");
        assert!(read(&text).is_ok(), "{text}");
    }
}
