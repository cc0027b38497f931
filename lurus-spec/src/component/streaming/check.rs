//! Rules of PostgreSQL with streaming replication.

use crate::check::{Check, Rule, View};
use crate::component::postgres::MEMORY;
use crate::component::streaming::Streaming;
use crate::report::{Code, Diagnostic, Report};

const PRIMARY_CODE: Code = Code::new("L0209");

/// The rules of this product, by code.
pub const RULES: &[Rule] = &[Rule {
    code: PRIMARY_CODE.as_str(),
    ensures: "Ensure the primary that a description names is one of the members, and each member has a host of its own.",
    explain: r"With streaming replication the description says which member takes writes: the one on the first host, or on the host of
`.primary(…)`. A host that carries no member leaves nobody to write to. Two members on one host are lost together, and
there is no standby left to promote.

Nobody replaces a lost primary by itself: a cluster that claims to survive the loss of a host has to accept this one,
with `.except(&pg)`, or use Patroni.",
    source: "PostgreSQL, high availability: streaming replication; domain invariants I26 and I27",
    check: Check::Described(primary),
}];

/// These, and what holds for PostgreSQL of every scheme.
pub(super) static EVERY: [Rule; RULES.len() + 1] = [RULES[0], MEMORY];

fn primary(view: &View<'_>, report: &mut Report) {
    for (streaming, declaration) in view.all::<Streaming>() {
        let name = &streaming.meta.name.value;
        let members = &declaration.groups[0].members;
        if let Some(set) = &streaming.primary
            && !members.is_empty()
            && streaming.holder(members).is_none()
        {
            report.push(
                Diagnostic::error(
                    PRIMARY_CODE,
                    format!(
                        "the primary of {name} is on {}, which carries no member",
                        set.value
                    ),
                )
                .primary(set.origin.clone(), "is to take writes")
                .secondary(members[0].origin.clone(), "the members")
                .help("name one of the hosts of `.on(…)`"),
            );
        }
        for (index, member) in members.iter().enumerate() {
            if let Some(other) = members[..index]
                .iter()
                .find(|other| other.host == member.host)
            {
                report.push(
                    Diagnostic::error(
                        PRIMARY_CODE,
                        format!(
                            "{} and {} are both on {}",
                            other.name, member.name, member.host
                        ),
                    )
                    .primary(member.origin.clone(), "are lost together")
                    .help("name a different host for every member"),
                );
            }
        }
    }
}
