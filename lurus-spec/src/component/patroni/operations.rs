//! What people do with PostgreSQL under Patroni: seeing who leads, switching over, making a member anew.

use crate::component::Lowering;
use crate::component::patroni::{Patroni, REST, lower};
use crate::literal::Name;
use crate::plan::{Act, Instruction, Procedure, ProcedureKind};
use crate::words::{Language, Words};

pub(super) fn operations(patroni: &Patroni, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let name = &patroni.meta.name.value;
    let members: Vec<&Name> = lowering
        .members(name)
        .iter()
        .map(|member| &member.name)
        .collect();
    let [first, others @ ..] = members.as_slice() else {
        return Vec::new();
    };
    let scope = lower::scope(patroni, lowering.site.cluster);
    let mut all = vec![
        check(&members, lowering, name),
        primary_fails(patroni, first),
    ];
    if let Some(other) = others.first() {
        all.push(replica_fails(patroni, first, other));
        all.push(data_lost(&scope, first, other));
    }
    all.push(store_unreachable(first));
    if !others.is_empty() {
        all.push(switchover(&scope, first));
    }
    all
}

pub(in crate::component) fn patronictl(words: &[&str]) -> Vec<String> {
    ["patronictl", "-c", lower::PATH]
        .iter()
        .chain(words)
        .map(|word| (*word).to_owned())
        .collect()
}

fn list(asked: &Name) -> Instruction {
    Instruction::run(
        Words::new(
            "See the members. Exactly one is `Leader` and `running`, every other is `streaming` on the same timeline (`TL`) with a lag of 0:",
            "查看成员。有且只有一个是 `Leader` 且为 `running`，其余均为 `streaming`，时间线（`TL`）相同，延迟为 0：",
        ),
        asked,
        patronictl(&["list"]),
    )
}

fn check(members: &[&Name], lowering: &Lowering<'_>, group: &Name) -> Procedure {
    let rows = members.iter().enumerate().map(|(index, member)| {
        let (role, state, lag) = match index {
            0 => ("Leader", "running", ""),
            1 => ("Sync Standby", "streaming", "0"),
            _ => ("Replica", "streaming", "0"),
        };
        format!("| {member} | … | {role:12} | {state:9} | … | {lag:>9} |")
    });
    let peers = lowering.peers(group, REST);
    let mut check = Procedure::new(
        ProcedureKind::Check,
        Words::new(
            "One member leads, the others follow it",
            "一个主库，其余成员跟随",
        ),
        Words::new(
            "Which member leads is decided at run time, so the roles may stand in other rows than here.",
            "谁是主库由运行时决定，角色所在的行可能与下面不同。",
        ),
    );
    if let Some(first) = members.first() {
        check = check.step(list(first).expect(rows.collect::<Vec<_>>().join("\n")));
    }
    if let Some(peer) = peers.first() {
        check = check.step(
            Instruction::run(
                Words::new(
                    "No member waits for a restart, and nobody has paused automatic failover: neither word is found, and `0` is printed:",
                    "没有成员等待重启，也没有人暂停自动故障转移：两个词都找不到，输出 `0`：",
                ),
                &peer.name,
                [
                    "sh",
                    "-c",
                    &format!("curl -s http://{peer}/cluster | grep -c -e pending_restart -e pause"),
                ],
            )
            .expect("0"),
        );
    }
    check
}

fn primary_fails(patroni: &Patroni, first: &Name) -> Procedure {
    let (ttl, start) = (patroni.ttl_time(), lower::PRIMARY_START);
    let kept = if patroni.is_synchronous() {
        Words::new(
            "No commit that was answered is lost while a synchronous standby follows it.",
            "只要有同步备库跟随，已确认的提交不会丢失。",
        )
    } else {
        Words::new(
            "Commits that no standby had received are lost.",
            "备库尚未收到的提交会丢失。",
        )
    };
    Procedure::new(
        ProcedureKind::Failure,
        Words::new("The primary fails", "主库故障"),
        Words::new(
            format!(
                "Reads from replicas go on; writes fail until another member leads. When the host is lost, its lock runs out after at most {ttl} and a standby takes over within seconds. When only the database dies, the member starts it again, and gives up its lock when that takes longer than {start}. {kept} The old primary rejoins by itself, as a replica."
            ),
            format!(
                "从库的读不受影响；选出新主库之前写入失败。如果是主机故障，主库锁最多 {ttl} 后过期，备库随即在数秒内接管。如果只是数据库进程退出，成员会自行重启它，超过 {start} 仍未成功则放弃主库锁。{} 旧主库恢复后会自动以从库身份重新加入。",
                kept.of(Language::Chinese)
            ),
        ),
    )
    .step(list(first))
    .step(Instruction::say(Words::new(
        "When a member leads, there is nothing more to do. When none does, look at the store in which they elect: without its majority no member may take over.",
        "如果已有主库，则无需其他操作。如果没有，请检查选主所用的存储：它失去多数时，任何成员都不能接管。",
    )))
}

