//! Rules of Patroni, for every component whose members it keeps.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::check::{Check, Rule, View};
use crate::component::citus::{CITUS, Citus};
use crate::component::etcd::Etcd;
use crate::component::patroni::access;
use crate::component::patroni::lower::{VERSION, base};
use crate::component::patroni::{Base, POSTGRES, Patroni, Servers};
use crate::component::postgres::MEMORY;
use crate::component::{Declaration, Group};
use crate::literal::{Duration, Name};
use crate::model::{HostRef, Setting, Settings as _};
use crate::report::{Code, Diagnostic, Origin, Report};

const MEMBERS_CODE: Code = Code::new("L0205");
const STORE_CODE: Code = Code::new("L0408");
const TIMING_CODE: Code = Code::new("L0601");
const STORE_TIMING_CODE: Code = Code::new("L0603");
const VERSIONS_CODE: Code = Code::new("L0801");

/// The rules of this product, by code.
pub const RULES: &[Rule] = &[
    Rule {
        code: MEMBERS_CODE.as_str(),
        ensures: "Ensure members of PostgreSQL are on different hosts, and enough of them to replace the primary.",
        explain: r"A primary is replaced by another member on another host. One member alone is never replaced; two members on one host are
lost together. A cluster for development may have one member.

With `.synchronous_strict(true)`, writes stop while no second member confirms them. With two members, the loss of
either stops all writes, so that they survive less than one alone: use three, or leave `synchronous_strict` out.",
        source: "Patroni 3.2, replication modes; domain rule of the guide: PostgreSQL, two members at least",
        check: Check::Described(members),
    },
    Rule {
        code: STORE_CODE.as_str(),
        ensures: "Ensure Patroni has a store in which its members elect their primary.",
        explain: r"Members of PostgreSQL do not vote among themselves: the primary is whoever holds a key in a store that itself needs a
majority. Without one, Patroni does not start. Describe an etcd cluster, and give Patroni the reference:

    let etcd = cluster.add(Etcd::new(…));
    cluster.add(Patroni::new(…).etcd(&etcd));",
        source: "Patroni 3.2, patroni/dcs: a configuration without a store is refused",
        check: Check::Described(store),
    },
    Rule {
        code: TIMING_CODE.as_str(),
        ensures: "Ensure the lock of the primary lasts longer than it takes to renew it.",
        explain: r"The primary holds a lock that ends after `ttl`. Every `loop_wait` it looks at the cluster and renews the lock; when the
store does not answer, it tries for `retry_timeout`, twice in a loop. If `loop_wait + 2 × retry_timeout` is more than
`ttl`, a healthy primary that meets one slow answer loses its lock and stops taking writes.

Patroni takes whole seconds, and at least 20 for `ttl`, 1 for `loop_wait` and 3 for `retry_timeout`; it silently corrects
what does not fit. A shorter `ttl` replaces a lost primary sooner: 30/10/10 took 23 to 27 s, 20/5/5 took 19 to 20 s.",
        source: "Patroni 3.2, dynamic configuration; patroni/config.py and patroni/validator.py of v3.2.0; measured",
        check: Check::Described(timing),
    },
    Rule {
        code: STORE_TIMING_CODE.as_str(),
        ensures: "Ensure Patroni tries longer than its store takes to elect a leader.",
        explain: r"When the leader of etcd is lost, nobody can write to it until another is elected, after about `election_timeout`. A
Patroni that gives up sooner (`retry_timeout`) takes its primary's writes away for an election that ends by itself.

Raise `retry_timeout` (and `ttl` with it), or lower `election_timeout` of etcd.",
        source: "Patroni 3.2, dynamic configuration: retry_timeout; etcd, Tuning",
        check: Check::Described(store_timing),
    },
    access::ACCESS,
    Rule {
        code: VERSIONS_CODE.as_str(),
        ensures: "Ensure the image of Patroni is built of versions for which its configuration is written.",
        explain: r"No registry offers an image of Patroni, so a recipe is generated beside the files. It builds on the image that the
inventory calls `postgres`, whose major version decides where programs lie and which settings exist: 15 and 16 are
known, older ones lack `wal_compression: lz4`, and an existing data directory of one is refused by another. That of Citus
builds on the image called `citus-base`, which has to be Citus 12.1, with PostgreSQL 16. And it
installs one version of Patroni, so that the tag of the image that the inventory calls `patroni` (or `citus`) has to say
the same: otherwise a tag names a version that is not in the image.

A component that names its own image with `.image(…)` is left alone.",
        source: "PostgreSQL 15 release notes; Patroni release notes of 3.0 and 4.0",
        check: Check::Described(versions),
    },
    MEMORY,
];

