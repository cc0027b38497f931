//! What people do with a running HAProxy: seeing where it leads.

use crate::component::Lowering;
use crate::component::haproxy::{HaProxy, STATS};
use crate::plan::{Act, Instruction, Procedure, ProcedureKind};
use crate::words::Words;

pub(super) fn operations(haproxy: &HaProxy, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let peers = lowering.peers(&haproxy.meta.name.value, STATS);
    let servers: Vec<String> = haproxy
        .postgres
        .as_ref()
        .and_then(|set| lowering.endpoint(&set.value.members()))
        .and_then(|endpoint| endpoint.group())
        .map(|(group, port)| lowering.peers(group, port))
        .into_iter()
        .flatten()
        .map(|peer| peer.name.to_string())
        .collect();
    let Some(first) = peers.first() else {
        return Vec::new();
    };
    let up = Instruction::run(
        Words::new(
            "`1` is a server that is used. In `postgres_rw` exactly one is, the primary; in `postgres_ro` all others are:",
            "`1` 表示该服务器在用。`postgres_rw` 中有且只有一个，即主库；`postgres_ro` 中是其余全部成员：",
        ),
        &first.name,
        [
            "sh",
            "-c",
            &format!("wget -q -O - http://{first}/metrics | grep server_status | grep UP"),
        ],
    );
    let line = |proxy: &str, server: &String, up: bool| {
        let up = u8::from(up);
        format!("haproxy_server_status{{proxy=\"{proxy}\",server=\"{server}\",state=\"UP\"}} {up}")
    };
    let expect: Vec<String> = (0..)
        .zip(&servers)
        .map(|(index, server)| line("postgres_rw", server, index == 0))
        .chain(
            (0..)
                .zip(&servers)
                .map(|(index, server)| line("postgres_ro", server, index != 0)),
        )
        .chain(["…".to_owned()])
        .collect();
    vec![
        Procedure::new(
            ProcedureKind::Check,
            Words::new("Every instance knows the primary", "每个实例都知道谁是主库"),
            Words::new(
                "Each instance asks every database member for its role, every 3 seconds. After a change of the primary it follows within two such checks.",
                "每个实例每 3 秒向所有数据库成员查询其角色。主库变更后，最多两次检查即可跟上。",
            ),
        )
        .step(up.clone().expect(expect.join("\n"))),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("An instance fails", "一个实例故障"),
            Words::new(
                "Its open connections break. Clients that use it have no way to the database until it runs again, within seconds when only the process died; clients of other instances notice nothing.",
                "经过它的连接会断开。使用它的客户端在它恢复之前无法访问数据库；如果只是进程退出，数秒内恢复。使用其他实例的客户端不受影响。",
            ),
        )
        .step(Instruction::act(
            Words::new(
                "Read why. A mistake in its file is named with its line:",
                "查看原因。配置文件有错误时会指出行号：",
            ),
            &first.name,
            Act::Logs,
        ))
        .step(Instruction::start(&first.name)),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("Clients are refused at the write port", "写端口拒绝连接"),
            Words::new(
                "An instance that knows no primary, or for a moment more than one, refuses writes: this is right. The cause is behind it.",
                "实例找不到主库，或短时间内看到多个主库时，会拒绝写连接：这是正确的行为。原因在它后面的数据库。",
            ),
        )
        .step(up)
        .step(Instruction::say(Words::new(
            "When every line of `postgres_rw` is `0`, no member leads: go on with the failure of the primary.",
            "如果 `postgres_rw` 的每一行都是 `0`，说明没有主库：按“主库故障”处理。",
        ))),
    ]
}
