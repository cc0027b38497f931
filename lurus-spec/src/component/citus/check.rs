//! Rules of Citus, beside those of Patroni, which hold for each of its groups.

use crate::check::{Check, Rule, View};
use crate::component::citus::{Citus, MOST_WORKERS};
use crate::component::patroni;
use crate::report::{Code, Diagnostic, Report};

const GROUPS_CODE: Code = Code::new("L0212");
const ONE_DATABASE_CODE: Code = Code::new("L0416");

/// The rules of this product, by code.
pub const RULES: &[Rule] = &[
    Rule {
        code: GROUPS_CODE.as_str(),
        ensures: "Ensure Citus has groups over which rows can be spread, and in each somebody who replaces the primary.",
        explain: r"The coordinator holds no rows of a table that is spread: without a worker group there is nowhere to spread it to, and
plain PostgreSQL does the same with less. At most 32 worker groups are described here.

Each group, the coordinator's included, is a cluster of its own: a group that loses its only member takes the part of the
rows with it that only it has, and every query that needs one of them fails. So each has a replica, on another host: the
component needs at least as many hosts as a group has members. A cluster for development may do without replicas.

Groups share hosts, so each has ports of its own: those of the n-th worker group lie n above the coordinator's.",
        source: "Patroni 3.2, Citus support; Citus 12.1, concepts: nodes",
        check: Check::Described(groups),
    },
    Rule {
        code: ONE_DATABASE_CODE.as_str(),
        ensures: "Ensure Citus has exactly one database.",
        explain: r"Patroni 3.2 takes one database in its section `citus`, makes it, and keeps the addresses of all groups in it. A second
database would have none of that: its tables could not be spread, and nobody would tell its coordinator of a primary that
was replaced.

A description that comes from another scheme with several databases cannot follow as it is. Make the others schemas of
one database, describe them as a second component of another scheme, or stay with the scheme.",
        source: "Patroni 3.2.0, patroni/postgresql/citus.py; domain rule P3",
        check: Check::Described(one_database),
    },
];

/// These, and those of Patroni, which hold for each of its groups.
pub(super) static EVERY: [Rule; RULES.len() + patroni::RULES.len()] = {
    let mut every = [RULES[0]; RULES.len() + patroni::RULES.len()];
    let (own, others) = every.split_at_mut(RULES.len());
    own.copy_from_slice(RULES);
    others.copy_from_slice(patroni::RULES);
    every
};

fn groups(view: &View<'_>, report: &mut Report) {
    for (citus, declaration) in view.all::<Citus>() {
        let meta = &citus.meta;
        let name = &meta.name.value;
        let workers = citus.worker_groups();
        if workers == 0 || workers > MOST_WORKERS {
            let (title, help) = match workers {
                0 => (
                    format!("{name} has no group over which rows could be spread"),
                    "write `.workers(2)`, or describe `Patroni` or `Streaming`".to_owned(),
                ),
                _ => (
                    format!("{name} has {workers} worker groups, and {MOST_WORKERS} are the most"),
                    format!("write at most `.workers({MOST_WORKERS})`"),
                ),
            };
            report.push(
                Diagnostic::error(GROUPS_CODE, title)
                    .primary(meta.blame(citus.workers.as_ref()), "worker groups")
                    .help(help),
            );
        }
        let first = declaration
            .groups
            .iter()
            .filter_map(|group| group.members.first());
        for (port, why) in first.flat_map(|member| &member.ports).filter_map(|port| {
            let why = port.port.as_ref().err()?;
            Some((port, why))
        }) {
            report.push(
                Diagnostic::error(
                    GROUPS_CODE,
                    format!("a group of {name} has no port `{}`", port.name),
                )
                .primary(port.origin.clone(), why.clone())
                .help("choose a lower port, or want fewer worker groups"),
            );
        }
        let (members, hosts) = (citus.members_of_group(), meta.hosts().len());
        if hosts > 0 && members > hosts {
            let placed = meta.on.as_ref().map_or(&meta.name.origin, |on| &on.origin);
            report.push(
                Diagnostic::error(
                    GROUPS_CODE,
                    format!("a group of {name} has {members} members and {hosts} hosts"),
                )
                .primary(
                    meta.blame(citus.replicas.as_ref()),
                    format!("{} beside each primary", members - 1),
                )
                .secondary(placed.clone(), "its hosts")
                .help(format!(
                    "place it on {members} hosts or more, or want fewer replicas"
                )),
            );
        }
    }
}

fn one_database(view: &View<'_>, report: &mut Report) {
    for (citus, _) in view.all::<Citus>() {
        let name = &citus.meta.name;
        match citus.databases.as_slice() {
            [_] => {}
            [] => report.push(
                Diagnostic::error(
                    ONE_DATABASE_CODE,
                    format!("{} has no database to spread", name.value),
                )
                .primary(name.origin.clone(), "needs one")
                .help("add `.database(\"…\")`"),
            ),
            [first, others @ ..] => {
                let finding = Diagnostic::error(
                    ONE_DATABASE_CODE,
                    format!(
                        "{} has {} databases, and Citus on Patroni has one",
                        name.value,
                        citus.databases.len()
                    ),
                )
                .primary(first.origin.clone(), format!("{}", first.value));
                let finding = others.iter().fold(finding, |finding, other| {
                    finding.primary(other.origin.clone(), format!("{}", other.value))
                });
                report.push(finding.help(
                    "keep one, with the others as schemas in it; or describe the others as a second component, such as `Patroni`",
                ));
            }
        }
    }
}
