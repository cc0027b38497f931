//! What one engine has room for.
//!
//! In: a plan. Out: findings about addresses, published ports and names that the engine cannot give.

use crate::check::{Check, Rule};
use crate::literal::Name;
use crate::plan::Plan;
use crate::report::{Code, Diagnostic, Report};
use crate::target::local::WHOLE;
use crate::target::local::address::addresses;

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
];

const NO_ROOM: Code = Code::new("L0901");

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
