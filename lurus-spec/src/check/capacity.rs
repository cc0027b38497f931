//! Whether hosts are large and fast enough for what is on them. Their disks' size is judged on the plan, which has the
//! volumes.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Check, Rule, View, listed};
use crate::literal::{DiskKind, Name, Size};
use crate::model::{Host, HostRef, Setting};
use crate::report::{Code, Diagnostic, Origin, Report};

const MEMORY_CODE: Code = Code::new("L0501");
const SLOW_DISK_CODE: Code = Code::new("L0511");
const SHARED_DISK_CODE: Code = Code::new("L0514");

pub(super) const MEMORY: Rule = Rule {
    code: MEMORY_CODE.as_str(),
    ensures: "Ensure the memory limits of a host's members, and what the system itself needs, fit into its memory.",
    explain: r"A member may use its memory limit at any time: a database that fills its buffers, a store that copies itself while it
writes a snapshot. When the limits of a host's members are more than the host has, the kernel kills one of them under
load, and the one that it picks is mostly the largest: the database. The system, the engine and the page cache need
memory too: a tenth of the host, and at least 1 GiB.

Lower a limit with `.memory(…)` (and what the product does with it), move a component to another host, or write the
larger memory of the host in `spec/*.toml`.",
    source: "Linux, Documentation/mm: overcommit and the OOM killer; Kubernetes reserves memory on its nodes for the same reason",
    check: Check::Described(memory),
};

pub(super) const SLOW_DISK: Rule = Rule {
    code: SLOW_DISK_CODE.as_str(),
    ensures: "Warn of spinning disks and disks behind a network below what answers a write only when the disk has it.",
    explain: r#"etcd and PostgreSQL answer a write when their log is safe on the disk, and not before. On a spinning disk that takes ten
milliseconds and more, on one behind a network it takes what the network and its other users leave. Each transaction
waits that long. etcd's leader waits as well before it sends a heartbeat: when one write takes longer than the election
timeout of a second, the members elect another leader, and whoever keeps a lease in etcd, as Patroni's primary does, may
lose it. So a slow disk looks like a failover now and then, under load, without a cause.

Place the component on hosts with `disk_kind = "nvme"` or `"ssd"`, or correct the `disk_kind` of the host in
`spec/*.toml`. A disk of a cloud that is sold with a bounded latency may be called `ssd`, although a network lies between:
what counts is that `fsync` returns within a few milliseconds at all times."#,
    source: "etcd, hardware recommendations: disks; PostgreSQL 16, reliability and the write-ahead log; etcd metric etcd_disk_wal_fsync_duration_seconds",
    check: Check::Described(slow_disk),
};

pub(super) const SHARED_DISK: Rule = Rule {
    code: SHARED_DISK_CODE.as_str(),
    ensures: "Warn of several that wait for the writes of one disk of which nobody says how fast it is.",
    explain: r#"etcd and PostgreSQL answer a write when the disk says that it is safe (`fsync`), and a disk says so to one after the other:
while PostgreSQL writes a checkpoint, etcd waits. On a solid-state disk, which finishes thousands of them in a second,
nobody notices. On another, etcd's leader misses its heartbeats just when the database is busy, and the primary loses its
lease although it is well.

Say what the disk is, `disk_kind = "nvme"` or `"ssd"` of the host in `spec/*.toml`: then they may share it. Where it is
neither, or where you do not know, place one of them on other hosts."#,
    source: "etcd, hardware recommendations: disks, and etcd's FAQ: what does `wal fsync took too long` mean; PostgreSQL 16, checkpoints",
    check: Check::Described(shared_disk),
};

/// How many consumers a finding names.
const SHOWN: usize = 3;

/// Members of one group whose limits were set at one place.
#[derive(Clone, Copy, Debug)]
struct Share {
    members: u64,
    memory: Size,
}

