//! Rules of PgBouncer.

use std::collections::BTreeMap;

use crate::check::{Check, Rule, View};
use crate::component::haproxy::HaProxy;
use crate::component::pgbouncer::pools::{Pools, Server};
use crate::component::pgbouncer::{PgBouncer, READ_SUFFIX};
use crate::component::{Declaration, Endpoint};
use crate::literal::{Duration, Name};
use crate::model::{ComponentRef as _, HostRef};
use crate::report::{Code, Diagnostic, Report};

const NOTHING_BEHIND_CODE: Code = Code::new("L0411");
const ONE_POOLER_CODE: Code = Code::new("L0412");
const POOLS_CODE: Code = Code::new("L0506");
const TIMEOUTS_CODE: Code = Code::new("L0605");
const VERSION_CODE: Code = Code::new("L0803");

/// The rules of this product, by code.
pub const RULES: &[Rule] = &[
    Rule {
        code: NOTHING_BEHIND_CODE.as_str(),
        ensures: "Ensure PgBouncer has databases behind it, and calls each by a name of its own.",
        explain: r"PgBouncer lends connections to the databases of one PostgreSQL. Without one, or without a database in it, there is
nothing to lend. Give it the reference that `add` returned:

    let pg = cluster.add(Patroni::new(…).database(…));
    cluster.add(PgBouncer::new(…).postgres(&pg));

Clients ask for `orders` to write and for `orders_ro` to read. A database that is itself called `orders_ro` would be
two things at once: give it another name.",
        source: "the meaning of a pool",
        check: Check::Described(nothing_behind),
    },
    Rule {
        code: ONE_POOLER_CODE.as_str(),
        ensures: "Ensure one PgBouncer pools a PostgreSQL, on as many hosts as are wanted.",
        explain: r"PgBouncer logs in with a role of its own to look up how clients prove who they are, and its pools together must fit into
what the server has. Two components for one server would set two passwords for that role, and each would count on all
connections.

Describe one, and place it on every host that has applications.",
        source: "the meaning of a budget",
        check: Check::Described(one_pooler),
    },
    Rule {
        code: POOLS_CODE.as_str(),
        ensures: "Ensure the pools of all instances together open no more connections than the server allows.",
        explain: r"Each instance has two pools for each database, for writes and for reads. A pool opens as many connections as its size,
the reserve beyond it when clients wait, and one to look up passwords. Times the databases and the instances, that must
fit into what PostgreSQL has for clients, and through whatever stands in between: HAProxy lets a client in that it cannot
serve, and the pool gets errors instead of connections. `direct_connections` of each instance are left to those who go
past the pool.

Left out, the sizes are equal shares of what the server has. Raise `max_connections` of the database (each costs memory),
or lower what the pools open: a pool is faster when it is smaller than clients wish.",
        source: "PgBouncer, config: default_pool_size, reserve_pool_size, max_db_connections; domain invariant I34",
        check: Check::Described(pools),
    },
    Rule {
        code: TIMEOUTS_CODE.as_str(),
        ensures: "Ensure PgBouncer closes an idle connection before anything in between does.",
        explain: r"A connection that HAProxy has closed because nobody said anything for `session_timeout` looks alive to PgBouncer until it
is used: the next client's first query fails. `idle_timeout` of PgBouncer has to be shorter.

PgBouncer takes whole seconds. A `wait_timeout` of 0 would let clients wait for ever, each holding a connection of its
application.",
        source: "PgBouncer, config: server_idle_timeout, query_wait_timeout; HAProxy, timeout server; domain invariant I41",
        check: Check::Described(timeouts),
    },
    Rule {
        code: VERSION_CODE.as_str(),
        ensures: "Ensure the version of PgBouncer knows what its file says.",
        explain: r"Prepared statements in transaction mode came with PgBouncer 1.21. An older one does not know `max_prepared_statements`, says
so in its log, and goes on without: the statements of most drivers then fail on whatever connection did not prepare them.

Pin an image of 1.21 or later.",
        source: "PgBouncer, changelog of 1.21.0; seen: an unknown key is logged and left out",
        check: Check::Described(version),
    },
];

