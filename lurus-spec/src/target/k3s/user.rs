//! As whom pods run.
//!
//! In: a plan. Out: findings about members of which nobody says it by number.

use crate::check::{Check, Rule};
use crate::plan::Plan;
use crate::report::{Code, Diagnostic, Report};
use crate::target::k3s::check::origin;
use crate::target::k3s::pod::identity;

const CODE: Code = Code::new("L0909");

pub(super) const KNOWN: Rule = Rule {
    code: CODE.as_str(),
    ensures: "Ensure a pod of K3S runs as a user whose number is known before it starts.",
    explain: "\
No pod may run as root. Where nothing says as whom a program runs, its image does, and Kubernetes reads no more of that than the
name: an image that names no user runs as root, and one that names it by a word, such as `USER app`, might. Neither is ever
started: the pod stays at `CreateContainerConfigError`, with \"container has runAsNonRoot and image has non-numeric user\". The
same image runs under Docker without a word, so that nobody knows before.

Say the number, and let the image's program run as it: what it reads is readable to all, what it writes is a volume, `/tmp` or
what `.writes(…)` names. Where the image does name a number, say the same one. A number above 10,000 is nobody's on a host.

    Service::new(\"api\", images::API).user(10001)",
    source: "Kubernetes: `runAsNonRoot`, Pod Security Standards (`restricted`); `verifyRunAsNonRoot` of the kubelet",
    check: Check::Planned(known),
};

fn known(plan: &Plan, report: &mut Report) {
    for workload in &plan.workloads {
        // A user without a number is refused for that.
        if workload.user.is_some() || identity(workload).is_some() {
            continue;
        }
        let Some(origin) = origin(workload) else {
            continue;
        };
        report.push(
            Diagnostic::warning(
                CODE,
                format!("nobody says by number as whom {} runs", workload.name),
            )
            .primary(origin, format!("{} decides", workload.image))
            .note("unless the image names a number that is not root's, no pod of it ever starts")
            .help(
                "say it, such as `.user(10001)` of a service, or `unprivileged` in the workload of a component of your own",
            ),
        );
    }
}