fn memory(view: &View<'_>, report: &mut Report) {
    let mut hosts: BTreeMap<HostRef, BTreeMap<(&Name, &Origin), Share>> = BTreeMap::new();
    for (_, group, member) in view.members() {
        let share = hosts
            .entry(member.host)
            .or_default()
            .entry((&group.name, &member.memory_origin))
            .or_insert(Share {
                members: 0,
                memory: Size::of_bytes(0),
            });
        share.members += 1;
        share.memory = share.memory.saturating_add(member.memory);
    }
    for (handle, shares) in hosts {
        let Some(host) = view.site.host(handle) else {
            continue;
        };
        let limits = shares.values().fold(Size::of_bytes(0), |sum, share| {
            sum.saturating_add(share.memory)
        });
        let system = reserve(host);
        if limits.saturating_add(system) > host.memory {
            report.push(finding(host, limits, system, shares));
        }
    }
}

fn slow_disk(view: &View<'_>, report: &mut Report) {
    for (_, group) in view.groups().filter(|(_, group)| group.flushes) {
        let mut hosts: BTreeMap<HostRef, Slow<'_>> = BTreeMap::new();
        for member in &group.members {
            if let Some(slow) = view.site.host(member.host).and_then(Slow::of) {
                hosts.insert(member.host, slow);
            }
        }
        let slow: Vec<&Slow<'_>> = hosts.values().collect();
        let (false, Some(first)) = (slow.is_empty(), group.members.first()) else {
            continue;
        };
        let names = listed(slow.iter().map(|slow| &slow.host.name));
        let mut finding = Diagnostic::warning(
            SLOW_DISK_CODE,
            format!("{} waits for a slow disk on {names}", group.name),
        );
        for Slow { disk, why, .. } in slow.into_iter().take(SHOWN) {
            finding = finding.primary(disk.origin.clone(), *why);
        }
        report.push(
            finding
                .secondary(
                    first.origin.clone(),
                    format!("{} is placed here", group.name),
                )
                .help("place it on hosts with `disk_kind = \"nvme\"` or `\"ssd\"`"),
        );
    }
}

fn shared_disk(view: &View<'_>, report: &mut Report) {
    let mut waiting: BTreeMap<HostRef, BTreeSet<&Name>> = BTreeMap::new();
    for (_, group) in view.groups().filter(|(_, group)| group.flushes) {
        for member in &group.members {
            waiting.entry(member.host).or_default().insert(&group.name);
        }
    }
    // Hosts with the same groups are one mistake.
    let mut unknown: BTreeMap<BTreeSet<&Name>, Vec<&Host>> = BTreeMap::new();
    for (handle, groups) in waiting {
        let host = view.site.host(handle);
        let host = host.filter(|host| groups.len() > 1 && host.disk_kind.is_none());
        if let Some(host) = host {
            unknown.entry(groups).or_default().push(host);
        }
    }
    for (groups, hosts) in unknown {
        let names = listed(hosts.iter().map(|host| &host.name));
        let mut finding = Diagnostic::warning(
            SHARED_DISK_CODE,
            format!(
                "{} wait for one disk on {names}, of which nobody says how fast it is",
                listed(groups)
            ),
        );
        for host in hosts.into_iter().take(SHOWN) {
            finding = finding.primary(
                host.disk_origin.clone(),
                format!("the disk of {}, of no kind", host.name),
            );
        }
        report.push(finding.help(
            "write `disk_kind = \"nvme\"` or `\"ssd\"` where it is one, or place one of them on other hosts",
        ));
    }
}

/// A host whose disk is slow to make a write safe.
struct Slow<'a> {
    host: &'a Host,
    disk: &'a Setting<DiskKind>,
    why: &'static str,
}

impl<'a> Slow<'a> {
    fn of(host: &'a Host) -> Option<Self> {
        let disk = host.disk_kind.as_ref()?;
        let why = match disk.value {
            DiskKind::Ssd | DiskKind::Nvme => return None,
            DiskKind::Hdd => "spins: a write takes ten milliseconds and more",
            DiskKind::Network => "a write crosses a network, and waits for its other users",
        };
        Some(Self { host, disk, why })
    }
}

/// What the system, the engine and the page cache need of a host.
pub(crate) fn reserve(host: &Host) -> Size {
    Size::gib(1).max(Size::of_bytes(host.memory.bytes() / 10))
}

