//! Tests of ClickHouse.

use crate::component::clickhouse::ClickHouse;
use crate::component::clickhouse::lower::{Configuration, Schema, Users};
use crate::fixture::{NODES, cluster, codes, file, plan};
use crate::model::{Cluster, Described as _, Loss};
use crate::template::check_against;

fn with(clickhouse: ClickHouse) -> Cluster {
    let mut cluster = cluster();
    cluster.add(clickhouse);
    cluster
}

fn logs() -> ClickHouse {
    ClickHouse::new("logs").on([NODES[0]])
}

#[test]
fn the_templates_read_what_they_are_given() {
    let schema = Schema {
        address: "logs-1:9000".to_owned(),
        database: "logs",
        days: 30,
    };
    let mut mistakes = check_against(include_str!("config.xml.hbs"), &Configuration::example());
    mistakes.extend(check_against(
        include_str!("users.xml.hbs"),
        &Users::example(),
    ));
    mistakes.extend(check_against(include_str!("schema.sh.hbs"), &schema));
    assert!(mistakes.is_empty(), "{mistakes:?}");
}

#[test]
fn it_listens_on_its_own_network_and_lets_in_who_needs_it() {
    let cluster = with(logs());
    let path = |name| format!("hosts/node-1/config/logs-1/clickhouse/{name}");
    insta::assert_snapshot!("config.xml on a host", file(&cluster, &path("config.xml")));
    insta::assert_snapshot!("users.xml on a host", file(&cluster, &path("users.xml")));
}

#[test]
fn the_task_keeps_lines_for_the_retention() {
    let script = file(
        &with(logs().retention("7d")),
        "local/config/logs-schema/clickhouse/schema.sh",
    );
    assert!(script.contains("MODIFY TTL time + INTERVAL 7 DAY"));
    assert!(script.contains("server='logs-1:9000'"));
}

#[test]
fn a_connection_string_names_the_user_by_reference() {
    let cluster = with(logs());
    let lowered = plan(&cluster, "local");
    let names: Vec<&str> = lowered
        .secrets
        .iter()
        .map(|secret| secret.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "logs-admin-password",
            "logs-reader-password",
            "logs-writer-password"
        ]
    );
    let reference = logs().reference();
    assert_ne!(reference.dsn(), reference.read_dsn());
    assert_eq!(
        reference.dsn().endpoints().next(),
        Some(&reference.writer())
    );
}

#[test]
fn one_server_is_an_exception_that_its_author_declares() {
    let mut claims = cluster().survives(Loss::of(1).hosts());
    let logs_ref = claims.add(logs());
    assert_eq!(codes(&claims), ["error L0204"]);
    let mut excepted = cluster().survives(Loss::of(1).hosts().except(&logs_ref));
    excepted.add(logs());
    assert_eq!(codes(&excepted), [""; 0]);
    assert_eq!(
        codes(&with(ClickHouse::new("logs").on(NODES))),
        ["error L0221"]
    );
}

#[test]
fn logs_are_kept_for_whole_days() {
    let kept = |retention: &str| codes(&with(logs().retention(retention)));
    assert_eq!(kept("1d"), [""; 0]);
    assert_eq!(kept("23h"), ["error L0610"]);
    assert_eq!(kept("25h"), ["error L0610"]);
}
