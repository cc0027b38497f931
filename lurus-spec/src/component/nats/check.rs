//! Rules of NATS.

use crate::check::{Check, Rule, View};
use crate::component::nats::{Nats, Stream};
use crate::literal::{Duration, Size};
use crate::model::Setting;
use crate::report::{Code, Diagnostic, Report};

/// The rules of this product, by code.
pub const RULES: &[Rule] = &[
    Rule {
        code: "L0110",
        ensures: "Ensure no two streams of one NATS cluster take the same name or the same messages.",
        explain: "\
A message is stored by one stream at most, so the server refuses a stream whose subjects overlap with those of another \
one of the account (error 10065), and takes a second stream of the same name for a change of the first. Without this \
rule the task that creates the streams fails on the running cluster, or two descriptions of one stream overwrite each \
other at every run.

Give each stream subjects of its own: `orders.>` and `usage.>` never meet, `orders.>` and `orders.new` do. A stream \
that names no subject listens to its name in lower case and all below it.",
        source: "nats-server v2.10, server/stream.go, checkStreamCfg and SubjectsCollide",
        check: Check::Described(streams_are_apart),
    },
    Rule {
        code: "L0504",
        ensures: "Ensure the memory limit of a NATS server holds its streams in memory and the server itself.",
        explain: "\
`max_memory_store` is what streams in memory may use; connections, routes, the metadata of streams on disk and the \
garbage of the runtime come on top, 256 MiB at the least. A server whose limit is lower is killed when its streams are \
full, comes back, and is killed again while it catches up.

Raise `.memory(…)`, lower `.max_memory_store(…)`, or leave `.memory` out: the limit is then 512 MiB above the store.",
        source: "nats-server v2.10: the limit counts stored bytes only; a server with JetStream and no streams uses 20 to 60 MiB, under load 256 MiB and more",
        check: Check::Described(memory_is_enough),
    },
    Rule {
        code: "L0505",
        ensures: "Ensure the streams of a NATS cluster fit its servers, in number and in bytes.",
        explain: "\
A stream has 1 to 5 copies, each on a server of its own, and every copy reserves the stream's `max_bytes` in the \
`max_file_store` of its server. A stream that finds no room is refused (error 10005 or 10047), so the task that creates \
the streams waits until it gives up.

All streams together may reserve `max_file_store` times the number of servers, and no stream more than one server has. \
Raise `.max_file_store(…)` or lower `.max_bytes(…)` of a stream.",
        source: "nats-server v2.10, server/stream.go StreamMaxReplicas = 5; server/jetstream_cluster.go selectPeerGroup",
        check: Check::Described(streams_fit),
    },
    Rule {
        code: "L0608",
        ensures: "Ensure a NATS server takes at least 30 seconds to send its clients elsewhere.",
        explain: "\
`lame_duck_duration` is the time over which a server that is being stopped closes its clients one after the other, so \
that they do not all connect elsewhere at once. The server refuses a file with less than 30 seconds and does not start. \
A server without clients stops at once, whatever the time is.",
        source: "seen: `nats-server -t` of 2.10: invalid lame_duck_duration of 20s, minimum is 30 seconds",
        check: Check::Described(lame_duck_is_long_enough),
    },
    Rule {
        code: "L0609",
        ensures: "Ensure a stream remembers message ids for no longer than it keeps messages.",
        explain: "\
`duplicate_window` is how long a stream remembers the ids of messages to refuse a second copy. The server refuses a \
stream whose window is longer than `max_age`, and one where either is shorter than 100 ms. The window is 2 minutes \
unless set, so a stream that keeps messages for a shorter time has to set it too.",
        source: "nats-server v2.10, server/stream.go, checkStreamCfg",
        check: Check::Described(times_agree),
    },
];

/// What a server needs beside streams in memory.
const SERVER_MEMORY: Size = Size::mib(256);

/// The most copies of a stream (`StreamMaxReplicas`).
const MOST_COPIES: u32 = 5;