/// A component whose members Patroni keeps.
pub(in crate::component) struct Kept<'v> {
    /// As if it had one group only.
    pub(in crate::component) patroni: Cow<'v, Patroni>,
    base: &'static Base,
    declaration: &'v Declaration,
    /// The groups that each elect a primary.
    groups: &'v [Group],
}

pub(in crate::component) fn kept<'v>(view: &'v View<'_>) -> impl Iterator<Item = Kept<'v>> {
    let alone = view.all::<Patroni>().map(|(patroni, declaration)| Kept {
        patroni: Cow::Borrowed(patroni),
        base: &POSTGRES,
        declaration,
        groups: &declaration.groups[..1],
    });
    let shared = view.all::<Citus>().map(|(citus, declaration)| Kept {
        patroni: Cow::Owned(citus.patroni()),
        base: &CITUS,
        declaration,
        groups: citus.servers_of(declaration),
    });
    alone.chain(shared)
}

fn members(view: &View<'_>, report: &mut Report) {
    for kept in kept(view) {
        for group in kept.groups {
            members_of(view, &kept.patroni, group, report);
        }
    }
}

fn members_of(view: &View<'_>, patroni: &Patroni, group: &Group, report: &mut Report) {
    let (name, placed) = (&group.name, &group.members);
    let Some(first) = placed.first() else {
        // That a component is nowhere is a rule about every component.
        return;
    };
    let mut hosts: BTreeMap<HostRef, Vec<String>> = BTreeMap::new();
    for member in placed {
        hosts
            .entry(member.host)
            .or_default()
            .push(member.name.to_string());
    }
    for (host, together) in hosts.iter().filter(|(_, together)| together.len() > 1) {
        report.push(
            Diagnostic::error(
                MEMBERS_CODE,
                format!(
                    "{} of {name} are all on host {host}",
                    together.join(" and ")
                ),
            )
            .primary(first.origin.clone(), "the loss of one host loses several")
            .help("name a different host for every member"),
        );
    }
    if placed.len() == 1 && !view.site.development {
        report.push(
            Diagnostic::error(
                MEMBERS_CODE,
                format!("{name} has one member, and nothing replaces it"),
            )
            .primary(first.origin.clone(), "one host only")
            .help("place it on 2 hosts or more, or say `.development()` on the cluster"),
        );
    }
    if let Some(strict) = patroni.synchronous_strict.as_ref().filter(|set| set.value)
        && placed.len() < 3
    {
        report.push(
            Diagnostic::error(
                MEMBERS_CODE,
                format!(
                    "losing any member of {name} stops its writes: it is strict, and has {}",
                    placed.len()
                ),
            )
            .primary(strict.origin.clone(), "writes wait for a second member")
            .secondary(first.origin.clone(), "its members")
            .help("place it on 3 hosts, or leave `.synchronous_strict(true)` out"),
        );
    }
}

fn store(view: &View<'_>, report: &mut Report) {
    for Kept { patroni, .. } in kept(view) {
        if patroni.etcd.is_none() {
            let name = &patroni.meta.name;
            report.push(
                Diagnostic::error(
                    STORE_CODE,
                    format!("{} has no store in which it elects its primary", name.value),
                )
                .primary(name.origin.clone(), "needs an etcd cluster")
                .help(
                    "add `.etcd(&etcd)`, where `etcd` is what `cluster.add(Etcd::new(…))` returned",
                ),
            );
        }
    }
}

fn timing(view: &View<'_>, report: &mut Report) {
    for Kept { patroni, .. } in kept(view) {
        let name = &patroni.meta.name.value;
        let (ttl, wait, retry) = (
            patroni.ttl_time(),
            patroni.loop_time(),
            patroni.retry_time(),
        );
        let options: [(&str, Option<&Setting<Duration>>, Duration, u64); 3] = [
            ("ttl", patroni.ttl.as_ref(), ttl, 20),
            ("loop_wait", patroni.loop_wait.as_ref(), wait, 1),
            ("retry_timeout", patroni.retry_timeout.as_ref(), retry, 3),
        ];
        let mut fits = true;
        for (option, set, time, least) in options {
            let why = if !time.as_millis().is_multiple_of(1000) {
                "Patroni takes whole seconds".to_owned()
            } else if time < Duration::secs(least) {
                format!("at least {least}s")
            } else {
                continue;
            };
            fits = false;
            let mended = time.as_millis().div_ceil(1000).max(least);
            report.push(
                Diagnostic::error(TIMING_CODE, format!("{option} of {name} cannot be {time}"))
                    .primary(patroni.meta.blame(set), why)
                    .help(format!("write `.{option}(\"{mended}s\")`")),
            );
        }
        let needed = wait
            .as_secs()
            .saturating_add(retry.as_secs().saturating_mul(2));
        if fits && needed > ttl.as_secs() {
            let finding = Diagnostic::error(
                TIMING_CODE,
                format!("the primary of {name} may lose its lock before it can renew it"),
            );
            let said = options
                .iter()
                .filter_map(|(option, set, time, _)| Some((option, (*set)?, time)));
            let finding = said.fold(finding, |finding, (option, set, time)| {
                finding.primary(set.origin.clone(), format!("{option} is {time}"))
            });
            let left = ttl.as_secs().saturating_sub(wait.as_secs()) / 2;
            let finding = finding.note(format!(
                "loop_wait {}s + 2 × retry_timeout {}s = {needed}s, and ttl is {}s",
                wait.as_secs(),
                retry.as_secs(),
                ttl.as_secs()
            ));
            report.push(if left >= 3 {
                finding.help(format!(
                    "write `.ttl(\"{needed}s\")`, or `.retry_timeout(\"{left}s\")`"
                ))
            } else {
                finding.help(format!("write `.ttl(\"{needed}s\")`"))
            });
        }
    }
}

