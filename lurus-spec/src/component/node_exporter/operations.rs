//! What people do with a running node exporter.

use crate::component::Lowering;
use crate::component::node_exporter::{METRICS, NodeExporter};
use crate::plan::{Instruction, Procedure, ProcedureKind};
use crate::words::Words;

pub(super) fn operations(exporter: &NodeExporter, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let peers = lowering.peers(&exporter.meta.name.value, METRICS);
    let Some(first) = peers.first() else {
        return Vec::new();
    };
    vec![
        Procedure::new(
            ProcedureKind::Check,
            Words::new("A host says how it is", "主机指标可读"),
            Words::new(
                "The page is read by whoever collects metrics; it changes nothing.",
                "该页面由指标采集方读取，不会改变任何东西。",
            ),
        )
        .step(
            Instruction::run(
                Words::new(
                    "Ask for the load of the first host:",
                    "查询第一台主机的负载：",
                ),
                &first.name,
                [
                    "sh",
                    "-c",
                    &format!("wget -q -O - http://{first}/metrics | grep ^node_load1"),
                ],
            )
            .expect("node_load1 …"),
        ),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("An exporter fails", "一个采集器故障"),
            Words::new(
                "Nothing depends on it; its host is not watched meanwhile.",
                "没有任何组件依赖它；期间该主机不受监控。",
            ),
        )
        .step(Instruction::read_why(&first.name))
        .step(Instruction::start(&first.name)),
    ]
}