/// Each PgBouncer with the declaration of what is behind it, when that is in the cluster.
fn pooled<'v>(view: &'v View<'_>) -> Vec<(&'v PgBouncer, &'v Declaration)> {
    let by_name = view.by_name();
    view.all::<PgBouncer>()
        .filter_map(|(pgbouncer, _)| {
            let postgres = &pgbouncer.postgres.as_ref()?.value;
            // That what it needs is in the cluster is a rule about every need.
            Some((pgbouncer, *by_name.get(postgres.name())?))
        })
        .collect()
}

fn primary<'v>(pgbouncer: &PgBouncer, behind: &'v Declaration) -> Option<&'v Endpoint> {
    let postgres = pgbouncer.postgres.as_ref()?;
    behind.endpoint(&postgres.value.primary().endpoint)
}

fn nothing_behind(view: &View<'_>, report: &mut Report) {
    for (pgbouncer, _) in view.all::<PgBouncer>() {
        if pgbouncer.postgres.is_none() {
            let name = &pgbouncer.meta.name;
            report.push(
                Diagnostic::error(
                    NOTHING_BEHIND_CODE,
                    format!("{} pools the connections of nothing", name.value),
                )
                .primary(name.origin.clone(), "has no database behind it")
                .help("add `.postgres(&pg)`, where `pg` is what `cluster.add(Patroni::new(…))` returned"),
            );
        }
    }
    for (pgbouncer, behind) in pooled(view) {
        let name = &pgbouncer.meta.name.value;
        let (Some(set), Some(endpoint)) = (&pgbouncer.postgres, primary(pgbouncer, behind)) else {
            continue;
        };
        if endpoint.inside.is_empty() {
            report.push(
                Diagnostic::error(
                    NOTHING_BEHIND_CODE,
                    format!("{name} pools {}, which has no database", set.value),
                )
                .primary(set.origin.clone(), "has nothing to lend connections to")
                .help(format!("say `.database(\"…\")` on {}", set.value)),
            );
        }
        for database in &endpoint.inside {
            let Some(stem) = database.strip_suffix(READ_SUFFIX) else {
                continue;
            };
            if endpoint.inside.iter().any(|other| other == stem) {
                report.push(
                    Diagnostic::error(
                        NOTHING_BEHIND_CODE,
                        format!("`{database}` of {name} is a database, and the reads of `{stem}`"),
                    )
                    .primary(
                        set.origin.clone(),
                        format!("calls the reads of `{stem}` so"),
                    )
                    .help(format!("give the database `{database}` another name")),
                );
            }
        }
    }
}

fn one_pooler(view: &View<'_>, report: &mut Report) {
    let mut poolers: BTreeMap<&Name, Vec<&PgBouncer>> = BTreeMap::new();
    for (pgbouncer, _) in view.all::<PgBouncer>() {
        if let Some(set) = &pgbouncer.postgres {
            poolers.entry(set.value.name()).or_default().push(pgbouncer);
        }
    }
    for (behind, poolers) in poolers.iter().filter(|(_, poolers)| poolers.len() > 1) {
        let finding = Diagnostic::error(
            ONE_POOLER_CODE,
            format!("{} components pool {behind}", poolers.len()),
        );
        let finding = poolers.iter().fold(finding, |finding, pgbouncer| {
            let set = pgbouncer.postgres.as_ref();
            finding.primary(
                pgbouncer.meta.blame(set),
                format!("{} pools it", pgbouncer.meta.name.value),
            )
        });
        report.push(finding.help("describe one, and place it on the hosts of all"));
    }
}

/// What stands between the instances of a PgBouncer and the server.
struct Between<'v> {
    haproxy: &'v HaProxy,
    /// Connections that one instance of PgBouncer gets through it, for writes and for reads.
    write: u32,
    read: u32,
}

