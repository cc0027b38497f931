//! Rules of ClickHouse.

use crate::check::{Check, Rule, View};
use crate::component::clickhouse::ClickHouse;
use crate::report::{Code, Diagnostic, Report};

const ONE_CODE: Code = Code::new("L0221");
const DAYS_CODE: Code = Code::new("L0610");

/// The rules of this product, by code.
pub const RULES: &[Rule] = &[
    Rule {
        code: ONE_CODE.as_str(),
        ensures: "Ensure ClickHouse is on one host.",
        explain: r"Servers that are not told of each other share nothing: each would hold the lines that happened to be sent to it, and a
query would find a part of them. Copies need replicated tables and three keepers, which is more than logs are worth here.

Name one host in `.on([…])`. A cluster that claims to survive the loss of a host says that it can do without its logs for
a while: `Loss::of(1).hosts().except(&logs)`.",
        source: "ClickHouse 23.8, Data Replication: only tables of the ReplicatedMergeTree family are copied, by way of a keeper",
        check: Check::Described(one),
    },
    Rule {
        code: DAYS_CODE.as_str(),
        ensures: "Ensure logs are kept for whole days, and for at least one.",
        explain: r#"Lines are kept in a part for each day, and a part is deleted as a whole when the last line in it is old enough. A retention
of less than a day would delete lines as they are written.

Write `.retention("30d")`."#,
        source: "ClickHouse 23.8, TTL of tables; the table is partitioned by day",
        check: Check::Described(days),
    },
];

fn one(view: &View<'_>, report: &mut Report) {
    for (clickhouse, _) in view.all::<ClickHouse>() {
        let name = &clickhouse.meta.name.value;
        if let Some(on) = clickhouse.meta.on.as_ref().filter(|on| on.value.len() > 1) {
            report.push(
                Diagnostic::error(
                    ONE_CODE,
                    format!("the servers of {name} would know nothing of each other"),
                )
                .primary(on.origin.clone(), format!("{} hosts", on.value.len()))
                .help(format!(
                    "write `.on([…])` with one host, and `.except(&{})` in the claim",
                    name.as_str().replace('-', "_")
                )),
            );
        }
    }
}

fn days(view: &View<'_>, report: &mut Report) {
    for (clickhouse, _) in view.all::<ClickHouse>() {
        let set = clickhouse.retention.as_ref();
        let day = super::DAY * 1000;
        let wrong = |millis: u64| millis < day || !millis.is_multiple_of(day);
        if let Some(set) = set.filter(|set| wrong(set.value.as_millis())) {
            report.push(
                Diagnostic::error(
                    DAYS_CODE,
                    format!(
                        "{} keeps logs for {}",
                        clickhouse.meta.name.value, set.value
                    ),
                )
                .primary(set.origin.clone(), "not a number of days")
                .help("write `.retention(\"30d\")`"),
            );
        }
    }
}
