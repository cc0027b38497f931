//! Members with one port, one name, and an address that the host does not have.

use lurus_spec::ip;
use lurus_spec::plan::Plan;

use super::lowered;

pub(crate) fn plan() -> Plan {
    let mut plan = lowered::with("nats", |nats| {
        nats.members[0].ports[0].port = nats.members[0].ports[1].port;
    });
    for workload in &mut plan.workloads {
        match workload.name.as_str() {
            "etcd" => workload.members[0].address = ip!("10.0.1.99"),
            "nats-streams" => {
                workload.members[0].name = "nats-1".parse().expect("a name");
            }
            _ => {}
        }
    }
    plan
}
