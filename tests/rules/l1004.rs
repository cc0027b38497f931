//! Flows to a workload, to a port and over a network that the other side does not have.

use super::lowered;
use lurus_spec::model::{Inventory, Network};
use lurus_spec::plan::Plan;
use lurus_spec::plan::{Flow, checked};
use lurus_spec::{cidr, ip, name};

pub(crate) fn plan() -> Plan {
    let mut plan = lowered::plan();
    let flow = |from, to, port: &'static str| Flow::new(&checked(from), &checked(to), &port.into());
    plan.flows.push(flow("nats", "redis", "client"));
    plan.flows.push(flow("etcd", "nats", "admin"));

    // The n-th host is on its own network with this address, and on no other.
    let app = Network::new(name!("app"), cidr!("10.0.0.0/24"), ip!("10.0.0.1"));
    let mut networks = plan.inventory.networks().to_vec();
    networks.push(app);
    let mut hosts = plan.inventory.hosts().to_vec();
    hosts[2] = hosts[2].clone().at(name!("app"), ip!("10.0.0.13"));
    plan.inventory = Inventory::new(networks, hosts, Vec::new());
    let etcd = &mut plan.workloads[0];
    let last = &mut etcd.members[2];
    last.network = name!("app");
    last.address = ip!("10.0.0.13");
    plan.flows.push(flow("nats", "etcd", "client"));
    plan
}
