//! What people do with Citus: seeing who leads each group and whether the coordinator knows it, switching over, making a
//! member anew.

use crate::component::Lowering;
use crate::component::citus::Citus;
use crate::component::patroni::lower;
use crate::component::patroni::operations::patronictl;
use crate::literal::Name;
use crate::plan::{Act, Instruction, Procedure, ProcedureKind};
use crate::words::Words;

pub(super) fn operations(citus: &Citus, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let scope = lower::scope(&citus.patroni(), lowering.site.cluster);
    let groups: Vec<(u32, Vec<&Name>)> = citus
        .numbers()
        .map(|number| {
            let members = lowering.members(&citus.group(number)).iter();
            (number, members.map(|member| &member.name).collect())
        })
        .collect();
    let Some(first) = groups.first().and_then(|(_, members)| members.first()) else {
        return Vec::new();
    };
    let mut all = vec![
        check(citus, &groups, first),
        primary_fails(citus, first),
        unfinished(citus, first),
    ];
    if let Some((number, members)) = groups.last()
        && let [asked, .., broken] = members.as_slice()
    {
        all.push(data_lost(&scope, *number, asked, broken));
        all.push(switchover(&scope, &groups, first));
    }
    all
}

fn list(asked: &Name) -> Instruction {
    Instruction::run(
        Words::new(
            "See the members of every group. In each exactly one is `Leader` and `running`, every other is `streaming` on the same timeline (`TL`) with a lag of 0:",
            "查看所有组的成员。每组有且只有一个是 `Leader` 且为 `running`，其余均为 `streaming`，时间线（`TL`）相同，延迟为 0：",
        ),
        asked,
        patronictl(&["list"]),
    )
}

fn nodes(citus: &Citus, asked: &Name) -> Instruction {
    let known = citus.numbers().map(|number| format!("{number}|…|t"));
    Instruction::run(
        Words::new(
            "The coordinator knows the primary of every group, by the address that the list has for it, and uses it:",
            "协调节点知道每个组的主库，地址与上面的列表一致，且处于启用状态：",
        ),
        asked,
        [
            "psql",
            "-U",
            "postgres",
            "-d",
            &citus.patroni().contents().databases().concat(),
            "-Atc",
            "SELECT groupid, nodename || ':' || nodeport, isactive FROM pg_dist_node WHERE noderole = 'primary' ORDER BY 1",
        ],
    )
    .expect(known.collect::<Vec<_>>().join("\n"))
}

fn check(citus: &Citus, groups: &[(u32, Vec<&Name>)], first: &Name) -> Procedure {
    let rows = groups.iter().flat_map(|(number, members)| {
        members.iter().enumerate().map(move |(index, member)| {
            let (role, state, lag) = match index {
                0 => ("Leader", "running", ""),
                1 => ("Sync Standby", "streaming", "0"),
                _ => ("Replica", "streaming", "0"),
            };
            format!("| {number:>5} | {member} | … | {role:12} | {state:9} | … | {lag:>9} |")
        })
    });
    Procedure::new(
        ProcedureKind::Check,
        Words::new(
            "One member of each group leads, and the coordinator knows it",
            "每组有一个主库，且协调节点知道它",
        ),
        Words::new(
            "Group 0 is the coordinator. Which member leads is decided at run time, so the roles may stand in other rows than here.",
            "第 0 组是协调节点。谁是主库由运行时决定，角色所在的行可能与下面不同。",
        ),
    )
    .step(list(first).expect(rows.collect::<Vec<_>>().join("\n")))
    .step(nodes(citus, first))
}

