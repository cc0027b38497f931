//! Whether hosts are large enough for what is on them.

use std::collections::BTreeMap;

use crate::check::{Check, Rule, View};
use crate::literal::{Name, Size};
use crate::model::{Host, HostRef};
use crate::report::{Code, Diagnostic, Origin, Report};

const MEMORY_CODE: Code = Code::new("L0501");

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

/// What the system, the engine and the page cache need of a host.
fn reserve(host: &Host) -> Size {
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
        format!("{} lacks {} of memory", host.name, rounded(lacking)),
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
            1 => format!("{group} takes {}", rounded(share.memory)),
            members => format!(
                "{members} members of {group} take {}",
                rounded(share.memory)
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
            rounded(limits),
            rounded(system)
        ))
        .help("lower a limit with `.memory(…)`, or move a component to another host")
}

/// A size for people: whole mebibytes, rounded up.
fn rounded(size: Size) -> Size {
    Size::mib(size.bytes().div_ceil(1 << 20))
}