fn between<'v>(view: &'v View<'_>, pgbouncer: &PgBouncer, connections: u32) -> Option<Between<'v>> {
    let postgres = &pgbouncer.postgres.as_ref()?.value;
    let (haproxy, _) = view.all::<HaProxy>().find(|(haproxy, _)| {
        haproxy
            .postgres_behind()
            .is_some_and(|behind| behind == postgres)
    })?;
    let (write, read) = haproxy.opens(connections);
    let count = |hosts: &[HostRef]| u32::try_from(hosts.len()).unwrap_or(u32::MAX).max(1);
    let (own, others) = (pgbouncer.meta.hosts(), haproxy.hosts());
    // Whoever has one beside it uses that one; otherwise all instances share all.
    let each = |connections: u32| {
        if own.iter().all(|host| others.contains(host)) {
            connections
        } else {
            connections.saturating_mul(count(others)) / count(own)
        }
    };
    Some(Between {
        haproxy,
        write: each(write),
        read: each(read),
    })
}

fn pools(view: &View<'_>, report: &mut Report) {
    for (pgbouncer, behind) in pooled(view) {
        let (Some(set), Some(endpoint)) = (&pgbouncer.postgres, primary(pgbouncer, behind)) else {
            continue;
        };
        let (Some(connections), false) = (endpoint.connections, endpoint.inside.is_empty()) else {
            continue;
        };
        let instances = pgbouncer.meta.hosts().len();
        let between = between(view, pgbouncer, connections);
        let in_front = between
            .as_ref()
            .map_or(0, |between| between.haproxy.hosts().len());
        let server = Server {
            connections,
            shares: u32::try_from(instances.max(in_front)).unwrap_or(u32::MAX),
            databases: u32::try_from(endpoint.inside.len()).unwrap_or(u32::MAX),
        };
        let found = pgbouncer.pools(server);
        if let Some((title, what)) = too_large(pgbouncer, &found, server, between.as_ref()) {
            let said = [
                &pgbouncer.pool_size,
                &pgbouncer.read_pool_size,
                &pgbouncer.reserve,
                &pgbouncer.direct_connections,
            ];
            let said: Vec<_> = said.into_iter().flatten().collect();
            let mut finding = Diagnostic::error(POOLS_CODE, title);
            let opens = format!(
                "each of {instances} opens up to {} for writes and {} for reads",
                found.writes(),
                found.reads()
            );
            finding = match said.as_slice() {
                [] => finding.primary(pgbouncer.meta.name.origin.clone(), opens),
                [first, rest @ ..] => rest.iter().fold(
                    finding.primary(first.origin.clone(), opens),
                    |finding, set| finding.primary(set.origin.clone(), "and this"),
                ),
            };
            if let Some(between) = &between {
                finding = finding.secondary(
                    between.haproxy.shares_origin(),
                    format!(
                        "lets {} and {} of each through",
                        between.write, between.read
                    ),
                );
            }
            report.push(finding.secondary(set.origin.clone(), what).help(help(
                pgbouncer,
                &found,
                server,
                between.as_ref(),
            )));
        }
    }
}

/// Why pools do not fit: a title, and what is said of the server.
fn too_large(
    pgbouncer: &PgBouncer,
    pools: &Pools,
    server: Server,
    between: Option<&Between<'_>>,
) -> Option<(String, String)> {
    let name = &pgbouncer.meta.name.value;
    let instances = pgbouncer.meta.hosts().len() as u64;
    let of_server = format!("has {} connections for clients", server.connections);
    let wanted = (u64::from(pools.writes()) + u64::from(pools.reads())).saturating_mul(instances);
    if wanted > u64::from(server.connections) {
        return Some((
            format!(
                "{name} may open {wanted} connections, and the server has {}",
                server.connections
            ),
            of_server,
        ));
    }
    let between = between?;
    let (what, wanted, allowed) = if pools.writes() > between.write {
        ("writes", pools.writes(), between.write)
    } else if pools.reads() > between.read {
        ("reads", pools.reads(), between.read)
    } else {
        return None;
    };
    Some((
        format!(
            "an instance of {name} may open {wanted} connections for {what}, and gets {allowed} through"
        ),
        of_server,
    ))
}

