//! Whether the memory of a member holds its cache and its connections.

use crate::check::{Check, Rule, View};
use crate::component::patroni::check::{Kept, kept};
use crate::literal::Size;
use crate::report::{Code, Diagnostic, Report};

const MEMORY_CODE: Code = Code::new("L0507");

/// A connection that does little: a process with its own tables of what it has seen.
const CONNECTION: Size = Size::mib(5);

/// Three workers of autovacuum with `maintenance_work_mem` each, and the buffers of the log.
const UPKEEP: Size = Size::mib(3 * 64 + 16);

pub(super) const MEMORY: Rule = Rule {
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

fn memory(view: &View<'_>, report: &mut Report) {
    for Kept { patroni, .. } in kept(view) {
        let name = &patroni.meta.name.value;
        let (memory, cache) = (patroni.member_memory(), patroni.cache());
        let part = |percent: u64| Size::of_bytes(memory.bytes() / 100 * percent);
        let origin = patroni.meta.blame(patroni.shared_buffers.as_ref());
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
        let count = patroni.most_connections();
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
                    patroni.connections_origin(),
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
