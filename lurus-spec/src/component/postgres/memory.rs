//! Whether the memory of a member holds its cache and its connections.

use crate::check::{Check, Rule, View};
use crate::component::patroni::kept;
use crate::component::streaming::Streaming;
use crate::literal::{Name, Size};
use crate::report::{Code, Diagnostic, Origin, Report};

const MEMORY_CODE: Code = Code::new("L0507");

/// A connection that does little: a process with its own tables of what it has seen.
const CONNECTION: Size = Size::mib(5);

/// Three workers of autovacuum with `maintenance_work_mem` each, and the buffers of the log.
const UPKEEP: Size = Size::mib(3 * 64 + 16);

pub(in crate::component) const MEMORY: Rule = Rule {
    code: MEMORY_CODE.as_str(),
    ensures: "Ensure the memory of a PostgreSQL member holds its cache, its connections and its upkeep.",
    explain: r"A member that reaches its memory limit is killed by the kernel, with every connection, and recovers from its log. Its cache
(`shared_buffers`) is taken once and for all. Each connection is a process of about 5 MiB, and of more while it sorts;
three workers of autovacuum take 64 MiB each.

The cache is a quarter of the memory unless it is set. Up to 40 % is sensible: pages are in the cache of the system as
well, which the same limit counts. With less than 15 %, memory lies idle.",
    source: "PostgreSQL 16, resource consumption: 25 % of the memory, rarely more than 40 %; domain invariant I32",
    check: Check::Described(memory),
};

/// What a member of a component has, and what it may use of it.
struct Member {
    name: Name,
    memory: Size,
    cache: Size,
    cache_origin: Origin,
    connections: u32,
    connections_origin: Origin,
}

/// A member of each component that runs PostgreSQL.
fn servers<'v>(view: &'v View<'_>) -> impl Iterator<Item = Member> + use<'v> {
    let elected = kept(view).map(|kept| {
        let patroni = &kept.patroni;
        Member {
            name: patroni.meta.name.value.clone(),
            memory: patroni.member_memory(),
            cache: patroni.cache(),
            cache_origin: patroni.meta.blame(patroni.shared_buffers.as_ref()),
            connections: patroni.most_connections(),
            connections_origin: patroni.connections_origin(),
        }
    });
    let declared = view.all::<Streaming>().map(|(streaming, _)| Member {
        name: streaming.meta.name.value.clone(),
        memory: streaming.member_memory(),
        cache: streaming.cache(),
        cache_origin: streaming.meta.blame(streaming.meta.memory.as_ref()),
        connections: streaming.most_connections(),
        connections_origin: streaming.connections_origin(),
    });
    elected.chain(declared)
}

fn memory(view: &View<'_>, report: &mut Report) {
    for member in servers(view) {
        let Member {
            name,
            memory,
            cache,
            cache_origin: origin,
            connections: count,
            connections_origin,
        } = member;
        let part = |percent: u64| Size::of_bytes(memory.bytes() / 100 * percent);
        if cache > part(40) {
            report.push(
                Diagnostic::error(
                    MEMORY_CODE,
                    format!("the cache of {name} is more than 40 % of its memory"),
                )
                .primary(origin, format!("{cache} of {memory}"))
                .help(format!(
                    "leave `.shared_buffers` out, which is a quarter, or write `.memory(\"{}\")`",
                    Size::of_bytes(cache.bytes().saturating_mul(4))
                )),
            );
            continue;
        }
        if cache < part(15) {
            report.push(
                Diagnostic::warning(
                    MEMORY_CODE,
                    format!("the cache of {name} is less than 15 % of its memory"),
                )
                .primary(origin, format!("{cache} of {memory}"))
                .help("leave `.shared_buffers` out, which is a quarter, or lower `.memory`"),
            );
        }
        let connections = CONNECTION.saturating_mul(count.into());
        let needed = cache.saturating_add(connections).saturating_add(UPKEEP);
        if needed > memory {
            let mib = Size::mib(needed.bytes().div_ceil(Size::mib(1).bytes()));
            report.push(
                Diagnostic::error(
                    MEMORY_CODE,
                    format!("{name} runs out of memory when all of its connections are used"),
                )
                .primary(
                    connections_origin,
                    format!("{count} connections take {connections}"),
                )
                .note(format!(
                    "{cache} of cache and {UPKEEP} of upkeep with them are {mib}, and a member may use {memory}"
                ))
                .help("raise `.memory`, or lower `.max_connections`"),
            );
        }
    }
}
