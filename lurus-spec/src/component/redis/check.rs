//! Rules of Redis Cluster.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Check, Rule, View};
use crate::component::redis::placement::MOST_NODES;
use crate::component::redis::{BUFFERS, RedisCluster};
use crate::component::{Declaration, GroupMember};
use crate::model::{HostRef, Setting};
use crate::report::{Code, Diagnostic, Origin, Report};

/// The rules of this product, by code.
pub const RULES: &[Rule] = &[
    Rule {
        code: "L0208",
        ensures: "Ensure a Redis Cluster has three masters on hosts of their own, each with a replica elsewhere.",
        explain: "\
When a master is lost, the other masters vote for one of its replicas. So a cluster needs three masters (two of two are \
no majority once one is lost), each master needs a replica, a replica must not be lost together with its master, and no \
host may take so many masters with it that the rest is no majority. One master per host keeps that for any number of \
shards; two on one host are refused, since after one fail-over they become three.

Leave `.place` out: the compiler puts the n-th master on the n-th host and the replicas on other hosts, evenly, and in \
other zones where there are any. With three shards and one replica that needs three hosts. `.place(2, [NODE_3, NODE_1])` \
overrides it for one shard: the master's host first, then one for each replica; each shard can be placed once, and shards \
count from 1.

A cluster has up to 1000 nodes, replicas included.",
        source: "Redis Cluster specification: replica election and promotion, \"up to 1000 nodes\"; seen with 7.0: two of three masters lost at once leave cluster_state:fail for ever",
        check: Check::Described(copies_are_apart),
    },
    Rule {
        code: "L0302",
        ensures: "Ensure the port of every Redis member leaves room for its bus, 10000 above.",
        explain: "\
Members of a Redis Cluster talk to each other on a second port, 10000 above the one for clients. So a member's port is \
at most 55535. Each member has the port after the one of the member before it: with `.port(7001)` and six members they \
are 7001 to 7006, and the buses 17001 to 17006.",
        source: "Redis Cluster specification, cluster bus port; redis.conf, cluster-port",
        check: Check::Described(buses_have_ports),
    },
    Rule {
        code: "L0502",
        ensures: "Ensure the memory limit of a Redis member holds its data while the log of writes is rewritten.",
        explain: "\
`maxmemory` counts the data only. While Redis rewrites its log of writes or sends a first copy to a replica, every page \
that is written to meanwhile exists twice; the buffers to replicas are not counted either. A member whose limit is too \
low is killed in that moment, which is when the cluster is busiest.

The limit has to be `max_memory` and a half, and 64 MiB. Leave `.memory` out: that is the default. Under many writes \
twice `max_memory` is safer.",
        source: "Redis manual, persistence (copy-on-write) and redis.conf (maxmemory, client-output-buffer-limit)",
        check: Check::Described(memory_is_enough),
    },
    Rule {
        code: "L0802",
        ensures: "Ensure a Redis Cluster runs Redis 7 or later.",
        explain: "\
Members are formed with commands, and configured with options, that older releases do not know: `cluster-port`, \
`CLUSTER ADDSLOTSRANGE`, `ACL DRYRUN`. Before 7.0 a member stops at the first unknown option of its file. Name an image \
of Redis 7 in `spec/images.toml`. An image whose tag is no version is not judged.",
        source: "Redis 7.0 release notes",
        check: Check::Described(release_is_known),
    },
];

fn copies_are_apart(view: &View<'_>, report: &mut Report) {
    for (redis, declaration) in view.all::<RedisCluster>() {
        let numbers = numbers(redis);
        // A cluster of the wrong size is not worth a look at where its members are.
        if numbers.is_empty() {
            report.extend(by_hand(redis));
            report.extend(together(redis, declaration));
        }
        report.extend(numbers);
    }
}

fn finding(title: String) -> Diagnostic {
    Diagnostic::error(Code::new("L0208"), title)
}

