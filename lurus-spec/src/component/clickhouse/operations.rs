//! What people do with ClickHouse while it runs.

use crate::component::Lowering;
use crate::component::clickhouse::{ClickHouse, HTTP};
use crate::plan::{Act, Instruction, Procedure, ProcedureKind};
use crate::words::Words;

pub(super) fn operations(clickhouse: &ClickHouse, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let peers = lowering.peers(&clickhouse.meta.name.value, HTTP);
    let Some(server) = peers.first() else {
        return Vec::new();
    };
    let days = clickhouse.retention_days();
    let ping = || {
        let url = format!("http://{server}/ping");
        [
            "wget".to_owned(),
            "-q".to_owned(),
            "-O".to_owned(),
            "-".to_owned(),
            url,
        ]
    };
    vec![
        Procedure::new(
            ProcedureKind::Check,
            Words::new("It answers, and has its table", "服务可用，日志表已创建"),
            Words::new(
                format!("Lines are kept for {days} days. The task that creates the table says so when it ends."),
                format!("日志保留 {days} 天。创建表的任务结束时会给出提示。"),
            ),
        )
        .step(
            Instruction::run(Words::new("It answers:", "服务应答："), &server.name, ping())
                .expect("Ok."),
        )
        .step(Instruction::act(
            Words::new("The task's last words:", "任务的最后输出："),
            &clickhouse.task(),
            Act::Logs,
        )),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("The server or its host is lost", "服务器或其主机丢失"),
            Words::new(
                "There is no copy: until it is back nobody can read logs, and what their writers cannot keep is lost. With \
                 its volume, all lines are lost.",
                "没有副本：恢复之前无法读取日志，写入方保存不下的日志会丢失。如果卷丢失，全部日志丢失。",
            ),
        )
        .step(Instruction::act(
            Words::new("Start it when its host is back:", "主机恢复后启动它："),
            &server.name,
            Act::Start,
        ))
        .step(Instruction::act(
            Words::new(
                "After a lost volume, create the table again:",
                "如果卷已丢失，重新创建表：",
            ),
            &clickhouse.task(),
            Act::Repeat,
        )),
    ]
}
