//! What one engine has room for.
//!
//! In: a plan. Out: findings about addresses, published ports and names that the engine cannot give.

use std::collections::BTreeMap;

use crate::check::{Check, Rule};
use crate::literal::Name;
use crate::plan::Plan;
use crate::report::{Code, Diagnostic, Report};
use crate::target::Target as _;
use crate::target::local::address::addresses;
use crate::target::local::{Local, WHOLE};

/// The rules of this target.
pub(super) const RULES: &[Rule] = &[
    Rule {
    code: NO_ROOM.as_str(),
    ensures: "Ensure one engine has an address, a free port and a file name for everything that runs on it.",
    explain: "\
On `local` every member of the cluster runs on one machine. A member that needs an address that survives a
re-creation gets one from the upper half of its network, since the engine gives those of the lower half to the
others. A port that several members publish is published in steps of 100: 6379, 6479, 6579, up to 65535. Each
stack is a file `docker-compose.<stack>.yml`, and `docker-compose.distributed.yml` includes them all.

Give a network that is too small a shorter prefix, choose a lower port, or give the stack another name.",
    source: "target/local: the address pool of a Compose network (`ipam`, `ip_range`); the port numbers of TCP, RFC 9293",
    check: Check::Planned(room),
    },
    Rule {
        code: CANNOT_GIVE.as_str(),
        ensures: "Ensure what one engine cannot give is left out there on purpose.",
        explain: "\
On `local` everything runs in containers of one engine, which is nobody's host to set up. A program that belongs to a host, such
as the one that moves an address from a host to another, has nothing to do there, and the cluster behaves as if it was
absent. That is said in the description, so that nobody takes a run on `local` for a proof of what was not there.

Say `.omit_on(\"local\")` on the component: it is written for the other targets only.",
        source: "the meaning of the target: one engine, and no host of its own",
        check: Check::Planned(cannot_give),
    },
];

const NO_ROOM: Code = Code::new("L0901");
const CANNOT_GIVE: Code = Code::new("L0902");

fn room(plan: &Plan, report: &mut Report) {
    let addresses = addresses(plan);
    let origin = |name: &Name| plan.member(name).map(|(_, member)| member.origin.clone());
    for name in &addresses.without_address {
        if let Some(origin) = origin(name) {
            report.push(
                Diagnostic::error(
                    NO_ROOM,
                    format!("{name} gets no fixed address on one engine"),
                )
                .primary(origin, "needs an address that survives a re-creation")
                .note("on `local`, the upper half of a network is for fixed addresses")
                .help("give the network a shorter prefix"),
            );
        }
    }
    for (name, port) in &addresses.without_port {
        if let Some(origin) = origin(name) {
            report.push(
                Diagnostic::error(NO_ROOM, format!("{name} cannot publish its port {port}"))
                    .primary(origin, "no free port up to 65535 in steps of 100")
                    .help("choose a lower port"),
            );
        }
    }
    for workload in plan
        .workloads
        .iter()
        .filter(|workload| workload.stack.as_str() == WHOLE)
    {
        for member in workload.members.iter().take(1) {
            report.push(
                Diagnostic::error(NO_ROOM, format!("a stack cannot be called `{WHOLE}`"))
                    .primary(member.origin.clone(), format!("{} is in it", workload.component))
                    .help(format!("`docker-compose.{WHOLE}.yml` is the file that includes every stack: choose another name")),
            );
        }
    }
}

fn cannot_give(plan: &Plan, report: &mut Report) {
    let target = Local.name();
    let mut components = BTreeMap::new();
    for service in &plan.host_services {
        let left_out = service
            .left_out_on
            .iter()
            .any(|(on, _)| on.as_str() == target);
        if !left_out {
            components.entry(&service.component).or_insert(service);
        }
    }
    for (component, service) in components {
        report.push(
            Diagnostic::error(CANNOT_GIVE, format!("`{target}` cannot give {component}"))
                .primary(
                    service.member.origin.clone(),
                    format!("{} is a program of the host itself", service.unit),
                )
                .help(format!("say `.omit_on(\"{target}\")` on {component}")),
        );
    }
}
