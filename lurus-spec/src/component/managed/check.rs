//! Rules of PostgreSQL that somebody outside the cluster runs.

use crate::check::{Check, Rule, View};
use crate::component::haproxy::HaProxy;
use crate::component::managed::ManagedPostgres;
use crate::component::postgres::Scheme;
use crate::report::{Code, Diagnostic, Origin, Report};

const NOTHING_PLACED_CODE: Code = Code::new("L0413");
const NO_FRONT_CODE: Code = Code::new("L0414");

/// The rules of this product, by code.
pub const RULES: &[Rule] = &[
    Rule {
        code: NOTHING_PLACED_CODE.as_str(),
        ensures: "Ensure a service outside the cluster has a name, and nothing is said of where it runs.",
        explain: r#"A managed service has no members here: hosts, memory, a network or an image of it would do nothing. Who set them meant
another scheme, or forgot them when the scheme was changed.

Leave them out. What it needs is the name by which it is reached: `.host("pg.example.com")`."#,
        source: "the meaning of a managed service: no objects in the cluster; domain invariant I27",
        check: Check::Described(nothing_placed),
    },
    Rule {
        code: NO_FRONT_CODE.as_str(),
        ensures: "Ensure no balancer stands in front of a managed service.",
        explain: r"HAProxy asks each member of PostgreSQL for its role and leads clients to the primary. A managed service has one name that
its provider keeps on the primary, and no members to ask. A balancer in between would cut its name, and with it the check
of its certificate, and add one more thing that can fail.

Leave HAProxy out: a pool and applications take the reference of the service as they take any other.",
        source: "PostgreSQL, libpq: verify-full compares the name with the certificate; domain invariant I27",
        check: Check::Described(no_front),
    },
];

fn nothing_placed(view: &View<'_>, report: &mut Report) {
    for (managed, _) in view.all::<ManagedPostgres>() {
        let meta = &managed.meta;
        let said: [(&str, Option<&Origin>); 4] = [
            ("on", meta.on.as_ref().map(|set| &set.origin)),
            ("memory", meta.memory.as_ref().map(|set| &set.origin)),
            ("network", meta.network.as_ref().map(|set| &set.origin)),
            ("image", meta.image.as_ref().map(|set| &set.origin)),
        ];
        if managed.host.is_none() {
            report.push(
                Diagnostic::error(
                    NOTHING_PLACED_CODE,
                    format!("nobody knows where {} is", meta.name.value),
                )
                .primary(meta.name.origin.clone(), "has no name outside the cluster")
                .help("add `.host(\"…\")`, with the name that its provider says"),
            );
        }
        for (option, origin) in said {
            let Some(origin) = origin else { continue };
            report.push(
                Diagnostic::error(
                    NOTHING_PLACED_CODE,
                    format!("{} runs outside the cluster", meta.name.value),
                )
                .primary(origin.clone(), "does nothing")
                .help(format!("leave `.{option}(…)` out")),
            );
        }
    }
}

fn no_front(view: &View<'_>, report: &mut Report) {
    for (haproxy, _) in view.all::<HaProxy>() {
        let Some((postgres, origin)) = haproxy.postgres_said() else {
            continue;
        };
        match postgres.scheme() {
            Scheme::Elected | Scheme::Declared => continue,
            Scheme::Managed => {}
        }
        report.push(
            Diagnostic::error(
                NO_FRONT_CODE,
                format!("{postgres} is a managed service, and has no members to lead to"),
            )
            .primary(origin.clone(), "stands in front of it")
            .help("leave the balancer out: whoever needs the database takes its reference"),
        );
    }
}
