//! Tests of Patroni.

use crate::component::patroni::SqlName;
use crate::component::patroni::lower::{Recipe, Script, VERSION};
use crate::template::check_against;

#[test]
fn the_templates_read_what_they_are_given() {
    let recipe = Recipe {
        base: "postgres:16.9-bookworm".into(),
        version: VERSION,
    };
    let script = Script {
        role: "lurus".into(),
        databases: vec!["lurus_billing".into()],
        monitor_connections: 10,
    };
    let mut mistakes = check_against(include_str!("Dockerfile.hbs"), &recipe);
    mistakes.extend(check_against(
        include_str!("post_bootstrap.sh.hbs"),
        &script,
    ));
    assert!(mistakes.is_empty(), "{mistakes:?}");
}

#[test]
fn names_in_the_database_smuggle_nothing() {
    for good in ["lurus_billing", "_x", "a", "db1"] {
        assert!(good.parse::<SqlName>().is_ok(), "{good}");
    }
    let long = "a".repeat(64);
    for bad in [
        "",
        "1st",
        "Billing",
        "lurus-billing",
        "x y",
        "x;drop table t",
        "x'",
        "x\"",
        "$(id)",
        "x\nhost all all 0.0.0.0/0 trust",
        "ö",
        "all",
        "replication",
        "postgres",
        "monitor",
        "pg_stats",
        &long,
    ] {
        assert!(bad.parse::<SqlName>().is_err(), "{bad}");
    }
}
