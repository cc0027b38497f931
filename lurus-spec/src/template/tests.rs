use serde_json::json;

use super::*;

#[derive(Serialize)]
struct Example {
    port: u16,
    comment: Option<&'static str>,
    peers: Vec<Peer>,
    tls: Option<Tls>,
    names: BTreeMap<&'static str, u16>,
    words: Vec<&'static str>,
}

#[derive(Serialize)]
struct Peer {
    host: &'static str,
    ports: Vec<u16>,
}

#[derive(Serialize)]
struct Tls {
    cert: &'static str,
}

fn example() -> Example {
    Example {
        port: 6379,
        comment: None,
        peers: vec![
            Peer {
                host: "a<b>",
                ports: vec![1],
            },
            Peer {
                host: "b",
                ports: vec![2, 3],
            },
        ],
        tls: Some(Tls { cert: "/tls/cert" }),
        names: BTreeMap::from([("x", 1)]),
        words: vec!["w"],
    }
}

const RIGHT: &str = r"{{! all that a template may do }}
port {{port}}
{{#if comment}}
# {{comment}}
{{else if tls}}
# {{tls.cert}} {{{port}}}
{{else}}
# none {{port}}
{{/if}}
{{#each peers}}
peer {{@index}} {{host}}:{{../port}} {{this.host}} {{./host}} {{@root.port}}
{{#each ports}}
  {{this}} of {{../host}}, {{@../index}}{{#unless @last}},{{/unless}}
{{/each}}
{{else}}
no peers on {{port}}
{{/each}}
{{#each peers as |peer number|}}
{{number}} {{peer.host}} {{#each peer.ports as |p|}}{{p}} {{peer.host}} {{../../port}}{{/each}}
{{/each}}
{{#with tls}}
cert {{cert}} {{../port}}
{{else}}
no cert on {{port}}
{{/with}}
{{#with tls as |t|}}
{{t.cert}}
{{/with}}
{{#each names}}
{{@key}} {{this}}
{{/each}}
{{#each words}}{{this}}{{/each}}
";

#[test]
fn a_right_template_has_no_mistake() {
    assert_eq!(check_against(RIGHT, &example()), [] as [&str; 0]);
    let text = render("right", RIGHT, &example());
    assert!(
        text.starts_with(
            "port 6379\n# /tls/cert 6379\npeer 0 a<b>:6379 a<b> a<b> 6379\n  1 of a<b>, 0\n"
        ),
        "{text}"
    );
    assert!(
        text.contains("\n  2 of b, 1,\n  3 of b, 1\n0 a<b> 1 a<b> 6379\n"),
        "{text}"
    );
    assert!(
        text.ends_with("cert /tls/cert 6379\n/tls/cert\nx 1\nw\n"),
        "{text}"
    );
}

#[track_caller]
fn check(template: &str, mistakes: &[&str]) {
    assert_eq!(
        check_against(template, &example()),
        mistakes,
        "in {template}"
    );
}

#[test]
fn a_typo_is_found_in_every_form() {
    let root = |text: &str| {
        format!(
            "line 1: `{text}`: the data has no field `typo`, only port, comment, peers, tls, names, words"
        )
    };
    for template in [
        "{{typo}}",
        "{{{typo}}}",
        "{{&typo}}",
        "{{#if typo}}{{/if}}",
        "{{#if port}}{{else if typo}}{{/if}}",
        "{{#if port}}{{else if comment}}{{else}}{{typo}}{{/if}}",
        "{{#if port}}{{else if comment}}{{typo}}{{/if}}",
        "{{#unless typo}}x{{/unless}}",
        "{{#each typo}}{{x}}{{else}}{{/each}}",
        "{{#each peers}}{{else}}{{typo}}{{/each}}",
        "{{#with typo}}{{x}}{{else}}{{/with}}",
        "{{#with tls}}{{else}}{{typo}}{{/with}}",
        "{{#unless comment}}{{#if typo}}{{/if}}{{/unless}}",
        "{{~typo~}}",
    ] {
        // Below a missing thing nothing exists either; the first mistake is its cause.
        assert_eq!(
            check_against(template, &example())[0],
            root("typo"),
            "in {template}"
        );
    }
    check("{{#each peers}}{{../typo}}{{/each}}", &[&root("../typo")]);
    check(
        "{{#each peers}}{{@root/typo}}{{/each}}",
        &[&root("@root/typo")],
    );
    check("{{this.typo}}", &[&root("this.typo")]);
    check(
        "\n\n{{#each peers}}\n{{typo}}\n{{/each}}",
        &["line 4: `typo`: .peers[] has no field `typo`, only host, ports"],
    );
    check(
        "{{#each peers as |p|}}{{p.typo}}{{/each}}",
        &["line 1: `p.typo`: .peers[] has no field `typo`, only host, ports"],
    );
    check(
        "{{#with tls}}{{#if typo}}{{/if}}{{/with}}",
        &["line 1: `typo`: .tls has no field `typo`, only cert"],
    );
    check(
        "{{tls.typo}}",
        &["line 1: `tls.typo`: .tls has no field `typo`, only cert"],
    );
    check(
        "{{tls.[typo]}}",
        &["line 1: `tls.[typo]`: .tls has no field `typo`, only cert"],
    );
    check(
        "{{port.typo}}",
        &["line 1: `port.typo`: .port is 6379 in the example, with nothing inside"],
    );
    check(
        "{{#each port}}{{this}}{{/each}}",
        &["line 1: `this`: .port is 6379 in the example, with nothing inside"],
    );
}

#[test]
fn strict_mode_alone_lets_typos_pass() {
    // If this fails, handlebars has become strict and `check_against` can become smaller.
    for template in [
        "{{#if typo}}{{/if}}",
        "{{#unless typo}}{{/unless}}",
        "{{#each typo}}{{else}}{{/each}}",
    ] {
        assert_eq!(render("loose", template, &example()), "");
    }
}

#[test]
fn what_cannot_be_checked_is_said() {
    let peers = |peers: Value| json!({ "peers": peers });
    assert_eq!(
        check_against("{{#each peers}}{{host}}{{/each}}", &peers(json!([]))),
        ["line 1: `host`: .peers is empty in the example, so its items cannot be checked"]
    );
    assert_eq!(
        check_against("{{#each peers}}x{{/each}}", &peers(json!([]))),
        [] as [&str; 0]
    );
    assert_eq!(
        check_against("{{#with peers}}{{host}}{{/with}}", &peers(Value::Null)),
        ["line 1: `host`: .peers is null in the example, with nothing inside"]
    );
    assert_eq!(
        check_against(
            "{{#each peers}}{{host}}{{/each}}",
            &peers(json!([{ "host": 1 }, { "hots": 1 }]))
        ),
        ["line 1: `host`: .peers[] has no field `host`, only hots"]
    );
}

#[test]
fn constructs_that_a_template_must_not_use() {
    let computes = |text: &str| format!("line 1: `{text}`: {COMPUTES}");
    check("{{len peers}}", &[&computes("len")]);
    check("{{lookup peers 0}}", &[&computes("lookup")]);
    check("{{#if (eq port 1)}}{{/if}}", &[&computes("eq")]);
    check("{{#len peers}}{{/len}}", &[&computes("len")]);
    check(
        "{{> other}}",
        &["line 1: `other`: a template includes no other; write the text here"],
    );
    check(
        "{{*inline}}",
        &["line 1: `inline`: a template does not change how it is read"],
    );
}

#[test]
fn names_that_exist_in_a_block_only() {
    check(
        "{{@index}}",
        &["line 1: `@index`: it exists inside `#each` only"],
    );
    check(
        "{{#each words}}{{@idx}}{{/each}}",
        &["line 1: `@idx`: there is no such loop variable, only @index, @key, @first, @last"],
    );
    check(
        "{{#each words}}{{else}}{{@index}}{{/each}}",
        &["line 1: `@index`: it exists inside `#each` only"],
    );
    check(
        "{{#each words}}{{@../index}}{{/each}}",
        &["line 1: `@../index`: it exists inside `#each` only"],
    );
    check(
        "{{#each words}}{{#with ../tls}}{{@index}}{{/with}}{{/each}}",
        &[],
    );
    check(
        "{{../port}}",
        &["line 1: `../port`: it leads out of the data"],
    );
    check(
        "{{#each words}}{{../../port}}{{/each}}",
        &["line 1: `../../port`: it leads out of the data"],
    );
}

#[test]
fn expressions_are_paths_from_the_root() {
    let found: Vec<_> =
        expressions("{{#each peers}}\n{{#each ports}}{{this}} {{../host}}{{/each}}{{/each}}")
            .into_iter()
            .map(|expression| {
                let path: String = expression
                    .reads
                    .unwrap()
                    .iter()
                    .map(Step::to_string)
                    .collect();
                (expression.line, expression.text, path)
            })
            .collect();
    let expected = [
        (1, "peers", ".peers"),
        (2, "ports", ".peers[].ports"),
        (2, "this", ".peers[].ports[]"),
        (2, "../host", ".peers[].host"),
    ];
    assert_eq!(
        found,
        expected.map(|(line, text, path)| (line, text.to_owned(), path.to_owned()))
    );
}

#[test]
#[should_panic(expected = "template redis.conf: Error rendering")]
fn a_missing_field_is_a_bug() {
    render("redis.conf", "{{typo}}", &example());
}

#[test]
#[should_panic(expected = "template redis.conf: ")]
fn a_broken_template_is_a_bug() {
    render("redis.conf", "{{#if port}}", &example());
}