fn store_timing(view: &View<'_>, report: &mut Report) {
    let stores: BTreeMap<&Name, &Etcd> = view
        .all::<Etcd>()
        .map(|(etcd, _)| (&etcd.meta().name.value, etcd))
        .collect();
    for Kept { patroni, .. } in kept(view) {
        let store = patroni.etcd.as_ref();
        // That what it needs is in the cluster is a rule about every need.
        let Some(etcd) = store.and_then(|store| stores.get(store.value.name())) else {
            continue;
        };
        let (retry, election) = (patroni.retry_time(), etcd.election());
        if retry > election {
            continue;
        }
        report.push(
            Diagnostic::error(
                STORE_TIMING_CODE,
                format!(
                    "{} gives up before {} has elected a leader",
                    patroni.meta.name.value,
                    etcd.meta().name.value
                ),
            )
            .primary(
                patroni.meta.blame(patroni.retry_timeout.as_ref()),
                format!("tries for {retry}"),
            )
            .primary(etcd.election_origin(), format!("elects after {election}"))
            .help(format!(
                "write `.retry_timeout(\"{}s\")` on {}, or a shorter `election_timeout` on {}",
                (election.as_secs() + 1).max(3),
                patroni.meta.name.value,
                etcd.meta().name.value
            )),
        );
    }
}

fn versions(view: &View<'_>, report: &mut Report) {
    for kept in kept(view) {
        let Kept {
            patroni,
            base: ground,
            declaration,
            ..
        } = &kept;
        let meta = &patroni.meta;
        if meta.image.is_some() {
            continue;
        }
        let name = &meta.name.value;
        let servers = Servers {
            base: ground,
            ..patroni.servers()
        };
        let Base {
            image: below,
            server,
            known,
            example,
            ..
        } = ground;
        match base(&servers, &view.site) {
            None => report.push(
                Diagnostic::error(
                    VERSIONS_CODE,
                    format!("the image of {name} has nothing to build on"),
                )
                .primary(
                    meta.name.origin.clone(),
                    format!("is built on the image of {server}"),
                )
                .help(format!(
                    "add `{below} = \"{example}\"` to `[images]` in spec/images.toml"
                )),
            ),
            Some(image) if (ground.major)(&image.version()).is_none() => report.push(
                Diagnostic::error(
                    VERSIONS_CODE,
                    format!("{name} runs on {known}, not on {image}"),
                )
                .primary(
                    pinned(view, below, meta.name.origin.clone()),
                    "this version",
                )
                .secondary(meta.name.origin.clone(), "is built on it")
                .help(format!("write one such as `{example}`")),
            ),
            Some(_) => {}
        }
        let tag = declaration
            .image
            .and_then(|image| view.site.inventory.image(image));
        let installed: Vec<u64> = VERSION.split('.').filter_map(|n| n.parse().ok()).collect();
        if let Some(pin) = tag.filter(|pin| !pin.image.version().starts_with(&installed)) {
            report.push(
                Diagnostic::error(
                    VERSIONS_CODE,
                    format!(
                        "the image of {name} is tagged {}, and has Patroni {VERSION} in it",
                        pin.image.tag()
                    ),
                )
                .primary(pin.origin.clone(), "this tag")
                .secondary(meta.name.origin.clone(), "is built by a generated recipe")
                .help(format!("write a tag that begins with `{VERSION}`")),
            );
        }
    }
}

fn pinned(view: &View<'_>, image: &str, otherwise: Origin) -> Origin {
    view.site
        .inventory
        .image(image)
        .map_or(otherwise, |pin| pin.origin.clone())
}
