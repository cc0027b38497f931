//! Two workloads that want different things of the kernel of one host.

use super::lowered;
use lurus_spec::plan::{KernelSetting, Plan};

pub(crate) fn plan() -> Plan {
    let wants = |value: &str| KernelSetting {
        key: "net.ipv4.ip_unprivileged_port_start",
        value: value.to_owned(),
        why: "it listens below 1024",
    };
    let mut plan = lowered::with("nats", |nats| nats.kernel.push(wants("80")));
    let etcd = plan
        .workloads
        .iter_mut()
        .find(|workload| workload.name.as_str() == "etcd");
    etcd.expect("etcd is there").kernel.push(wants("443"));
    plan
}
