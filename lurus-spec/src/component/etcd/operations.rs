//! What people do with a running etcd: seeing that it agrees, replacing a member, moving the leader.

use crate::component::etcd::{CLIENT, Etcd, PEER, lower};
use crate::component::{Lowering, Peer};
use crate::literal::Name;
use crate::plan::{Act, Instruction, Procedure, ProcedureKind};
use crate::words::Words;

pub(super) fn operations(etcd: &Etcd, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let peers = lowering.peers(&etcd.meta.name.value, CLIENT);
    let [first, others @ ..] = peers.as_slice() else {
        return Vec::new();
    };
    let mut all = vec![
        check(&peers, first),
        member_fails(etcd, &peers, first),
        quota_used_up(&peers, first),
    ];
    if let Some(other) = others.first() {
        all.extend(volume_lost(etcd, lowering, first, other));
        all.push(majority_fails(&peers));
        all.push(move_leader(first));
    }
    all
}

fn etcdctl(endpoint: &str, words: &[&str]) -> Vec<String> {
    let head = [
        "etcdctl".to_owned(),
        format!("--endpoints=http://{endpoint}"),
    ];
    let words = words.iter().map(|word| (*word).to_owned());
    head.into_iter().chain(words).collect()
}

fn status(asked: &Peer) -> Instruction {
    Instruction::run(
        Words::new(
            "See who leads: `IS LEADER` is `true` in exactly one row, and `RAFT TERM` is the same in all:",
            "查看谁是 leader：只有一行的 `IS LEADER` 为 `true`，所有行的 `RAFT TERM` 相同：",
        ),
        &asked.name,
        etcdctl(
            &asked.to_string(),
            &["endpoint", "status", "--cluster", "--write-out=table"],
        ),
    )
}

fn health(peers: &[Peer], asked: &Peer) -> Instruction {
    let line = "http://… is healthy: successfully committed proposal: took = …";
    let expect = vec![line; peers.len()];
    Instruction::run(
        Words::new(
            "Every member answers and commits, in any order:",
            "每个成员都能应答并提交（顺序不定）：",
        ),
        &asked.name,
        etcdctl(&asked.to_string(), &["endpoint", "health", "--cluster"]),
    )
    .expect(expect.join("\n"))
}

fn check(peers: &[Peer], first: &Peer) -> Procedure {
    let majority = peers.len() / 2 + 1;
    Procedure::new(
        ProcedureKind::Check,
        Words::new("All members agree, and one leads", "所有成员一致，且有一个 leader"),
        Words::new(
            format!(
                "Keys can be read and written while {majority} of {} members agree.",
                peers.len()
            ),
            format!(
                "{} 个成员中有 {majority} 个达成一致时，才能读写键值。",
                peers.len()
            ),
        ),
    )
    .step(health(peers, first))
    .step(status(first))
    .step(Instruction::run(
        Words::new(
            "No alarm is raised: this prints nothing. `NOSPACE` means that the quota is used up and every write is refused:",
            "没有告警：此命令不输出任何内容。出现 `NOSPACE` 表示配额已用尽，所有写入都会被拒绝：",
        ),
        &first.name,
        etcdctl(&first.to_string(), &["alarm", "list"]),
    ))
}

fn member_fails(etcd: &Etcd, peers: &[Peer], first: &Peer) -> Procedure {
    let election = etcd.election();
    let spare = peers.len().saturating_sub(1) / 2;
    Procedure::new(
        ProcedureKind::Failure,
        Words::new("A member fails", "一个成员故障"),
        Words::new(
            format!(
                "Clients go to the other members by themselves. When it was the leader, the others elect a new one within one to two election timeouts of {election}, and writes wait that long. Nothing is lost while at most {spare} of {} members are away. A member that comes back with its volume catches up by itself.",
                peers.len()
            ),
            format!(
                "客户端会自动改用其他成员。如果故障的是 leader，其余成员会在一到两个选举超时（{election}）内选出新的 leader，写入在此期间等待。{} 个成员中最多 {spare} 个不在线时不会丢失数据。带着原数据卷恢复的成员会自动追上。",
                peers.len()
            ),
        ),
    )
    .step(Instruction::act(
        Words::new("Read why it stopped:", "查看它停止的原因："),
        &first.name,
        Act::Logs,
    ))
    .step(Instruction::act(
        Words::new(
            "Start it when it does not run. Then check all members; take no other one down before they are well:",
            "如果没有运行，则启动它。然后检查所有成员；全部正常之前不要停止其他成员：",
        ),
        &first.name,
        Act::Start,
    ))
}

fn quota_used_up(peers: &[Peer], first: &Peer) -> Procedure {
    let ask = |words: &[&str]| etcdctl(&first.to_string(), words);
    let defragment = Instruction::run(
        Words::new(
            "Give the room of what was thrown away back, one member after the other, the leader last: a member answers nobody meanwhile:",
            "逐个成员整理碎片以释放空间，leader 最后；整理期间该成员不应答：",
        ),
        &first.name,
        ask(&["defrag"]),
    );
    let others = peers.iter().filter(|peer| peer.name != first.name);
    let defragment = others.fold(defragment, |step, peer| {
        step.and_run(&peer.name, etcdctl(&peer.to_string(), &["defrag"]))
    });
    let line = "Finished defragmenting etcd member[http://…]…";
    Procedure::new(
        ProcedureKind::Failure,
        Words::new("The quota is used up, or nearly", "配额用尽或即将用尽"),
        Words::new(
            "Keys can be read; with the alarm `NOSPACE`, nothing is written until it is lifted by hand. What takes the room are old revisions of keys, or too many keys.",
            "键值仍可读取；出现告警 `NOSPACE` 后，在手动解除之前所有写入都会被拒绝。占用空间的是键的历史版本，或者键太多。",
        ),
    )
    .step(Instruction::run(
        Words::new(
            "Find the number after `\"revision\":`, and how much is in use: `dbSizeInUse` of `dbSize`:",
            "查看 `\"revision\":` 后面的数字，以及用量：`dbSizeInUse` 与 `dbSize`：",
        ),
        &first.name,
        ask(&["endpoint", "status", "--cluster", "--write-out=json"]),
    ))
    .step(
        Instruction::run(
            Words::new(
                "Throw old revisions away:",
                "清除历史版本：",
            ),
            &first.name,
            ask(&["compaction", "REVISION"]),
        )
        .expect("compacted revision …"),
    )
    .step(defragment.expect(vec![line; peers.len()].join("\n")))
    .step(Instruction::run(
        Words::new(
            "Lift the alarm. Where it comes back, there are too many keys: raise `.quota(…)`:",
            "解除告警。若再次出现，说明键太多：调大 `.quota(…)`：",
        ),
        &first.name,
        ask(&["alarm", "disarm"]),
    ))
}