/// The shortest time that a server accepts to send its clients elsewhere.
const SHORTEST_LAME_DUCK: Duration = Duration::secs(30);

/// The shortest time that a stream may keep messages or remember their ids.
const SHORTEST_MEMORY: Duration = Duration::millis(100);

fn streams_are_apart(view: &View<'_>, report: &mut Report) {
    for (nats, _) in view.all::<Nats>() {
        for (at, second) in nats.streams.iter().enumerate() {
            for first in &nats.streams[..at] {
                report.extend(meeting(first, second));
            }
        }
    }
}

fn meeting(first: &Setting<Stream>, second: &Setting<Stream>) -> Option<Diagnostic> {
    let code = Code::new("L0110");
    let (one, other) = (&first.value, &second.value);
    if one.name == other.name {
        let name = &one.name;
        return Some(
            Diagnostic::error(code, format!("two streams are called {name}"))
                .primary(second.origin.clone(), "the second one")
                .primary(first.origin.clone(), "the first one")
                .help("rename one of them, or say both subjects on one stream"),
        );
    }
    let subjects = one.listens_to();
    let (mine, theirs) = subjects.iter().find_map(|mine| {
        let theirs = other.listens_to();
        let theirs = theirs.into_iter().find(|theirs| mine.meets(theirs))?;
        Some((mine, theirs))
    })?;
    Some(
        Diagnostic::error(
            code,
            format!(
                "streams {} and {} take the same messages",
                one.name, other.name
            ),
        )
        .primary(
            second.origin.clone(),
            format!("{} listens to `{theirs}`", other.name),
        )
        .primary(
            first.origin.clone(),
            format!("{} listens to `{mine}`", one.name),
        )
        .help("name subjects that no other stream takes, with `.subject(\"…\")`"),
    )
}

fn memory_is_enough(view: &View<'_>, report: &mut Report) {
    for (nats, _) in view.all::<Nats>() {
        let name = &nats.meta.name.value;
        let (limit, origin) = nats.memory_limit();
        let store = nats.memory_store();
        let needed = store.saturating_add(SERVER_MEMORY);
        if limit >= needed {
            continue;
        }
        let mut finding = Diagnostic::error(
            Code::new("L0504"),
            format!("{name} cannot hold its streams in memory"),
        )
        .primary(origin.clone(), format!("each server may use {limit}"))
        .help(format!(
            "write `.memory(\"{needed}\")` or more, or lower `.max_memory_store`"
        ));
        finding = match &nats.max_memory_store {
            Some(set) => {
                finding.primary(set.origin.clone(), format!("streams may use {store} of it"))
            }
            None => finding.note(format!(
                "streams may use {store} of it, unless `.max_memory_store` says less"
            )),
        };
        report.push(finding.note(format!(
            "the server itself needs {SERVER_MEMORY} beside them"
        )));
    }
}

