//! Whether the disks of hosts hold what their members may write.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::check::{Check, Rule};
use crate::literal::{HostName, Size};
use crate::model::Host;
use crate::plan::{LOG_FILE, LOG_FILES, Member, Plan, Volume, Workload};
use crate::report::{Code, Diagnostic, Report};

const DISK_CODE: Code = Code::new("L0510");

pub(super) const DISK: Rule = Rule {
    code: DISK_CODE.as_str(),
    ensures: "Ensure the volumes of a host's members and their logs fit into its disk, with 15 % to spare.",
    explain: r#"A volume has a size, up to which its program may fill it: a log of writes that is rewritten beside the old one, segments
that wait for a replica, metrics of the time that they are kept. Nothing holds a program to that size on most hosts: when
the volumes together are more than the disk, the disk is full one day. Then every program on the host fails to write at
once, databases stop, and what would make room has none to work in. What members print is kept as well: five files of
50 MB each. Images, the system and its journal need the rest; most file systems are slow when they are nearly full, and an
alert at 85 % leaves time to act.

Write the larger disk of the host in `spec/*.toml`, lower what makes the largest volume so large (retention, memory of a
store, size of streams), or move a component to another host."#,
    source: "the disk budget of a node; ext4 reserves 5 % for root, and slows down when it is nearly full",
    check: Check::Planned(disk),
};

/// Of a hundred parts of a disk, how many volumes and logs may fill.
const USABLE: u64 = 85;
/// How many volumes a finding names.
const SHOWN: usize = 3;

/// What the members of a host may write.
#[derive(Default)]
struct Kept<'a> {
    volumes: Vec<(&'a Member, &'a Volume)>,
    members: u32,
}

fn disk(plan: &Plan, report: &mut Report) {
    let mut hosts: BTreeMap<&HostName, Kept<'_>> = BTreeMap::new();
    for workload in &plan.workloads {
        for member in &workload.members {
            let kept = hosts.entry(&member.host).or_default();
            kept.members += 1;
            let volumes = workload.volumes.iter().map(|volume| (member, volume));
            kept.volumes.extend(volumes);
        }
    }
    for (name, kept) in hosts {
        if let Some(host) = plan.inventory.host_named(name) {
            report.extend(overfull(host, kept));
        }
    }
}

fn overfull(
    host: &Host,
    Kept {
        mut volumes,
        members,
    }: Kept<'_>,
) -> Option<Diagnostic> {
    let stored = volumes.iter().fold(Size::of_bytes(0), |sum, (_, volume)| {
        sum.saturating_add(volume.size)
    });
    let logs = LOG_FILE.saturating_mul(u64::from(LOG_FILES) * u64::from(members));
    let needed = stored.saturating_add(logs);
    let usable = part(host.disk, USABLE, 100);
    if needed <= usable {
        return None;
    }
    let Host { name, disk, .. } = host;
    let lacking = needed.saturating_sub(usable).in_whole_mib();
    let mut finding = Diagnostic::error(DISK_CODE, format!("{name} lacks {lacking} of disk"))
        .primary(
            host.disk_origin.clone(),
            format!("of {disk}, {} may be used", usable.in_whole_mib()),
        );
    // The order of names decides between equal volumes.
    volumes.sort_by_key(|(member, volume)| (Reverse(volume.size), &member.name, volume.name));
    for (member, volume) in volumes.iter().take(SHOWN) {
        let text = format!(
            "{} may hold {}",
            Workload::volume(member, volume),
            volume.size.in_whole_mib()
        );
        finding = finding.primary(member.origin.clone(), text);
    }
    let rest = match volumes.len().checked_sub(SHOWN) {
        Some(1) => ", a smaller volume included".to_owned(),
        Some(rest @ 2..) => format!(", {rest} smaller volumes included"),
        Some(0) | None => String::new(),
    };
    Some(
        finding
            .note(format!(
                "volumes: {}{rest}; logs of members: {}; {} % of a disk is kept free",
                stored.in_whole_mib(),
                logs.in_whole_mib(),
                100 - USABLE,
            ))
            .help(format!(
                "give {name} a `disk` of {}, lower what a volume may hold, or move a component to another host",
                Size::gib(part(needed, 100, USABLE).bytes() / (1 << 30) + 1),
            )),
    )
}

/// So many parts of a size, of so many that it has; rounded down.
fn part(size: Size, parts: u64, of: u64) -> Size {
    let bytes = u128::from(size.bytes()) * u128::from(parts) / u128::from(of);
    Size::of_bytes(u64::try_from(bytes).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use crate::component::etcd::Etcd;
    use crate::fixture::{NODES, cluster, plan};
    use crate::plan::check::check;

    use super::*;

    /// The codes of a plan with three members, each with a volume of 10 GiB and its logs, on disks of this size.
    fn found(disk: Size) -> Vec<&'static str> {
        let mut cluster = cluster();
        cluster.add(Etcd::new("etcd").on(NODES));
        let mut plan = plan(&cluster, "local");
        plan.workloads[0].volumes[0].size = Size::gib(10);
        let hosts = plan.inventory.hosts().iter().map(|host| Host {
            disk,
            ..host.clone()
        });
        plan.inventory = crate::model::Inventory::new(
            plan.inventory.networks().into(),
            hosts.collect(),
            Vec::new(),
        );
        check(&plan)
            .into_iter()
            .map(|finding| finding.code.unwrap().as_str())
            .collect()
    }

    #[test]
    fn a_disk_is_full_at_85_of_100_parts() {
        // 10 GiB and 250 MB are 85 parts of this, rounded up to a byte that is one of 85.
        let enough = (Size::gib(10).bytes() + 250_000_000) * 100 / 85 + 1;
        assert!(found(Size::of_bytes(enough)).is_empty());
        assert_eq!(found(Size::of_bytes(enough - 2)), ["L0510"; 3]);
    }

    #[test]
    fn no_size_overflows() {
        assert!(found(Size::of_bytes(u64::MAX)).is_empty());
        assert_eq!(found(Size::of_bytes(0)), ["L0510"; 3]);
    }
}