fn numbers(redis: &RedisCluster) -> Vec<Diagnostic> {
    let name = &redis.meta.name;
    let origin =
        |set: &Option<Setting<u32>>| set.as_ref().map_or(&name.origin, |set| &set.origin).clone();
    let wish = redis.wish();
    let mut findings = Vec::new();
    if wish.shards < 3 {
        findings.push(
            finding(format!(
                "{} has {}",
                name.value,
                count(wish.shards, "master")
            ))
            .primary(
                origin(&redis.shards),
                "without one, the others are no majority",
            )
            .help("write `.shards(3)` or more"),
        );
    }
    if wish.replicas < 1 {
        findings.push(
            finding(format!("the masters of {} have no replicas", name.value))
                .primary(
                    origin(&redis.replicas),
                    "the loss of any member loses a shard",
                )
                .help("write `.replicas(1)` or more"),
        );
    }
    let nodes = u64::from(wish.shards) * (u64::from(wish.replicas) + 1);
    if nodes > u64::from(MOST_NODES) {
        findings.push(
            finding(format!("{} has {nodes} members", name.value))
                .primary(origin(&redis.shards), count(wish.shards, "shard"))
                .primary(
                    origin(&redis.replicas),
                    count(wish.replicas, "replica") + " each",
                )
                .help(format!("stay below {MOST_NODES} members")),
        );
    }
    findings
}

fn by_hand(redis: &RedisCluster) -> Vec<Diagnostic> {
    let name = &redis.meta.name.value;
    let wish = redis.wish();
    let mut findings = Vec::new();
    let mut seen: BTreeMap<u32, &Origin> = BTreeMap::new();
    for Setting { value, origin } in wish.by_hand {
        let shard = value.shard;
        if !(1..=wish.shards).contains(&shard) {
            findings.push(
                finding(format!("{name} has no shard {shard}"))
                    .primary(
                        origin.clone(),
                        format!("shards count from 1 to {}", wish.shards),
                    )
                    .help("place a shard that exists, or leave `.place` out"),
            );
        }
        let copies = u64::from(wish.replicas) + 1;
        let hosts = value.hosts.len();
        if u64::try_from(hosts).is_ok_and(|hosts| hosts > copies) {
            findings.push(
                finding(format!(
                    "shard {shard} of {name} has {copies} copies, and {hosts} hosts"
                ))
                .primary(
                    origin.clone(),
                    "the master's host, then one for each replica",
                )
                .help(format!("name at most {copies} hosts, or raise `.replicas`")),
            );
        }
        if let Some(first) = seen.insert(shard, origin) {
            findings.push(
                finding(format!("shard {shard} of {name} is placed twice"))
                    .primary(origin.clone(), "the second time")
                    .primary(first.clone(), "the first time")
                    .help("keep one of the two"),
            );
        }
    }
    findings
}

/// Hosts that carry two masters, or two copies of one shard.
fn together(redis: &RedisCluster, declaration: &Declaration) -> Vec<Diagnostic> {
    let name = &redis.meta.name.value;
    let members = declaration
        .group(name)
        .map_or(&[][..], |group| group.members.as_slice());
    let mut findings = Vec::new();
    for (host, masters) in shared(members.iter().filter(|member| member.copy_of.is_none())) {
        findings.push(
            blamed(
                finding(format!("{} masters of {name} are on {host}", masters.len())),
                &masters,
                format!("{} on {host}", both(&masters)),
            )
            .help(format!(
                "name at least {} hosts in `.on(…)`, one for each master, or ask for fewer shards",
                redis.wish().shards
            )),
        );
    }
    for (shard, master) in (1..).zip(members.iter().filter(|member| member.copy_of.is_none())) {
        let copies = members.iter().filter(|member| {
            member.name == master.name || member.copy_of.as_ref() == Some(&master.name)
        });
        for (host, copies) in shared(copies) {
            let with_master = copies[0].name == master.name;
            let text = if with_master {
                format!(
                    "{}, master of shard {shard}, and its replica {} are both on {host}",
                    master.name, copies[1].name
                )
            } else {
                format!("{} on {host}", both(&copies))
            };
            findings.push(
                blamed(
                    finding(format!("{} copies of shard {shard} of {name} are on {host}", copies.len())),
                    &copies,
                    text,
                )
                .help(if redis.wish().by_hand.is_empty() {
                    format!("name at least {} hosts in `.on(…)`, or ask for fewer replicas", redis.wish().replicas.saturating_add(1))
                } else {
                    "put each copy on a host of its own, or leave `.place` out and the compiler places them".to_owned()
                }),
            );
        }
    }
    findings
}

