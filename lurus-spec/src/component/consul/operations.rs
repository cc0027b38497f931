//! What people do with Consul while it runs.

use crate::component::Lowering;
use crate::component::consul::Consul;
use crate::plan::{Act, Instruction, Procedure, ProcedureKind};
use crate::words::Words;

pub(super) fn operations(consul: &Consul, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let members = lowering.members(&consul.meta.name.value);
    let [first, .., last] = members else {
        return Vec::new();
    };
    let servers = members.len();
    let spare = (servers - 1) / 2;
    let (asked, lost) = (&first.name, &last.name);
    let peers = || ["consul", "operator", "raft", "list-peers"];
    vec![
        Procedure::new(
            ProcedureKind::Check,
            Words::new("The servers agree, and instances serve", "各服务器一致，实例可用"),
            Words::new(
                format!(
                    "One of {servers} servers leads; the catalogue changes while a majority of them is alive. Each agent \
                     asks the instances of its host every ten seconds."
                ),
                format!(
                    "{servers} 台服务器中有一台是 leader；只要多数存活，目录就能更新。每个代理每十秒检查一次本机的实例。"
                ),
            ),
        )
        .step(
            Instruction::run(Words::new("One of them leads:", "其中一台是 leader："), asked, peers())
                .expect("Node  ID  Address  State  Voter  RaftProtocol\n…  leader    true  3\n…  follower  true  3"),
        )
        .step(
            Instruction::run(
                Words::new(
                    "Everything that is registered, by name:",
                    "按名称列出所有已注册的服务：",
                ),
                asked,
                ["consul", "catalog", "services"],
            )
            .expect("consul\n…"),
        ),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new(format!("A server such as {lost} is lost"), format!("一台服务器（例如 {lost}）丢失")),
            Words::new(
                format!(
                    "Of {servers} servers, {spare} may be lost; another leader is elected within a few seconds. Instances \
                     on the lost host leave the catalogue with it. A server that comes back, also with an empty volume, \
                     takes its place by itself: its data comes from the leader."
                ),
                format!(
                    "{servers} 台服务器中最多可丢失 {spare} 台，几秒内会选出新的 leader。该主机上的实例随之从目录中消失。\
                     服务器恢复后（即使卷是空的）会自动归位：数据来自 leader。"
                ),
            ),
        )
        .step(Instruction::act(
            Words::new(
                "Only where its volume is damaged: erase that, once its host is back:",
                "仅当卷已损坏时：主机恢复后先清空卷：",
            ),
            lost,
            Act::Erase,
        ))
        .step(Instruction::run(
            Words::new(
                format!(
                    "Then wait until it is `failed`. The catalogue takes its new identity only after that: what starts sooner says \
                     `Node name {lost} is reserved`, and has to be stopped until then:"
                ),
                format!(
                    "然后等到它的状态为 `failed`。此后目录才会接受它的新身份：启动过早时会报 `Node name {lost} is reserved`，须先停下再等待："
                ),
            ),
            asked,
            ["consul", "members"],
        ))
        .step(Instruction::act(
            Words::new("Start it when its host is back:", "主机恢复后启动它："),
            lost,
            Act::Start,
        ))
        .step(Instruction::run(
            Words::new("It is a voter again:", "它重新成为投票成员："),
            asked,
            peers(),
        )),
        Procedure::new(
            ProcedureKind::Switchover,
            Words::new(
                format!("Take {lost} down on purpose"),
                format!("有计划地停下 {lost}"),
            ),
            Words::new(
                "A server that is stopped stays a member: stop one at a time, and the leader last. Where it led, another \
                 is elected within a few seconds.",
                "停下的服务器仍是成员：一次只停一台，leader 最后。若它是 leader，几秒内会选出新的 leader。",
            ),
        )
        .step(Instruction::act(
            Words::new("Stop it:", "停止："),
            lost,
            Act::Stop,
        ))
        .step(Instruction::run(
            Words::new("Another one leads:", "另一台成为 leader："),
            asked,
            peers(),
        ))
        .step(Instruction::act(
            Words::new("Start it again:", "重新启动："),
            lost,
            Act::Start,
        )),
    ]
}
