//! A volume with two writers, and mounts in each other's way.

use super::lowered;
use lurus_spec::plan::Plan;
use lurus_spec::plan::checked;

pub(crate) fn plan() -> Plan {
    let mut plan = lowered::with("nats", |nats| {
        let mut inside = nats.volumes[0].clone();
        inside.name = "inside";
        inside.mount = inside.mount.join("inside").expect("a short path");
        nats.volumes.push(inside);
        let mut twin = nats.config[0].clone();
        twin.mount = checked("/opt/nats");
        nats.config.push(twin);
        nats.scratch.push(nats.volumes[0].mount.clone());
    });
    // `etcd-1` with a volume `data` and `etcd` with a volume `1-data` are one volume.
    let etcd = &mut plan.workloads[0];
    etcd.members[0].name = checked("etcd");
    etcd.members[1].name = checked("etcd-1");
    let mut volume = etcd.volumes[0].clone();
    volume.name = "1-data";
    volume.mount = checked("/second");
    etcd.volumes.push(volume);
    // What clients are told would name members that are no more.
    plan.contracts.clear();
    plan
}
