//! What the systems of hosts have room for.

use crate::check::{Check, Rule};
use crate::plan::Plan;
use crate::report::{Code, Diagnostic, Report};
use crate::target::hosts::baseline;

/// The rules of this target.
pub(super) const RULES: &[Rule] = &[Rule {
    code: NO_POOL.as_str(),
    ensures: "Ensure the engine of a host has a network for itself that nobody else is in.",
    explain: r"An engine always has a bridge with addresses of its own, also when every member is on its host's own network. A host sends
packets for these addresses into the bridge: whoever has one of them elsewhere, an operator for example, gets no answer
and is locked out, also of SSH. So the engines are given a network that overlaps neither the site's networks nor those
from which operators and others come. Of 172.17.0.0/16, 172.28.0.0/14, 192.168.0.0/16 and 10.255.0.0/16 the first that is
free is taken.

Name smaller networks: those that operators really have, instead of all private addresses.",
    source: "dockerd, `default-address-pools`; a bridge's connected route is more specific than a default route",
    check: Check::Planned(no_pool),
}];

const NO_POOL: Code = Code::new("L0910");

fn no_pool(plan: &Plan, report: &mut Report) {
    if baseline::pool(plan).is_some() {
        return;
    }
    let mut finding = Diagnostic::error(
        NO_POOL,
        "no network is left for the engines of the hosts",
    )
    .note("172.17.0.0/16, 172.28.0.0/14, 192.168.0.0/16 and 10.255.0.0/16 are all taken, in whole or in part")
    .help("name smaller networks of operators, such as `.operators(cidr!(\"10.9.0.0/24\"))`");
    let mut networks = plan.inventory.networks().iter();
    if let Some(first) = networks.next() {
        finding = finding.primary(
            first.cidr_origin.clone(),
            format!("hosts are in {}", first.cidr),
        );
    }
    for network in networks {
        finding = finding.secondary(
            network.cidr_origin.clone(),
            format!("and in {}", network.cidr),
        );
    }
    let operators: Vec<String> = plan.operators.iter().map(ToString::to_string).collect();
    if !operators.is_empty() {
        finding = finding.note(format!("operators come from {}", operators.join(", ")));
    }
    report.push(finding);
}