fn streams_fit(view: &View<'_>, report: &mut Report) {
    let code = Code::new("L0505");
    for (nats, declaration) in view.all::<Nats>() {
        let name = &nats.meta.name.value;
        let servers = declaration
            .group(name)
            .map_or(0, |group| group.members.len());
        let store = nats.file_store();
        for Setting {
            value: stream,
            origin,
        } in &nats.streams
        {
            let copies = stream.replicas;
            let fits = usize::try_from(copies).is_ok_and(|copies| copies <= servers);
            if !(1..=MOST_COPIES).contains(&copies) {
                report.push(
                    Diagnostic::error(code, format!("stream {} has {copies} copies", stream.name))
                        .primary(origin.clone(), "a stream has 1 to 5 copies")
                        .help("write `.replicas(3)`"),
                );
            } else if !fits && servers > 0 {
                let on = nats
                    .meta
                    .on
                    .as_ref()
                    .map_or(&nats.meta.name.origin, |on| &on.origin);
                report.push(
                    Diagnostic::error(
                        code,
                        format!(
                            "stream {} has more copies than {name} has servers",
                            stream.name
                        ),
                    )
                    .primary(
                        origin.clone(),
                        format!("{copies} copies, each on a server of its own"),
                    )
                    .primary(on.clone(), format!("{servers} servers"))
                    .help(format!(
                        "name {copies} hosts in `.on(…)`, or write `.replicas(1)` on the stream"
                    )),
                );
            }
            if stream.max_bytes > store {
                report.push(
                    Diagnostic::error(code, format!("stream {} is larger than a server of {name}", stream.name))
                        .primary(origin.clone(), format!("each copy may hold {}", stream.max_bytes))
                        .note(format!("a server keeps {store} (`max_file_store`)"))
                        .help("raise `.max_file_store` of the servers, or lower `.max_bytes` of the stream"),
                );
            }
        }
        let reserved = nats.streams.iter().map(|stream| &stream.value).fold(
            Size::of_bytes(0),
            |sum, stream| {
                sum.saturating_add(stream.max_bytes.saturating_mul(stream.replicas.into()))
            },
        );
        let room = store.saturating_mul(u64::try_from(servers).unwrap_or(u64::MAX));
        let each_fits = nats
            .streams
            .iter()
            .all(|stream| stream.value.max_bytes <= store);
        if let (true, true, Some(last)) = (
            reserved > room,
            each_fits && servers > 0,
            nats.streams.last(),
        ) {
            let all = nats.streams.iter().rev().skip(1).fold(
                Diagnostic::error(
                    code,
                    format!("the streams of {name} do not fit its servers"),
                )
                .primary(last.origin.clone(), held(&last.value)),
                |finding, stream| finding.primary(stream.origin.clone(), held(&stream.value)),
            );
            report.push(
                all.note(format!("together they reserve {reserved}; {servers} servers keep {store} each (`max_file_store`)"))
                    .help("raise `.max_file_store` of the servers, or lower `.max_bytes` of a stream"),
            );
        }
    }
}

fn held(stream: &Stream) -> String {
    format!("{} copies of {}", stream.replicas, stream.max_bytes)
}

fn lame_duck_is_long_enough(view: &View<'_>, report: &mut Report) {
    for (nats, _) in view.all::<Nats>() {
        if let Some(set) = &nats.lame_duck
            && set.value < SHORTEST_LAME_DUCK
        {
            let name = &nats.meta.name.value;
            report.push(
                Diagnostic::error(
                    Code::new("L0608"),
                    format!(
                        "{name} does not start with a lame duck time of {}",
                        set.value
                    ),
                )
                .primary(
                    set.origin.clone(),
                    format!("the server wants {SHORTEST_LAME_DUCK} or more"),
                )
                .help("write `.lame_duck(\"30s\")`, or leave it out"),
            );
        }
    }
}

fn times_agree(view: &View<'_>, report: &mut Report) {
    for (nats, _) in view.all::<Nats>() {
        for Setting {
            value: stream,
            origin,
        } in &nats.streams
        {
            let (window, age) = (stream.duplicate_window, stream.max_age);
            let refusal = if window < SHORTEST_MEMORY {
                format!(
                    "it remembers message ids for {window}; the server wants {SHORTEST_MEMORY} or more"
                )
            } else if let Some(age) = age.filter(|age| *age < SHORTEST_MEMORY) {
                format!("it keeps messages for {age}; the server wants {SHORTEST_MEMORY} or more")
            } else if let Some(age) = age.filter(|age| *age < window) {
                format!("it keeps messages for {age}, and remembers their ids for {window}")
            } else {
                continue;
            };
            report.push(
                Diagnostic::error(
                    Code::new("L0609"),
                    format!("the server refuses the times of stream {}", stream.name),
                )
                .primary(origin.clone(), refusal)
                .help("set `.duplicate_window` to at most `.max_age`, and both to 100ms or more"),
            );
        }
    }
}
