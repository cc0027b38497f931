//! What people do with a single Redis while it runs.

use crate::component::Lowering;
use crate::component::redis_single::{CLIENT, Redis};
use crate::plan::{Act, Instruction, Procedure, ProcedureKind};
use crate::words::Words;

pub(super) fn operations(redis: &Redis, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let name = &redis.meta.name.value;
    let peers = lowering.peers(name, CLIENT);
    let Some(server) = peers.first() else {
        return Vec::new();
    };
    let cli = |words: &[&str]| -> Vec<String> {
        let port = server.port.to_string();
        let head = ["redis-cli", "-h", &server.address, "-p", &port];
        head.iter()
            .chain(words)
            .map(|word| (*word).to_owned())
            .collect()
    };
    let ping = Instruction::run(
        Words::new("It answers:", "服务器有应答："),
        &server.name,
        cli(&["ping"]),
    )
    .expect("PONG");
    vec![
        Procedure::new(
            ProcedureKind::Check,
            Words::new("The server answers", "服务器正常应答"),
            Words::new(
                "After a start it reads its log of writes first, and answers `LOADING` until it has.",
                "启动后先读取写入日志，读完之前返回 `LOADING`。",
            ),
        )
        .step(ping.clone())
        .step(
            Instruction::run(
                Words::new(
                    "The last rewrite of the log worked:",
                    "最近一次日志重写成功：",
                ),
                &server.name,
                cli(&["info", "persistence"]),
            )
            .expect("…\naof_last_bgrewrite_status:ok\n…\naof_last_write_status:ok\n…"),
        ),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("The server is lost", "服务器丢失"),
            Words::new(
                format!(
                    "Nothing takes over: what needs {name} stands still until the server is back. It is started again by \
                     itself and reads its log of writes, of which about the last second may be missing."
                ),
                format!(
                    "没有其他服务器接管：依赖 {name} 的服务在它恢复之前停止工作。服务器会自动重启并读取写入日志，可能缺少最后约一秒的写入。"
                ),
            ),
        )
        .step(Instruction::act(
            Words::new("Read why it does not come up:", "查看无法启动的原因："),
            &server.name,
            Act::Logs,
        ))
        .step(ping),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("The volume of the server is lost", "服务器的数据卷丢失"),
            Words::new(
                "It starts empty. Programs for which it is a cache fill it again; what was kept nowhere else is lost.",
                "服务器以空数据启动。作为缓存使用时程序会重新填充；没有保存在别处的数据会丢失。",
            ),
        ),
    ]
}