/// The largest sizes that fit.
fn help(
    pgbouncer: &PgBouncer,
    pools: &Pools,
    server: Server,
    between: Option<&Between<'_>>,
) -> String {
    let instances = u32::try_from(pgbouncer.meta.hosts().len())
        .unwrap_or(u32::MAX)
        .max(1);
    let share = server.connections / instances;
    let (write, read) = match between {
        Some(between) => (
            between.write.min(share * 2 / 3),
            between.read.min(share - share * 2 / 3),
        ),
        None => (share * 2 / 3, share - share * 2 / 3),
    };
    let fitting = |connections: u32, reserve: u32| {
        (connections / pools.databases.max(1))
            .checked_sub(reserve + 1)
            .filter(|size| *size > 0)
    };
    match (
        fitting(write.saturating_sub(pools.direct), pools.write.reserve),
        fitting(read, pools.read.reserve),
    ) {
        (Some(write), Some(read)) => format!(
            "write `.pool_size({write})` and `.read_pool_size({read})` at most, or a larger `.max_connections(…)` on the database"
        ),
        (Some(_) | None, Some(_) | None) => {
            "write a larger `.max_connections(…)` on the database: for so many databases and instances there is no room".to_owned()
        }
    }
}

fn timeouts(view: &View<'_>, report: &mut Report) {
    for (pgbouncer, _) in view.all::<PgBouncer>() {
        let name = &pgbouncer.meta.name.value;
        let options = [
            ("idle_timeout", pgbouncer.idle_timeout.as_ref()),
            ("wait_timeout", pgbouncer.wait_timeout.as_ref()),
        ];
        for (option, set) in options {
            let Some(set) = set else { continue };
            let time = set.value;
            if time >= Duration::secs(1) && time.as_millis().is_multiple_of(1000) {
                continue;
            }
            report.push(
                Diagnostic::error(
                    TIMEOUTS_CODE,
                    format!("{option} of {name} cannot be {time}"),
                )
                .primary(
                    set.origin.clone(),
                    "PgBouncer takes whole seconds, at least one",
                )
                .help(format!(
                    "write `.{option}(\"{}s\")`",
                    time.as_millis().div_ceil(1000).max(1)
                )),
            );
        }
        let Some(postgres) = &pgbouncer.postgres else {
            continue;
        };
        let in_front = view.all::<HaProxy>().filter(|(haproxy, _)| {
            haproxy
                .postgres_behind()
                .is_some_and(|behind| behind == &postgres.value)
        });
        for (haproxy, _) in in_front {
            let (idle, (silence, origin)) = (pgbouncer.idle_time(), haproxy.silence_said());
            if idle < silence {
                continue;
            }
            report.push(
                Diagnostic::error(
                    TIMEOUTS_CODE,
                    format!("connections of {name} are closed behind its back"),
                )
                .primary(
                    pgbouncer.meta.blame(pgbouncer.idle_timeout.as_ref()),
                    format!("keeps an idle connection for {idle}"),
                )
                .primary(origin, format!("closes a silent one after {silence}"))
                .help(format!(
                    "write `.idle_timeout(\"{}s\")` on {name}, or a longer `session_timeout` on what stands in between",
                    (silence.as_secs() / 3).max(1)
                )),
            );
        }
    }
}

fn version(view: &View<'_>, report: &mut Report) {
    for (pgbouncer, declaration) in view.all::<PgBouncer>() {
        let meta = &pgbouncer.meta;
        let wanted = match &meta.image {
            Some(set) => Some(set.value.name()),
            None => declaration.image,
        };
        // That it is pinned is a rule about every image.
        let Some(pin) = wanted.and_then(|image| view.site.inventory.image(image)) else {
            continue;
        };
        let version = pin.image.version();
        // A tag that begins with no number says no version.
        if version.is_empty() || version.as_slice() >= &[1, 21][..] {
            continue;
        }
        report.push(
            Diagnostic::error(
                VERSION_CODE,
                format!(
                    "{} of {} does not know prepared statements",
                    pin.image, meta.name.value
                ),
            )
            .primary(pin.origin.clone(), "is older than 1.21")
            .secondary(meta.name.origin.clone(), "writes `max_prepared_statements`")
            .help("write a tag such as `v1.21.0-p2`"),
        );
    }
}
