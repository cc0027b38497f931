//! Tasks that follow each other, and one that follows nothing that exists.

use super::lowered;
use lurus_spec::plan::Plan;
use lurus_spec::plan::{Kind, checked};

pub(crate) fn plan() -> Plan {
    let mut plan = lowered::with("nats-streams", |task| {
        task.kind = Kind::Task {
            after: vec![checked("nats-users"), checked("redis")],
        };
    });
    let mut task = plan
        .workloads
        .iter()
        .find(|workload| workload.name.as_str() == "nats-streams")
        .expect("a task")
        .clone();
    task.name = checked("nats-users");
    task.members[0].name = checked("nats-users");
    let declared = plan.declared[&checked("nats-streams")].clone();
    plan.declared.insert(task.name.clone(), declared);
    task.kind = Kind::Task {
        after: vec![checked("nats-streams")],
    };
    plan.workloads.push(task);
    plan
}