/// The hosts with more than one of these members.
fn shared<'a>(
    members: impl Iterator<Item = &'a GroupMember>,
) -> impl Iterator<Item = (HostRef, Vec<&'a GroupMember>)> {
    let mut by_host: BTreeMap<HostRef, Vec<&GroupMember>> = BTreeMap::new();
    for member in members {
        by_host.entry(member.host).or_default().push(member);
    }
    by_host.into_iter().filter(|(_, members)| members.len() > 1)
}

/// Labels every place that put these members where they are.
fn blamed(finding: Diagnostic, members: &[&GroupMember], text: String) -> Diagnostic {
    let origins: BTreeSet<&Origin> = members.iter().map(|member| &member.origin).collect();
    origins.into_iter().fold(finding, |finding, origin| {
        finding.primary(origin.clone(), text.clone())
    })
}

fn both(members: &[&GroupMember]) -> String {
    let names: Vec<String> = members
        .iter()
        .map(|member| member.name.to_string())
        .collect();
    format!("{} are", names.join(" and "))
}

fn count(number: u32, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

fn buses_have_ports(view: &View<'_>, report: &mut Report) {
    for (redis, declaration) in view.all::<RedisCluster>() {
        let name = &redis.meta.name.value;
        let members = declaration
            .group(name)
            .map_or(&[][..], |group| group.members.as_slice());
        let refused = members.iter().find_map(|member| {
            let port = member.ports.iter().find(|port| port.port.is_err())?;
            Some((member, port, port.port.as_ref().err()?))
        });
        if let Some((member, port, why)) = refused {
            let highest = 55_535_usize.saturating_sub(members.len()).saturating_add(1);
            report.push(
                Diagnostic::error(
                    Code::new("L0302"),
                    format!("{} has no port for its {}", member.name, port.name),
                )
                .primary(port.origin.clone(), why.clone())
                .note("the bus between members is 10000 above the port for clients")
                .help(format!(
                    "write `.port({highest})` or less: each of the {} members takes the next one",
                    members.len()
                )),
            );
        }
    }
}

fn memory_is_enough(view: &View<'_>, report: &mut Report) {
    for (redis, _) in view.all::<RedisCluster>() {
        let name = &redis.meta.name.value;
        let ((limit, origin), needed) = (redis.memory_limit(), redis.needed_memory());
        if limit >= needed {
            continue;
        }
        let data = redis.data_memory();
        let finding = Diagnostic::error(
            Code::new("L0502"),
            format!("{name} runs out of memory while it rewrites its log"),
        )
        .primary(origin.clone(), format!("each member may use {limit}"))
        .help(format!(
            "write `.memory(\"{needed}\")` or more, leave it out, or lower `.max_memory`"
        ));
        let finding = match &redis.max_memory {
            Some(set) => finding.primary(set.origin.clone(), format!("its data may take {data}")),
            None => finding.note(format!(
                "its data may take {data}, unless `.max_memory` says less"
            )),
        };
        report.push(finding.note(format!(
            "the data, half of it again while pages exist twice, and {BUFFERS} of buffers are {needed}"
        )));
    }
}

fn release_is_known(view: &View<'_>, report: &mut Report) {
    for (redis, declaration) in view.all::<RedisCluster>() {
        let name = match &redis.meta.image {
            Some(set) => Some(set.value.name()),
            None => declaration.image,
        };
        let Some(pin) = name.and_then(|name| view.site.inventory.image(name)) else {
            continue;
        };
        if pin.image.version().first().is_some_and(|major| *major < 7) {
            let at = redis
                .meta
                .image
                .as_ref()
                .map_or(&redis.meta.name.origin, |set| &set.origin);
            report.push(
                Diagnostic::error(
                    Code::new("L0802"),
                    format!("{} is older than Redis 7", pin.image),
                )
                .primary(pin.origin.clone(), "its image")
                .secondary(at.clone(), format!("{} runs it", redis.meta.name.value))
                .help("pin an image of Redis 7 or later, such as `redis:7.2.5-alpine`"),
            );
        }
    }
}
