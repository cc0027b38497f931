//! Tests of what all schemes have in common.

use crate::component::postgres::SqlName;
use crate::component::postgres::server::{Lookup, Script};
use crate::template::check_against;

#[test]
fn the_templates_read_what_they_are_given() {
    let script = Script {
        role: "lurus".into(),
        databases: vec!["lurus_billing".into()],
        monitor_connections: 10,
        pooler: Some("pgbouncer".into()),
        lookups: vec!["SELECT 1;".into()],
    };
    let lookup = Lookup {
        database: "lurus_billing".into(),
        pooler: "pgbouncer".into(),
    };
    let mut mistakes = check_against(include_str!("post_bootstrap.sh.hbs"), &script);
    mistakes.extend(check_against(include_str!("user_lookup.sql.hbs"), &lookup));
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
        "pgbouncer",
        "pg_stats",
        &long,
    ] {
        assert!(bad.parse::<SqlName>().is_err(), "{bad}");
    }
}
