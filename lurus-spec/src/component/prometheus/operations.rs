//! What people do with a running Prometheus: seeing that it sees everything.

use crate::component::Lowering;
use crate::component::prometheus::{Prometheus, WEB};
use crate::plan::{Act, Instruction, Procedure, ProcedureKind};
use crate::words::Words;

pub(super) fn operations(prometheus: &Prometheus, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let peers = lowering.peers(&prometheus.meta.name.value, WEB);
    let Some(first) = peers.first() else {
        return Vec::new();
    };
    let ask = |expression: &str| {
        [
            "promtool".to_owned(),
            "query".to_owned(),
            "instant".to_owned(),
            format!("http://{first}"),
            expression.to_owned(),
        ]
    };
    let kept = prometheus.kept();
    vec![
        Procedure::new(
            ProcedureKind::Check,
            Words::new("Every target answers", "所有采集目标均有应答"),
            Words::new(
                "Each server scrapes everything by itself, so asking one tells of all targets.",
                "每台服务器都独立采集全部目标，因此查询其中一台即可了解所有目标。",
            ),
        )
        .step(
            Instruction::run(
                Words::new(
                    "Ask for targets that do not answer; nothing is printed when all do:",
                    "查询没有应答的目标；全部正常时没有任何输出：",
                ),
                &first.name,
                ask("up == 0"),
            )
            .expect(""),
        )
        .step(Instruction::run(
            Words::new("See which alerts fire:", "查看正在触发的告警："),
            &first.name,
            ask("ALERTS{alertstate=\"firing\"}"),
        )),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("A server fails", "一台服务器故障"),
            Words::new(
                format!("The others collect and alert as before. It has a gap for the time of its absence, and no server copies it from another; series are kept for {kept}. A full volume stops it."),
                format!("其余服务器照常采集和告警。故障期间的数据在它上面会缺失，服务器之间不会互相补数据；数据保留 {kept}。磁盘写满会使它停止。"),
            ),
        )
        .step(Instruction::read_why(&first.name))
        .step(Instruction::start(&first.name)),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("A server has lost its volume", "一台服务器丢失了数据卷"),
            Words::new(
                "It starts with no history; the other servers still have theirs. Nothing has to be done but to start it.",
                "它会在没有历史数据的情况下启动；其他服务器的历史数据仍在。只需启动它即可。",
            ),
        )
        .step(Instruction::act(
            Words::new("Start it:", "启动它："),
            &first.name,
            Act::Start,
        )),
    ]
}
