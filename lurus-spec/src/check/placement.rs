//! Where members live, and whether those that vote can go on voting.

use std::collections::BTreeMap;

use crate::check::{Check, Rule, View, listed};
use crate::component::{Group, GroupMember, Quorum};
use crate::literal::Name;
use crate::model::HostRef;
use crate::report::{Code, Diagnostic, Origin, Report};

const QUORUM_SIZE_CODE: Code = Code::new("L0201");
const QUORUM_SPREAD_CODE: Code = Code::new("L0202");
const PLACED_CODE: Code = Code::new("L0203");

pub(super) const QUORUM_SIZE: Rule = Rule {
    code: QUORUM_SIZE_CODE.as_str(),
    ensures: "Ensure a quorum has 3, 5 or 7 members; one is enough for a cluster for development.",
    explain: r"Members that vote go on while a majority of them is alive. A majority of 3 is 2, of 4 it is 3: the fourth member is one more
that can fail, and no failure more is survived. Two members are worse than one, because both must be alive. Beyond
seven, every write waits for a majority of many disks, and nothing is gained.

Place the component on 3 hosts (one may be lost), on 5 (two) or on 7 (three). A single member loses everything with its
host; say `.development()` on a cluster where that is meant.",
    source: "etcd, FAQ: why an odd number of members, and what is the maximum; Raft (Ongaro 2014)",
    check: Check::Described(quorum_size),
};

pub(super) const QUORUM_SPREAD: Rule = Rule {
    code: QUORUM_SPREAD_CODE.as_str(),
    ensures: "Ensure members of a quorum live on different hosts, and warn where one zone holds their majority.",
    explain: r"Two voters on one host are lost together, so that three members may survive no loss at all. The same holds for a zone, when
hosts say in which one they are: with a majority of the members in one zone, the loss of that zone stops the rest as
well. Where a site has two zones, one of them always holds a majority; a third one, if only for one small host, helps.

Name a different host for every member, and hosts of three zones where there are three.",
    source: "etcd, FAQ: failure tolerance; Raft (Ongaro 2014)",
    check: Check::Described(quorum_spread),
};

pub(super) const PLACED: Rule = Rule {
    code: PLACED_CODE.as_str(),
    ensures: "Ensure every component is on a host.",
    explain: r"A component that is on no host has no members: nothing would be written for it, and what needs it would find nothing there.

Say which hosts carry it, in order, with `.on([hosts::NODE_1, hosts::NODE_2, hosts::NODE_3])`. The n-th member lives on
the n-th host, so that adding a host at the end moves no other member.",
    source: "the meaning of a workload in a plan: each member lives on exactly one host",
    check: Check::Described(placed),
};

fn voters<'v>(view: &'v View<'_>) -> impl Iterator<Item = (&'v Group, Quorum)> {
    view.groups()
        .filter_map(|(_, group)| group.quorum.map(|quorum| (group, quorum)))
}

fn quorum_size(view: &View<'_>, report: &mut Report) {
    for (group, quorum) in voters(view) {
        let count = group.members.len();
        // A component without members is reported by its own rule.
        let Some(first) = group.members.first() else {
            continue;
        };
        let why = match count {
            3 | 5 | 7 => continue,
            1 if view.cluster.development => continue,
            1 => "the loss of one host loses it".to_owned(),
            2 => "both must be alive".to_owned(),
            4 | 6 => format!(
                "a majority is {}, so one more of them survives no loss more",
                count / 2 + 1
            ),
            _ => "every write waits for a majority of them".to_owned(),
        };
        let members = if count == 1 { "member" } else { "members" };
        let finding = Diagnostic::error(
            QUORUM_SIZE_CODE,
            format!(
                "{} has {count} {members}, and {} wants 3, 5 or 7",
                group.name, quorum.of
            ),
        )
        .primary(first.origin.clone(), why);
        report.push(if count == 1 {
            finding.help("place it on 3 hosts, or say `.development()` on the cluster")
        } else {
            finding.help("place it on 3, 5 or 7 hosts")
        });
    }
}

fn quorum_spread(view: &View<'_>, report: &mut Report) {
    for (group, quorum) in voters(view) {
        let mut hosts: BTreeMap<HostRef, Vec<&GroupMember>> = BTreeMap::new();
        let mut zones: BTreeMap<&Name, Vec<&GroupMember>> = BTreeMap::new();
        for member in &group.members {
            hosts.entry(member.host).or_default().push(member);
            if let Some(zone) = view
                .site
                .host(member.host)
                .and_then(|host| host.zone.as_ref())
            {
                zones.entry(zone).or_default().push(member);
            }
        }
        let majority = group.members.len() / 2 + 1;
        let stops = |lost: usize| group.members.len() - lost < majority;
        let mut is_spread = true;
        for (host, members) in hosts.iter().filter(|(_, members)| members.len() > 1) {
            is_spread = false;
            let names = listed(members.iter().map(|member| &member.name));
            let finding = share(
                Diagnostic::error(
                    QUORUM_SPREAD_CODE,
                    format!("{names} are on one host, {host}"),
                ),
                members,
            );
            let finding = if stops(members.len()) {
                finding.note(format!(
                    "losing {host} leaves {} of {} members: {} has no majority",
                    group.members.len() - members.len(),
                    group.members.len(),
                    quorum.of,
                ))
            } else {
                finding.note(format!(
                    "{} loses {} members at once with {host}",
                    quorum.of,
                    members.len()
                ))
            };
            report.push(finding.help("name a different host for each member"));
        }
        // Where members share a host, are too few, or have no other zone, a word about zones helps nobody.
        let several_zones = view
            .site
            .inventory
            .hosts()
            .iter()
            .filter_map(|host| host.zone.as_ref())
            .any(|zone| zones.keys().next().is_some_and(|first| *first != zone));
        if !is_spread || !several_zones || group.members.len() < 3 {
            continue;
        }
        for (zone, members) in zones.iter().filter(|(_, members)| stops(members.len())) {
            report.push(
                share(
                    Diagnostic::warning(
                        QUORUM_SPREAD_CODE,
                        format!("losing zone {zone} stops {}", group.name),
                    ),
                    members,
                )
                .note(format!(
                    "zone {zone} holds {} of {} members, and {} wants {majority} of them alive",
                    members.len(),
                    group.members.len(),
                    quorum.of,
                ))
                .help("place the members in three zones"),
            );
        }
    }
}

/// Labels the places of members that share something; members that were placed together have one label.
fn share(mut finding: Diagnostic, members: &[&GroupMember]) -> Diagnostic {
    let mut places: BTreeMap<&Origin, Vec<&Name>> = BTreeMap::new();
    for member in members {
        places.entry(&member.origin).or_default().push(&member.name);
    }
    for (origin, names) in places {
        finding = finding.primary(origin.clone(), format!("{} placed here", listed(names)));
    }
    finding
}

fn placed(view: &View<'_>, report: &mut Report) {
    for (component, declaration) in &view.declared {
        if declaration
            .groups
            .iter()
            .all(|group| !group.members.is_empty())
        {
            continue;
        }
        let meta = component.meta();
        let name = &meta.name.value;
        let finding = Diagnostic::error(PLACED_CODE, format!("{name} is on no host"));
        report.push(
            match &meta.on {
                Some(on) => finding.primary(on.origin.clone(), "names no host"),
                None => finding.primary(meta.name.origin.clone(), "has no `.on(…)`"),
            }
            .help("say which hosts carry it: `.on([hosts::NODE_1, hosts::NODE_2, hosts::NODE_3])`"),
        );
    }
}