fn replica_fails(patroni: &Patroni, asked: &Name, failed: &Name) -> Procedure {
    let writes = if !patroni.is_synchronous() {
        Words::new("Writes go on.", "写入不受影响。")
    } else if patroni.is_strict() {
        Words::new(
            "When it was the synchronous standby, commits wait until another member has its place, and for as long as there is none.",
            "如果它是同步备库，提交会等待其他成员接替；没有可接替的成员时一直等待。",
        )
    } else {
        Words::new(
            "When it was the synchronous standby, commits wait for a moment until another member has its place; without any other they go on unconfirmed.",
            "如果它是同步备库，提交会短暂等待其他成员接替；没有其他成员时，提交改为不等待确认。",
        )
    };
    Procedure::new(
        ProcedureKind::Failure,
        Words::new("A replica fails", "从库故障"),
        Words::new(
            format!(
                "Reads go to the other replicas, or to the primary when there is none. {writes} It catches up when it is back; after more than 4 GB of changes it is copied anew by itself."
            ),
            format!(
                "读请求转到其他从库；没有其他从库时转到主库。{} 恢复后会自动追上；落后超过 4 GB 的变更时会自动重新克隆。",
                writes.of(Language::Chinese)
            ),
        ),
    )
    .step(Instruction::act(
        Words::new(
            format!("Read why, {failed} as an example:"),
            format!("以 {failed} 为例，查看原因："),
        ),
        failed,
        Act::Logs,
    ))
    .step(Instruction::start(failed))
    .step(list(asked))
}

fn data_lost(scope: &str, asked: &Name, broken: &Name) -> Procedure {
    Procedure::new(
        ProcedureKind::Failure,
        Words::new(
            "A replica does not follow, or has lost its volume",
            "从库无法跟随，或丢失了数据卷",
        ),
        Words::new(
            "A member that starts with an empty volume copies the primary by itself. One that has data and cannot follow (`start failed`, or a lag that only grows) has to be told to throw its data away and to copy.",
            "数据卷为空的成员启动后会自动从主库克隆。有数据却无法跟随的成员（`start failed`，或延迟持续增长）需要手动命令它丢弃数据并重新克隆。",
        ),
    )
    .step(
        Instruction::run(
            Words::new(
                format!("Make sure that {broken} is not the leader, then let it copy anew:"),
                format!("确认 {broken} 不是主库，然后让它重新克隆："),
            ),
            asked,
            patronictl(&["reinit", scope, broken.as_str(), "--force"]),
        )
        .expect(format!("Success: reinitialize for member {broken}")),
    )
    .step(list(asked))
}

fn store_unreachable(asked: &Name) -> Procedure {
    Procedure::new(
        ProcedureKind::Failure,
        Words::new("The store of the election cannot be reached", "选主所用的存储不可达"),
        Words::new(
            "The primary stays primary while it reaches every other member (`failsafe_mode`), so reads and writes go on. No other member can take over meanwhile: do not restart or stop any of them.",
            "只要主库能连通所有其他成员（`failsafe_mode`），它就保持主库身份，读写不受影响。但在此期间任何成员都无法接管：不要重启或停止任何成员。",
        ),
    )
    .step(Instruction::say(Words::new(
        "Mend the store first.",
        "先修复存储。",
    )))
    .step(list(asked))
}

fn switchover(scope: &str, asked: &Name) -> Procedure {
    Procedure::new(
        ProcedureKind::Switchover,
        Words::new("Give the lead to another member", "切换主库"),
        Words::new(
            "Before the primary's host is taken down. Connections to the primary are cut, and writes fail for 3 to 10 seconds; nothing is lost.",
            "在停止主库所在主机之前执行。到主库的连接会断开，写入中断 3 到 10 秒；不会丢失数据。",
        ),
    )
    .step(list(asked))
    .step(
        Instruction::run(
            Words::new(
                "Switch to the member that is best placed, the synchronous standby. To choose it, add `--candidate MEMBER`:",
                "切换到最合适的成员，即同步备库。如需指定成员，加上 `--candidate MEMBER`：",
            ),
            asked,
            patronictl(&["switchover", scope, "--force"]),
        )
        .expect("… Successfully switched over to \"…\""),
    )
    .step(list(asked))
}
