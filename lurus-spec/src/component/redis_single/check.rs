//! Rules of a single Redis.

use crate::check::{Check, Rule, View};
use crate::component::redis_single::{BUFFERS, Redis};
use crate::report::{Code, Diagnostic, Report};

const ALONE_CODE: Code = Code::new("L0211");
const MEMORY_CODE: Code = Code::new("L0512");

/// The rules of this product, by code.
pub const RULES: &[Rule] = &[
    Rule {
        code: ALONE_CODE.as_str(),
        ensures: "Ensure a Redis that is no cluster has one server.",
        explain: "\
Two servers that know nothing of each other are two sets of data: a program that writes to the one does not find it in \
the other. A single Redis stands on one host; `.on([NODE_1])` says which.

For data that has to outlive a host there is `RedisCluster`, when the programs that use it can speak to one. Otherwise \
the loss of the host is accepted where the cluster says what it survives: `Loss::of(1).hosts().except(&cache)`, together \
with whatever needs it.",
        source: "Redis manual, replication: servers without `replicaof` share nothing",
        check: Check::Described(alone),
    },
    Rule {
        code: MEMORY_CODE.as_str(),
        ensures: "Ensure the memory limit of a single Redis holds its data while the log of writes is rewritten.",
        explain: "\
`maxmemory` counts the data only. While Redis rewrites its log of writes, every page that is written to meanwhile exists \
twice. A server whose limit is too low is killed in that moment, which is when it is busiest.

The limit has to be `max_memory` and a half, and 64 MiB. Leave `.memory` out: that is the default. Under many writes \
twice `max_memory` is safer.",
        source: "Redis manual, persistence (copy-on-write) and redis.conf (maxmemory)",
        check: Check::Described(memory_is_enough),
    },
];

fn alone(view: &View<'_>, report: &mut Report) {
    for (redis, _) in view.all::<Redis>() {
        let name = &redis.meta.name.value;
        let Some(on) = redis.meta.on.as_ref().filter(|on| on.value.len() > 1) else {
            continue;
        };
        report.push(
            Diagnostic::error(
                ALONE_CODE,
                format!(
                    "{name} is on {} hosts, and would be as many sets of data",
                    on.value.len()
                ),
            )
            .primary(on.origin.clone(), "a single Redis stands on one host")
            .help(format!(
                "write `.on([…])` with one host, such as {}, or use a `RedisCluster`",
                on.value[0]
            )),
        );
    }
}

fn memory_is_enough(view: &View<'_>, report: &mut Report) {
    for (redis, _) in view.all::<Redis>() {
        let name = &redis.meta.name.value;
        let ((limit, origin), needed) = (redis.memory_limit(), redis.needed_memory());
        if limit >= needed {
            continue;
        }
        let data = redis.data_memory();
        report.push(
            Diagnostic::error(
                MEMORY_CODE,
                format!("{name} runs out of memory while it rewrites its log"),
            )
            .primary(origin, format!("it may use {limit}"))
            .note(format!(
                "its data may take {data}; half of it again while pages exist twice, and {BUFFERS} of buffers are {needed}"
            ))
            .help(format!(
                "write `.memory(\"{needed}\")` or more, leave it out, or lower `.max_memory`"
            )),
        );
    }
}
