//! What people do with a running primary and its standbys: seeing that they follow, and switching over.

use crate::component::postgres::Postgres as _;
use crate::component::streaming::Streaming;
use crate::component::{Endpoint, Lowering};
use crate::model::Described as _;
use crate::plan::{Act, Instruction, Procedure, ProcedureKind};
use crate::words::Words;

pub(super) fn operations(streaming: &Streaming, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let name = &streaming.meta.name.value;
    let primary = lowering
        .endpoint(&streaming.reference().postgres().primary())
        .and_then(Endpoint::holder);
    let Some(primary) = primary else {
        return Vec::new();
    };
    let members = lowering.members(name);
    let Some(standby) = members.iter().find(|member| &member.name != primary) else {
        return Vec::new();
    };
    let follow = Instruction::run(
        Words::new(
            "Every standby follows, `streaming`:",
            "所有备库都在跟随，状态为 `streaming`：",
        ),
        primary,
        psql("SELECT application_name, state FROM pg_stat_replication ORDER BY 1"),
    );
    let followed = members
        .iter()
        .filter(|member| &member.name != primary)
        .map(|member| format!("{}|streaming", member.name));
    let followed: Vec<String> = followed.collect();
    let new = &standby.name;
    let switch = |kind, title: Words, explains: Words| {
        Procedure::new(kind, title, explains)
            .step(Instruction::act(
                Words::new(
                    "Stop the old primary, and see that it stays stopped: two primaries part for ever. When its host is lost, keep it off the network:",
                    "停止旧主库，并确认它保持停止：两个主库会永久分叉。如果主机已失联，请将其隔离在网络之外：",
                ),
                primary,
                Act::Stop,
            ))
            .step(
                Instruction::run(
                    Words::new("Promote a standby:", "提升一个备库："),
                    new,
                    psql("SELECT pg_promote()"),
                )
                .expect("t"),
            )
            .step(Instruction::say(Words::new(
                format!(
                    "Say so in the description, `.primary(…)` with host {}, generate, and deploy the files to every host. Balancers lead writes to it from then on.",
                    standby.host
                ),
                format!(
                    "在描述中写明：`.primary(…)` 指向主机 {}，重新生成并部署到所有主机。此后负载均衡把写入指向新主库。",
                    standby.host
                ),
            )))
            .step(
                Instruction::act(
                    Words::new(
                        "Make the old primary a standby: its data has parted, so it is copied anew:",
                        "把旧主库变为备库：其数据已分叉，需要重新复制：",
                    ),
                    primary,
                    Act::Erase,
                )
                .and(primary, Act::Start),
            )
    };
    vec![
        Procedure::new(
            ProcedureKind::Check,
            Words::new("The standbys follow the primary", "备库跟随主库"),
            Words::new(
                format!("The description makes {primary} the primary."),
                format!("描述中指定 {primary} 为主库。"),
            ),
        )
        .step(follow.expect(followed.join("\n"))),
        switch(
            ProcedureKind::Failure,
            Words::new("The primary is lost", "主库故障"),
            Words::new(
                "Writes fail until a standby is promoted by hand; reads go on. Nothing happens by itself. What the standby had not received is lost.",
                "在手动提升备库之前写入失败，读不受影响。不会自动切换。备库尚未收到的数据会丢失。",
            ),
        ),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("A standby has lost its data", "备库数据丢失"),
            Words::new(
                "Writes and reads go on. It copies the primary anew when it starts without data.",
                "读写不受影响。数据为空时，它启动后会重新复制主库。",
            ),
        )
        .step(
            Instruction::act(
                Words::new("Let it start empty:", "让它以空数据启动："),
                new,
                Act::Stop,
            )
            .and(new, Act::Erase)
            .and(new, Act::Start),
        ),
        switch(
            ProcedureKind::Switchover,
            Words::new("Another member becomes the primary", "切换主库"),
            Words::new(
                "Writes stop from the first step until the files are deployed. A primary that is stopped in order hands over everything first, so nothing is lost.",
                "从第一步到部署完成期间写入停止。正常停止的主库会先把全部数据交给备库，不会丢失。",
            ),
        ),
    ]
}

fn psql(query: &str) -> [String; 7] {
    ["psql", "-U", "postgres", "-d", "postgres", "-Atc", query].map(|word: &str| word.to_owned())
}
