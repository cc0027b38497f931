//! What an operator types to do something to one member.
//!
//! In: a member, and what to do. Out: a command line, with the name by which its pod is found.

use crate::plan::{Act, Kind, Member, Plan, Workload};
use crate::target::k3s::address::{namespace_of, pod};
use crate::target::k3s::controller::{Part, parts};
use crate::target::k3s::pod::HOST_FIELD;
use crate::target::shell;

/// The command, or `None` where Kubernetes has no such thing.
pub(super) fn command(
    plan: &Plan,
    workload: &Workload,
    member: &Member,
    act: &Act,
) -> Option<String> {
    let namespace = namespace_of(&plan.cluster, workload);
    let kubectl = ["kubectl", "-n", &namespace];
    let line = |words: &[&str]| shell::line(kubectl.iter().chain(words));
    let group = format!("app.kubernetes.io/name={}", workload.name);
    let on_host = format!("{HOST_FIELD}={}", member.host);
    let of_host = ["-l", &group, "--field-selector", &on_host];
    let is_first = member.index == 1 && parts(workload).contains(&Part::First);
    // A shell has to see what finds a pod whose name nobody knows, so it is no word.
    let pod = if member.of_host {
        let get = line(&[&["get", "pod"], &of_host[..], &["-o", "name"]].concat());
        format!("\"$({get})\"")
    } else if is_first {
        format!("deployment/{}", pod(workload, member))
    } else {
        pod(workload, member)
    };
    match (act, &workload.kind) {
        (Act::Run(words), Kind::Service) => {
            let exec = line(&["exec"]);
            Some(format!("{exec} {pod} -- {}", shell::line(words)))
        }
        (Act::Logs, Kind::Service) => {
            let logs = line(&["logs", "--tail", "50"]);
            Some(format!("{logs} {pod}"))
        }
        (Act::Logs, Kind::Task { .. }) => Some(line(&["logs", "--tail", "50", "-l", &group])),
        (Act::Restart, Kind::Service) if member.of_host => {
            Some(line(&[&["delete", "pod"], &of_host[..]].concat()))
        }
        (Act::Restart, Kind::Service) if is_first => Some(line(&["rollout", "restart", &pod])),
        (Act::Restart, Kind::Service) => Some(line(&["delete", "pod", &pod])),
        (Act::Repeat, Kind::Task { .. }) => {
            let delete = line(&["delete", "job", "-l", &group]);
            let path = format!("generated/{}/k3s", plan.cluster);
            let apply = shell::line(["kubectl", "apply", "-k", &path]);
            Some(format!("{delete}\n{apply}"))
        }
        // What made a pod makes it again: one of several is neither kept stopped nor given something else to run,
        // and a volume is not emptied under it. Nothing of the plan is on a host itself.
        (Act::Run(_) | Act::Restart, Kind::Task { .. })
        | (Act::Repeat, Kind::Service)
        | (Act::Stop | Act::Start | Act::Instead(_) | Act::Erase | Act::OnHost(_), _) => None,
    }
}
