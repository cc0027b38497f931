//! Rules of HAProxy.

use std::collections::BTreeMap;

use crate::check::{Check, Rule, View};
use crate::component::citus::Citus;
use crate::component::haproxy::HaProxy;
use crate::component::patroni::Patroni;
use crate::component::streaming::Streaming;
use crate::literal::Name;
use crate::model::{ComponentRef, Settings as _};
use crate::report::{Code, Diagnostic, Origin, Report};

const NOTHING_BEHIND_CODE: Code = Code::new("L0409");
const BUDGET_CODE: Code = Code::new("L0503");

/// The rules of this product, by code.
pub const RULES: &[Rule] = &[
    Rule {
        code: NOTHING_BEHIND_CODE.as_str(),
        ensures: "Ensure HAProxy stands in front of something.",
        explain: r"HAProxy without a database behind it listens on ports that lead nowhere. Give it the reference that `add` returned:

    let pg = cluster.add(Patroni::new(…));
    cluster.add(HaProxy::new(…).postgres(&pg));",
        source: "the meaning of a balancer",
        check: Check::Described(nothing_behind),
    },
    Rule {
        code: BUDGET_CODE.as_str(),
        ensures: "Ensure all instances of HAProxy together open no more connections than the database has.",
        explain: r"PostgreSQL refuses the connection after `max_connections`, with an error that applications see at the worst moment. It
keeps 3 for superusers, Patroni uses up to 5 of its own, and the monitoring role may have 10; the rest is for HAProxy.
Each instance opens at most `write_connections` to the primary and `read_connections` to each replica, and lets more
clients wait in its queue. A member can be the primary, and serve reads too while there is no replica, so both count,
times the number of instances.

Left out, the two are equal shares of what the database has. Raise `max_connections` of the database (each connection
costs memory), or lower what the instances open.",
        source: "PostgreSQL 16, superuser_reserved_connections; HAProxy 2.8, maxconn of a server",
        check: Check::Described(budget),
    },
];

fn nothing_behind(view: &View<'_>, report: &mut Report) {
    for (haproxy, _) in view.all::<HaProxy>() {
        if haproxy.postgres.is_none() {
            let name = &haproxy.meta.name;
            report.push(
                Diagnostic::error(
                    NOTHING_BEHIND_CODE,
                    format!("{} stands in front of nothing", name.value),
                )
                .primary(name.origin.clone(), "has no database behind it")
                .help("add `.postgres(&pg)`, where `pg` is what `cluster.add(Patroni::new(…))` returned"),
            );
        }
    }
}

/// What a database has for those in front of it.
struct Budget<'v> {
    name: &'v Name,
    /// All of its connections.
    most: u32,
    /// Those that are for clients.
    free: u32,
    /// Where their number was said.
    origin: Origin,
}

fn budget(view: &View<'_>, report: &mut Report) {
    let mut in_front: BTreeMap<&Name, Vec<&HaProxy>> = BTreeMap::new();
    for (haproxy, _) in view.all::<HaProxy>() {
        if let Some(postgres) = &haproxy.postgres {
            in_front
                .entry(ComponentRef::name(&postgres.value))
                .or_default()
                .push(haproxy);
        }
    }
    let elected = |patroni: &Patroni, name| Budget {
        name,
        most: patroni.most_connections(),
        free: patroni.free_connections(),
        origin: patroni.connections_origin(),
    };
    let alone = view
        .all::<Patroni>()
        .map(|(patroni, _)| elected(patroni, &patroni.meta().name.value));
    let shared = view
        .all::<Citus>()
        .map(|(citus, _)| elected(&citus.patroni(), &citus.meta().name.value));
    let declared = view.all::<Streaming>().map(|(streaming, _)| Budget {
        name: &streaming.meta().name.value,
        most: streaming.most_connections(),
        free: streaming.free_connections(),
        origin: streaming.connections_origin(),
    });
    for Budget {
        name,
        most,
        free,
        origin,
    } in alone.chain(shared).chain(declared)
    {
        let Some(balancers) = in_front.get(name) else {
            continue;
        };
        let opens = |haproxy: &HaProxy| {
            let shares = haproxy.shares(free);
            let each = u64::from(shares.write) + u64::from(shares.read);
            each.saturating_mul(haproxy.meta.hosts().len() as u64)
        };
        let wanted: u64 = balancers.iter().map(|haproxy| opens(haproxy)).sum();
        if wanted <= u64::from(free) {
            continue;
        }
        let mut finding = Diagnostic::error(
            BUDGET_CODE,
            format!("{wanted} connections may be opened to {name}, which has {free} for them"),
        )
        .primary(
            origin,
            format!("{most} connections, of which {} are kept back", most - free),
        );
        for haproxy in balancers {
            let said = haproxy
                .write_connections
                .as_ref()
                .or(haproxy.read_connections.as_ref());
            let shares = haproxy.shares(free);
            finding = finding.primary(
                haproxy.meta.blame(said),
                format!(
                    "{} opens {} + {} from each of {} instances",
                    haproxy.meta.name.value,
                    shares.write,
                    shares.read,
                    haproxy.meta.hosts().len(),
                ),
            );
        }
        let kept = u64::from(most - free);
        report.push(finding.help(format!(
            "write `.max_connections({})` on {name}, or let each instance open fewer",
            wanted + kept
        )));
    }
}