fn finding(
    host: &Host,
    limits: Size,
    system: Size,
    shares: BTreeMap<(&Name, &Origin), Share>,
) -> Diagnostic {
    let lacking = limits.saturating_add(system).saturating_sub(host.memory);
    let mut finding = Diagnostic::error(
        MEMORY_CODE,
        format!("{} lacks {} of memory", host.name, lacking.in_whole_mib()),
    )
    .primary(
        host.memory_origin.clone(),
        format!("{} has {}", host.name, host.memory),
    );
    let count = shares.len();
    let mut largest: Vec<_> = shares.into_iter().collect();
    // The order of names decides between equal shares.
    largest.sort_by_key(|(_, share)| std::cmp::Reverse(share.memory));
    for ((group, origin), share) in largest.into_iter().take(SHOWN) {
        let text = match share.members {
            1 => format!("{group} takes {}", share.memory.in_whole_mib()),
            members => format!(
                "{members} members of {group} take {}",
                share.memory.in_whole_mib()
            ),
        };
        finding = finding.primary(origin.clone(), text);
    }
    let rest = match count.checked_sub(SHOWN) {
        Some(1) => ", a smaller group included".to_owned(),
        Some(rest @ 2..) => format!(", {rest} smaller groups included"),
        Some(0) | None => String::new(),
    };
    finding
        .note(format!(
            "limits of members: {}{rest}; kept for the system: {}",
            limits.in_whole_mib(),
            system.in_whole_mib()
        ))
        .help("lower what is underlined, say `.memory(…)` where no limit is said, or move a component to another host")
}

#[cfg(test)]
mod tests {
    use crate::component::etcd::Etcd;
    use crate::component::nats::Nats;
    use crate::component::patroni::Patroni;
    use crate::fixture::{NODES, SIX, cluster, codes, inventory, six};
    use crate::model::{Cluster, Inventory};

    use super::*;

    /// What is found of etcd, PostgreSQL and NATS, whose servers do not wait for each write, on disks of this kind.
    fn found(kind: DiskKind) -> Vec<String> {
        let site = inventory();
        let hosts = site.hosts().iter().map(|host| host.clone().disk_kind(kind));
        let mut cluster = Cluster {
            inventory: Inventory::new(
                site.networks().into(),
                hosts.collect(),
                site.images().into(),
            ),
            ..cluster()
        };
        let etcd = cluster.add(Etcd::new("etcd").on(NODES));
        cluster.add(Patroni::new("pg").on(NODES).etcd(&etcd));
        cluster.add(Nats::new("nats").on(NODES));
        codes(&cluster)
    }

    #[test]
    fn etcd_and_postgres_wait_for_their_disk() {
        for kind in [DiskKind::Hdd, DiskKind::Network] {
            assert_eq!(found(kind), ["warning L0511"; 2], "{kind}");
        }
        for kind in [DiskKind::Ssd, DiskKind::Nvme] {
            assert!(found(kind).is_empty(), "{kind}");
        }
    }

    #[test]
    fn a_disk_of_no_kind_is_for_one_that_waits() {
        let on = |etcd: [HostRef; 3], postgres: [HostRef; 3]| {
            let mut cluster = Cluster {
                inventory: of_no_kind(&six()),
                ..cluster()
            };
            let etcd = cluster.add(Etcd::new("etcd").on(etcd));
            cluster.add(Patroni::new("pg").on(postgres).etcd(&etcd));
            cluster.add(Nats::new("nats").on(NODES));
            codes(&cluster)
        };
        let [a, b, c, d, e, f] = SIX;
        assert!(on([a, b, c], [d, e, f]).is_empty());
        assert_eq!(on([a, b, c], [c, d, e]), ["warning L0514"]);
        // One mistake on three hosts.
        assert_eq!(on([a, b, c], [a, b, c]), ["warning L0514"]);
    }

    fn of_no_kind(site: &Inventory) -> Inventory {
        let hosts = site.hosts().iter().map(|host| Host {
            disk_kind: None,
            ..host.clone()
        });
        Inventory::new(
            site.networks().into(),
            hosts.collect(),
            site.images().into(),
        )
    }
}