fn primary_fails(citus: &Citus, first: &Name) -> Procedure {
    let ttl = citus.patroni().ttl_time();
    Procedure::new(
        ProcedureKind::Failure,
        Words::new("The primary of a group fails", "某个组的主库故障"),
        Words::new(
            format!(
                "Of the coordinator: every query fails until another of its members leads. Of a worker group: queries fail that need rows of it, and wait or fail until its new primary is known to the coordinator. A lost host is replaced after at most {ttl} and some seconds. The old primary rejoins by itself, as a replica."
            ),
            format!(
                "如果是协调节点：在其另一个成员成为主库之前，所有查询失败。如果是工作组：需要该组数据的查询会等待或失败，直到协调节点得知新主库。主机丢失时，最多 {ttl} 加数秒后完成切换。旧主库恢复后会自动以从库身份重新加入。"
            ),
        ),
    )
    .step(list(first))
    .step(nodes(citus, first))
}

fn unfinished(citus: &Citus, first: &Name) -> Procedure {
    let task = citus.task();
    Procedure::new(
        ProcedureKind::Failure,
        Words::new(
            "The application's role may not log in from group to group",
            "应用角色无法在各组之间登录",
        ),
        Words::new(
            "Queries that need a worker group fail with `password authentication failed`, or a table cannot be made. A task gives each group the password of the role, and the database to it, after the first start and after a password was changed.",
            "需要工作组的查询报 `password authentication failed`，或无法建表。首次启动或修改口令之后，由一个任务把角色口令写入各组，并把数据库的所有权交给该角色。",
        ),
    )
    .step(Instruction::act(
        Words::new("Run the task again; it ends with 0:", "再次运行该任务，应以 0 退出："),
        &task,
        Act::Repeat,
    ))
    .step(nodes(citus, first))
}

fn data_lost(scope: &str, number: u32, asked: &Name, broken: &Name) -> Procedure {
    let group = number.to_string();
    Procedure::new(
        ProcedureKind::Failure,
        Words::new(
            "A replica does not follow, or has lost its volume",
            "从库无法跟随，或丢失了数据卷",
        ),
        Words::new(
            "A member that starts with an empty volume copies the primary of its group by itself. One that has data and cannot follow (`start failed`, or a lag that only grows) has to be told to throw its data away and to copy.",
            "数据卷为空的成员启动后会自动从本组主库克隆。有数据却无法跟随的成员（`start failed`，或延迟持续增长）需要手动命令它丢弃数据并重新克隆。",
        ),
    )
    .step(
        Instruction::run(
            Words::new(
                format!("{broken} of group {number} as an example: make sure that it is not the leader, then let it copy anew:"),
                format!("以第 {number} 组的 {broken} 为例：确认它不是主库，然后让它重新克隆："),
            ),
            asked,
            patronictl(&[
                "reinit",
                scope,
                broken.as_str(),
                "--group",
                &group,
                "--force",
            ]),
        )
        .expect(format!("Success: reinitialize for member {broken}")),
    )
    .step(list(asked))
}

fn switchover(scope: &str, groups: &[(u32, Vec<&Name>)], first: &Name) -> Procedure {
    let procedure = Procedure::new(
        ProcedureKind::Switchover,
        Words::new(
            "Give the lead of a group to another member",
            "切换某个组的主库",
        ),
        Words::new(
            "Before the primary's host is taken down, for each group that it leads. A worker group is switched while the coordinator holds its queries back; of the coordinator, connections are cut. Nothing is lost.",
            "在停止主库所在主机之前执行，对其担任主库的每个组各执行一次。切换工作组时协调节点会暂缓相关查询；切换协调节点时连接会断开。不会丢失数据。",
        ),
    )
    .step(list(first));
    groups
        .iter()
        .fold(procedure, |procedure, (number, members)| {
            let Some(asked) = members.first() else {
                return procedure;
            };
            let group = number.to_string();
            procedure.step(
                Instruction::run(
                    Words::new(
                        format!("Group {number}, when its leader is on that host:"),
                        format!("第 {number} 组，如果其主库在该主机上："),
                    ),
                    asked,
                    patronictl(&["switchover", scope, "--group", &group, "--force"]),
                )
                .expect("… Successfully switched over to \"…\""),
            )
        })
}