fn volume_lost(
    etcd: &Etcd,
    lowering: &Lowering<'_>,
    first: &Peer,
    other: &Peer,
) -> Option<Procedure> {
    let name: &Name = &first.name;
    let peers = lowering.peers(&etcd.meta.name.value, PEER);
    let peer = peers.iter().find(|peer| &peer.name == name)?;
    let ask = |words: &[&str]| etcdctl(&other.to_string(), words);
    Some(
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("A member has lost its volume", "一个成员丢失了数据卷"),
            Words::new(
                format!(
                    "It never starts again by itself: the others know it, and it says `member … has already been bootstrapped`. It has to leave the cluster and join it again. {name} stands for it here; until the last step, the cluster has one member less to lose."
                ),
                format!(
                    "它无法自行恢复：其他成员仍记得它，它会报 `member … has already been bootstrapped`。必须先把它移出集群，再重新加入。下面以 {name} 为例；完成最后一步之前，集群能承受的故障少一个。"
                ),
            ),
        )
        .step(Instruction::act(
            Words::new("Stop it, and delete what is left of its data:", "停止它，并删除残留的数据："),
            name,
            Act::Stop,
        ).and(name, Act::Erase))
        .step(Instruction::run(
            Words::new(
                format!("Find its ID, the first word of the line of {name}:"),
                format!("查出它的 ID，即 {name} 所在行的第一个字段："),
            ),
            &other.name,
            ask(&["member", "list"]),
        ))
        .step(
            Instruction::run(
                Words::new(
                    "Take it out, and announce it anew:",
                    "将它移出集群，再重新登记：",
                ),
                &other.name,
                ask(&["member", "remove", "MEMBER_ID"]),
            )
            .and_run(
                &other.name,
                ask(&["member", "add", name.as_str(), &format!("--peer-urls=http://{peer}")]),
            )
            .expect("Member … removed from cluster …\nMember … added to cluster …\n…\nETCD_INITIAL_CLUSTER_STATE=\"existing\""),
        )
        .step(Instruction::act(
            Words::new(
                "Let it join. Wait for `ready to serve client requests`, then interrupt it with Ctrl-C:",
                "让它加入。等到出现 `ready to serve client requests` 后，按 Ctrl-C 结束：",
            ),
            name,
            Act::Instead(lower::command(etcd, lowering, lower::EXISTING)),
        ))
        .step(Instruction::act(
            Words::new(
                "Start it as it is described. Then check all members:",
                "按描述正常启动它。然后检查所有成员：",
            ),
            name,
            Act::Start,
        )),
    )
}

fn majority_fails(peers: &[Peer]) -> Procedure {
    let majority = peers.len() / 2 + 1;
    let lost = peers.len() - majority + 1;
    Procedure::new(
        ProcedureKind::Failure,
        Words::new("A majority is lost", "失去多数成员"),
        Words::new(
            format!(
                "With {lost} of {} members away nothing can be written, and nothing heals by itself. Whoever elects its primary here keeps it at best, and can elect no other.",
                peers.len()
            ),
            format!(
                "{} 个成员中有 {lost} 个不在线时无法写入，也不会自行恢复。在此选主的组件最多只能保持现有主节点，无法重新选举。",
                peers.len()
            ),
        ),
    )
    .step(Instruction::say(Words::new(
        format!(
            "Bring back the hosts whose volumes are intact: with {majority} members the cluster works again. Then replace the others one by one, as members that lost their volume."
        ),
        format!(
            "先恢复数据卷完好的主机：有 {majority} 个成员后集群即可工作。然后把其余成员按“丢失了数据卷”逐个替换。"
        ),
    )))
}

fn move_leader(first: &Peer) -> Procedure {
    Procedure::new(
        ProcedureKind::Switchover,
        Words::new("Move the leader", "转移 leader"),
        Words::new(
            "Before the leader's host is taken down. Writes go on: the longest took 32 ms in a trial.",
            "在停止 leader 所在主机之前执行。写入不会中断：实测最长一次写入耗时 32 ms。",
        ),
    )
    .step(status(first))
    .step(
        Instruction::run(
            Words::new(
                "Ask the leader itself: put the `ENDPOINT` of its row for `LEADER_ENDPOINT`, and the `ID` of another row for `MEMBER_ID`:",
                "必须向 leader 自身发出：用 leader 所在行的 `ENDPOINT` 替换 `LEADER_ENDPOINT`，用另一行的 `ID` 替换 `MEMBER_ID`：",
            ),
            &first.name,
            ["etcdctl", "--endpoints=LEADER_ENDPOINT", "move-leader", "MEMBER_ID"],
        )
        .expect("Leadership transferred from … to …"),
    )
}
