//! Ports that cannot be published three times on one engine, and a stack of the name of the file that includes them all.

use super::lowered;
use lurus_spec::plan::{Plan, checked};
use lurus_spec::port;

pub(crate) fn plan() -> Plan {
    let mut plan = lowered::with("nats", |nats| {
        for member in &mut nats.members {
            for client in member
                .ports
                .iter_mut()
                .filter(|port| &*port.name == "client")
            {
                client.port = port!(65_500);
            }
        }
    });
    for etcd in &mut plan.workloads {
        if etcd.name.as_str() == "etcd" {
            etcd.stack = checked("distributed");
        }
    }
    plan
}
