//! Members on hosts: names, addresses, ports, and who reaches whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Check, Rule, listed};
use crate::literal::{HostName, Ip, Name, Port};
use crate::plan::check::{by_name, origin};
use crate::plan::{Flow, Member, MemberPort, Plan, Workload};
use crate::report::{Code, Diagnostic, Report};

const PLACES_CODE: Code = Code::new("L1001");
const FLOWS_CODE: Code = Code::new("L1004");

pub(super) const PLACES: Rule = Rule {
    code: PLACES_CODE.as_str(),
    ensures: "Ensure in every plan that names are given once, members have the address of their host, and a port of an address has one listener.",
    explain: r"The same is asked of the description (L0101, L0106, L0301). A plan is asked again, because what is written comes from the plan:
two members of one name would be one entry of a file, a member with another address than its host's would listen on an
address that the host does not have, and of two members on one port the second does not start.

This is a mistake in the code that lowers a component. It takes its members from `Lowering::members`, unchanged.",
    source: "the meaning of a plan: `lurus-spec/src/plan/mod.rs`",
    check: Check::Planned(places),
};

pub(super) const FLOWS: Rule = Rule {
    code: FLOWS_CODE.as_str(),
    ensures: "Ensure every flow joins members that exist, ends at a port that exists, and runs over a network that both sides are on.",
    explain: r"A flow says that members of one workload open connections to a port of another. Firewalls, access lists and the networks of a
member are computed from flows, so that a flow that leads nowhere opens nothing. A host without an address on the
network of what its member reaches has no way there: packets leave through the router, and mostly nobody answers.

Give the host an address on that network in `spec/*.toml`, or place the component on hosts that have one. A flow without
an end is a mistake in a component's code: what it declares and what it lowers differ.",
    source: "the meaning of a plan: a connection without a flow does not exist",
    check: Check::Planned(flows),
};

fn places(plan: &Plan, report: &mut Report) {
    let mut workloads: BTreeMap<&Name, Vec<&Workload>> = BTreeMap::new();
    let mut members: BTreeMap<&Name, Vec<(&Workload, &Member)>> = BTreeMap::new();
    let mut ports: BTreeMap<(Ip, Port), Vec<(&Member, &MemberPort)>> = BTreeMap::new();
    for workload in &plan.workloads {
        workloads.entry(&workload.name).or_default().push(workload);
        for member in &workload.members {
            members
                .entry(&member.name)
                .or_default()
                .push((workload, member));
            for port in &member.ports {
                ports
                    .entry((member.address, port.port))
                    .or_default()
                    .push((member, port));
            }
            report.extend(displaced(plan, member));
        }
    }
    for (name, all) in workloads.into_iter().filter(|(_, all)| all.len() > 1) {
        let mut finding = Diagnostic::error(
            PLACES_CODE,
            format!("{} workloads are called {name}", all.len()),
        );
        for workload in all {
            finding = finding.primary(origin(workload), format!("one of {}", workload.component));
        }
        report.push(finding);
    }
    for (name, all) in members.into_iter().filter(|(_, all)| all.len() > 1) {
        let mut finding = Diagnostic::error(
            PLACES_CODE,
            format!("{} members are called {name}", all.len()),
        );
        for (workload, member) in all {
            finding = finding.primary(
                member.origin.clone(),
                format!("one of {}, on {}", workload.name, member.host),
            );
        }
        report.push(finding);
    }
    if plan.own_network.is_some() {
        // Nobody else listens at the address of a host.
        ports
            .values_mut()
            .for_each(|all| all.retain(|(member, _)| member.of_host));
    }
    for ((address, port), all) in ports.into_iter().filter(|(_, all)| all.len() > 1) {
        let mut finding = Diagnostic::error(
            PLACES_CODE,
            format!("{address}:{port} has {} listeners", all.len()),
        );
        for (member, port) in all {
            finding = finding.primary(
                port.origin.clone(),
                format!("`{}` of {}", port.name, member.name),
            );
        }
        report.push(finding.help("set another port on one of them, or place it on another host"));
    }
}

/// A member that is not where its host is.
fn displaced(plan: &Plan, member: &Member) -> Option<Diagnostic> {
    let why = match plan.inventory.host_named(&member.host) {
        None => format!("{} is no host of the inventory", member.host),
        Some(host) => match host.address_on(&member.network) {
            None => format!(
                "{} has no address on network {}",
                member.host, member.network
            ),
            Some(address) if address.ip != member.address => format!(
                "the address of {} on network {} is {}",
                member.host, member.network, address.ip,
            ),
            Some(_) => return None,
        },
    };
    Some(
        Diagnostic::error(
            PLACES_CODE,
            format!("{} cannot listen on {}", member.name, member.address),
        )
        .primary(member.origin.clone(), why),
    )
}

fn flows(plan: &Plan, report: &mut Report) {
    let workloads = by_name(plan);
    for flow in &plan.flows {
        let title = |what: &str| {
            Diagnostic::error(
                FLOWS_CODE,
                format!(
                    "{} cannot reach `{}` of {}{what}",
                    flow.from, flow.port, flow.to
                ),
            )
        };
        match (workloads.get(&flow.from), workloads.get(&flow.to)) {
            (Some(from), Some(to)) => flow_between(plan, flow, from, to, report),
            (Some(from), None) => report.push(
                title("")
                    .primary(origin(from), format!("{} is placed here", flow.from))
                    .note(format!("the plan has no workload {}", flow.to)),
            ),
            (None, Some(to)) => report.push(
                title("")
                    .primary(origin(to), format!("{} is placed here", flow.to))
                    .note(format!("the plan has no workload {}", flow.from)),
            ),
            (None, None) => report.push(title(": the plan has neither")),
        }
    }
}

fn flow_between(plan: &Plan, flow: &Flow, from: &Workload, to: &Workload, report: &mut Report) {
    let error = || {
        Diagnostic::error(
            FLOWS_CODE,
            format!("{} cannot reach `{}` of {}", flow.from, flow.port, flow.to),
        )
    };
    let deaf: Vec<&Member> = to
        .members
        .iter()
        .filter(|member| member.port(&flow.port).is_none())
        .collect();
    if let Some(first) = deaf.first() {
        let names = listed(deaf.iter().map(|member| &member.name));
        report.push(error().primary(
            first.origin.clone(),
            format!("no port `{}` on {names}", flow.port),
        ));
    }
    // Who is on the same host connects without a network.
    let networks: BTreeSet<&Name> = match flow.beside {
        true => BTreeSet::new(),
        false => to.members.iter().map(|member| &member.network).collect(),
    };
    for network in networks {
        let without: BTreeSet<&HostName> = from
            .members
            .iter()
            .filter(|member| {
                // A host that does not exist is the finding about places.
                plan.inventory
                    .host_named(&member.host)
                    .is_some_and(|host| host.address_on(network).is_none())
            })
            .map(|member| &member.host)
            .collect();
        if without.is_empty() {
            continue;
        }
        report.push(
            error()
                .primary(
                    origin(from),
                    format!(
                        "{} is on {}, without an address on {network}",
                        from.name,
                        listed(&without)
                    ),
                )
                .secondary(origin(to), format!("{} listens on {network}", to.name))
                .help(format!(
                    "give {} an address on {network}, or place {} elsewhere",
                    listed(&without),
                    from.name
                )),
        );
    }
}
