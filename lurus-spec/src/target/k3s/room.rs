//! What a host has left beside K3S: ports and memory.
//!
//! In: a plan. Out: what the agent of Kubernetes keeps back of a host's memory, and findings where members need what is not
//! left.

use std::collections::BTreeMap;

use crate::check::{Check, Rule, reserve};
use crate::literal::{HostName, Port, Size};
use crate::model::Host;
use crate::plan::Plan;
use crate::report::{Code, Diagnostic, Report};
use crate::target::Target as _;
use crate::target::k3s::K3s;
use crate::target::k3s::bootstrap::Nodes;
use crate::target::k3s::firewall::{API, KUBELET, STORE};
use crate::target::k3s::pod::bytes;

const PORTS_CODE: Code = Code::new("L0940");
const MEMORY_CODE: Code = Code::new("L0941");

pub(super) const PORTS: Rule = Rule {
    code: PORTS_CODE.as_str(),
    ensures: "Ensure no member that is on its host's own network listens on a port of K3S.",
    explain: "\
Pods have addresses of their own, and any port. What belongs to hosts, such as an exporter of their metrics, is on the network
of its host, as K3S is: it listens on 6443, 2379 and 2380 on servers, and on every host on 10250 and on some ports between
6444 and 10259 of the loopback interface. Whoever starts second ends at once.

Set another port on the component.",
    source: "https://docs.k3s.io/installation/requirements: inbound rules; kubelet, kube-proxy, kube-controller-manager and \
             kube-scheduler: their ports",
    check: Check::Planned(ports),
};

pub(super) const MEMORY: Rule = Rule {
    code: MEMORY_CODE.as_str(),
    ensures: "Ensure the memory limits of a host's members fit beside K3S and the system.",
    explain: "\
A pod is put on a host only if its memory fits into what the host has left for pods, which is less than the host has: K3S
itself takes 2 GiB on a server, with the store of the cluster in it, and 512 MiB on an agent, and the system takes a tenth of
the host, and at least 1 GiB. Each pod asks for as much as its limit, so that nobody is killed because of a neighbour. A pod
that fits nowhere waits for ever.

Lower a limit with `.memory(…)`, move a component to another host, or write the larger memory of the host in `spec/*.toml`.",
    source: "https://docs.k3s.io/reference/resource-profiling; Kubernetes: reserve compute resources for system daemons",
    check: Check::Planned(memory),
};

/// What K3S needs of a server, the store of the cluster included.
const SERVER: Size = Size::gib(2);
/// What K3S needs of an agent.
const AGENT: Size = Size::mib(512);

/// Ports of K3S and of the parts of Kubernetes in it, on servers or agents.
const OWN: [Port; 12] = [
    STORE[0],
    STORE[1],
    // The metrics of what servers keep together.
    Port::constant(2381),
    API,
    Port::constant(6444),
    Port::constant(10248),
    Port::constant(10249),
    KUBELET,
    Port::constant(10256),
    Port::constant(10257),
    Port::constant(10258),
    Port::constant(10259),
];

/// What the agent of Kubernetes keeps back of the memory of its host. The kernel has taken its part of what is for the system
/// before the agent counts.
pub(super) fn kept_back(nodes: &Nodes<'_>, host: &Host) -> [String; 2] {
    let system = Size::mib(reserve(host).bytes() / 2 / Size::mib(1).bytes());
    [
        format!("kube-reserved=memory={}", bytes(own(nodes, host))),
        format!("system-reserved=memory={}", bytes(system)),
    ]
}

/// What K3S needs of a host.
fn own(nodes: &Nodes<'_>, host: &Host) -> Size {
    let mut servers = nodes.servers.iter();
    if servers.any(|(server, _)| server.name == host.name) {
        SERVER
    } else {
        AGENT
    }
}

fn ports(plan: &Plan, report: &mut Report) {
    let target = K3s.name();
    for workload in plan.workloads.iter().filter(|group| group.is_of_hosts()) {
        // All of its members listen on the same ports.
        let ports = workload
            .members
            .iter()
            .take(1)
            .flat_map(|first| &first.ports);
        for port in ports.filter(|port| OWN.contains(&port.port)) {
            report.push(
                Diagnostic::error(
                    PORTS_CODE,
                    format!(
                        "{} listens on {}, which is a port of `{target}`",
                        workload.name, port.port
                    ),
                )
                .primary(
                    port.origin.clone(),
                    format!("`{}`, on the network of its hosts", port.name),
                )
                .help("set another port on the component"),
            );
        }
    }
}

fn memory(plan: &Plan, report: &mut Report) {
    let Some(nodes) = Nodes::of(plan) else {
        return;
    };
    let mut limits: BTreeMap<&HostName, Size> = BTreeMap::new();
    for workload in &plan.workloads {
        for member in &workload.members {
            let limit = limits.entry(&member.host).or_insert(Size::of_bytes(0));
            *limit = limit.saturating_add(workload.resources.memory);
        }
    }
    for (host, _) in nodes.all() {
        let members = limits.get(&host.name).copied().unwrap_or(Size::of_bytes(0));
        let (kept, system) = (own(&nodes, host), reserve(host));
        let needed = members.saturating_add(kept).saturating_add(system);
        if needed <= host.memory {
            continue;
        }
        let lacking = needed.saturating_sub(host.memory);
        report.push(
            Diagnostic::error(
                MEMORY_CODE,
                format!(
                    "{} lacks {} of memory on `{}`",
                    host.name,
                    lacking.in_whole_mib(),
                    K3s.name()
                ),
            )
            .primary(
                host.memory_origin.clone(),
                format!("{} has {}", host.name, host.memory),
            )
            .note(format!(
                "its members have limits of {} in all, K3S takes {kept}, and the system {}",
                members.in_whole_mib(),
                system.in_whole_mib()
            ))
            .help("lower a limit with `.memory(…)`, or move a component to another host"),
        );
    }
}
