//! Whether the members of a host want one and the same of its kernel.

use std::collections::BTreeMap;

use crate::check::{Check, Rule};
use crate::literal::HostName;
use crate::plan::check::origin;
use crate::plan::{KernelSetting, Plan, Workload};
use crate::report::{Code, Diagnostic, Report};

const KERNEL_CODE: Code = Code::new("L1010");

pub(super) const KERNEL: Rule = Rule {
    code: KERNEL_CODE.as_str(),
    ensures: "Ensure what the members of a host want of its kernel does not contradict itself.",
    explain: r"Members on the network of their host share its kernel: where one wants `net.ipv4.ip_unprivileged_port_start` to be 80 and
another 443, the line that stands last in the host's file holds, and the program that wanted the other one does not
start.

Put the two on different hosts, or on ports for which one value is enough.",
    source: "sysctl.d(5): of two lines for one key, the last one holds",
    check: Check::Planned(kernel),
};

fn kernel(plan: &Plan, report: &mut Report) {
    let mut wanted: BTreeMap<(&HostName, &str), (&Workload, &KernelSetting)> = BTreeMap::new();
    for workload in &plan.workloads {
        for (member, setting) in workload
            .members
            .iter()
            .flat_map(|member| workload.kernel.iter().map(move |setting| (member, setting)))
        {
            let (first, other) = *wanted
                .entry((&member.host, setting.key))
                .or_insert((workload, setting));
            if other.value == setting.value {
                continue;
            }
            report.push(
                Diagnostic::error(
                    KERNEL_CODE,
                    format!(
                        "{} of host {} cannot have two values",
                        setting.key, member.host
                    ),
                )
                .primary(
                    origin(workload),
                    format!("{} wants it to be {}", workload.name, setting.value),
                )
                .secondary(
                    origin(first),
                    format!("{} wants it to be {}", first.name, other.value),
                )
                .help("put them on different hosts, or let both want the same"),
            );
        }
    }
}
