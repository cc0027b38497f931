//! What people do with a running Redis Cluster: seeing who leads which shard, moving masters and moving them back.

use crate::component::redis::{CLIENT, RedisCluster, layout};
use crate::component::{Lowering, Peer};
use crate::literal::HostName;
use crate::plan::{Act, Instruction, Procedure, ProcedureKind};
use crate::words::Words;

/// A member with its shard, as the cluster is formed.
struct Placed {
    peer: Peer,
    host: HostName,
    shard: u32,
    leads: bool,
}

pub(super) fn operations(redis: &RedisCluster, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let name = &redis.meta.name.value;
    let placed: Vec<Placed> = layout(redis.wish(), &lowering.site)
        .into_iter()
        .zip(lowering.peers(name, CLIENT))
        .zip(lowering.members(name))
        .map(|((copy, peer), member)| Placed {
            peer,
            host: member.host.clone(),
            shard: copy.shard,
            leads: copy.number == 0,
        })
        .collect();
    let Some(first) = placed.first() else {
        return Vec::new();
    };
    vec![
        check(first),
        master_fails(redis, first, &placed),
        replica_fails(&placed, first),
        volume_lost(redis, lowering, first),
        shard_lost(first),
        switchover(&placed),
        fail_back(&placed, first),
    ]
}

fn cli(member: &Placed, words: &[&str]) -> Vec<String> {
    let port = member.peer.port.to_string();
    ["redis-cli", "-p", &port]
        .iter()
        .chain(words)
        .map(|word| (*word).to_owned())
        .collect()
}

fn covered(first: &Placed) -> Instruction {
    let member = format!("127.0.0.1:{}", first.peer.port);
    Instruction::run(
        Words::new(
            "All members agree, and every slot has a master:",
            "所有成员的视图一致，每个槽都有主节点：",
        ),
        &first.peer.name,
        ["redis-cli", "--cluster", "check", &member],
    )
    .expect("…\n[OK] All nodes agree about slots configuration.\n…\n[OK] All 16384 slots covered.")
}

fn nodes(first: &Placed) -> Instruction {
    Instruction::run(
        Words::new(
            "See who is master of which slots. None is `fail` or `fail?`:",
            "查看各槽的主节点。不应出现 `fail` 或 `fail?`：",
        ),
        &first.peer.name,
        cli(first, &["cluster", "nodes"]),
    )
}

fn check(first: &Placed) -> Procedure {
    Procedure::new(
        ProcedureKind::Check,
        Words::new("Every slot is served", "每个槽都有节点服务"),
        Words::new(
            "The cluster serves the slots whose master is alive, and refuses the others.",
            "主节点存活的槽正常服务，其余的槽拒绝访问。",
        ),
    )
    .step(covered(first))
    .step(
        Instruction::run(
            Words::new(
                "This member itself agrees; ask the others the same when in doubt:",
                "该成员自身的判断；有疑问时在其他成员上执行同样的命令：",
            ),
            &first.peer.name,
            cli(first, &["cluster", "info"]),
        )
        .expect("cluster_state:ok\ncluster_slots_assigned:16384\ncluster_slots_ok:16384\n…"),
    )
    .step(nodes(first))
}

/// The home of each shard's master, in words: `shard 1: redis-1 on node-1`.
fn homes(placed: &[Placed]) -> (String, String) {
    let masters = || placed.iter().filter(|member| member.leads);
    let english: Vec<String> = masters()
        .map(|member| {
            format!(
                "shard {}: {} on {}",
                member.shard, member.peer.name, member.host
            )
        })
        .collect();
    let chinese: Vec<String> = masters()
        .map(|member| {
            format!(
                "分片 {}：{}（{}）",
                member.shard, member.peer.name, member.host
            )
        })
        .collect();
    (english.join("; "), chinese.join("；"))
}

fn master_fails(redis: &RedisCluster, first: &Placed, placed: &[Placed]) -> Procedure {
    let timeout = redis.silence();
    let twice = redis.silence().as_millis() * 2 / 1000;
    let shards = placed.iter().filter(|member| member.leads).count();
    let majority = shards / 2 + 1;
    Procedure::new(
        ProcedureKind::Failure,
        Words::new("A master fails", "主节点故障"),
        Words::new(
            format!(
                "After {timeout} of silence the other masters agree that it is gone, and a replica takes its place: keys of this shard are refused for about {twice} s, those of other shards are served. Writes that the replica had not received are lost, as a rule less than a second of them. {majority} of {shards} masters have to be alive for this. The old master comes back as a replica of the new one, and stays one: **fail back** once it is there, or two masters share a host and the loss of that host stops the cluster."
            ),
            format!(
                "沉默 {timeout} 后，其余主节点判定它已下线，由其从节点接替：该分片的键约有 {twice} 秒被拒绝访问，其他分片正常。从节点尚未收到的写入会丢失，通常不到一秒。前提是 {shards} 个主节点中至少有 {majority} 个存活。旧主节点恢复后会成为新主节点的从节点，并保持不变：恢复后请执行**回切**，否则两个主节点落在同一台主机上，该主机故障时整个集群会停止服务。"
            ),
        ),
    )
    .step(nodes(first))
    .step(Instruction::act(
        Words::new(
            format!("Read why it stopped, {} as an example:", first.peer.name),
            format!("以 {} 为例，查看停止的原因：", first.peer.name),
        ),
        &first.peer.name,
        Act::Logs,
    ))
    .step(Instruction::start(&first.peer.name))
    .step(covered(first))
}

fn replica_fails(placed: &[Placed], first: &Placed) -> Procedure {
    let replica = placed.iter().find(|member| !member.leads).unwrap_or(first);
    Procedure::new(
        ProcedureKind::Failure,
        Words::new("A replica fails", "从节点故障"),
        Words::new(
            "Clients notice nothing. Until it is back and has copied, its shard has one copy less to lose.",
            "客户端无感知。在它恢复并完成同步之前，该分片少一个可用副本。",
        ),
    )
    .step(Instruction::act(
        Words::new(
            format!("Start it when it does not run, {} as an example:", replica.peer.name),
            format!("如果没有运行，则启动它（以 {} 为例）：", replica.peer.name),
        ),
        &replica.peer.name,
        Act::Start,
    ))
    .step(
        Instruction::run(
            Words::new(
                "It has copied from its master:",
                "确认它已与主节点同步：",
            ),
            &replica.peer.name,
            cli(replica, &["info", "replication"]),
        )
        .expect("# Replication\nrole:slave\n…\nmaster_link_status:up\n…\nmaster_sync_in_progress:0\n…"),
    )
}

fn volume_lost(redis: &RedisCluster, lowering: &Lowering<'_>, first: &Placed) -> Procedure {
    let task = redis.task();
    let mut procedure = Procedure::new(
        ProcedureKind::Failure,
        Words::new("A member has lost its volume", "成员丢失了数据卷"),
        Words::new(
            "It starts blank, as a stranger that holds no slots. When it was a master and came back before a replica took over, nobody serves its slots: to the others its address answers. The task that formed the cluster gives it its place again: a replica of such a master leads first, and the blank member becomes a replica of whoever serves its shard now, and copies. The task moves no slot, so it can be run at any time.",
            "它以空白状态启动，不认识集群，也不持有任何槽。如果它原是主节点，且在从节点接替之前就已恢复，则其槽无人服务：在其他节点看来，它的地址仍有应答。组建集群的任务会让它归位：先由该主节点的从节点接替，再让空白成员成为当前服务该分片的节点的从节点并复制数据。该任务不移动槽，可以随时运行。",
        ),
    );
    if let Some(member) = lowering.members(&task).first() {
        procedure = procedure.step(
            Instruction::act(
                Words::new(
                    "With the blank member running, run the task again:",
                    "在空白成员运行的情况下，重新运行该任务：",
                ),
                &member.name,
                Act::Repeat,
            )
            .expect("…\nslots 0-…: …, replicas …\n…"),
        );
    }
    procedure.step(covered(first))
}

fn shard_lost(first: &Placed) -> Procedure {
    Procedure::new(
        ProcedureKind::Failure,
        Words::new(
            "All copies of a shard, or most masters, are lost at once",
            "一个分片的所有副本，或多数主节点同时丢失",
        ),
        Words::new(
            "Without a copy its slots are refused, while other shards serve. Without a majority of masters nobody takes over for anyone, and after the node timeout every key is refused. Nothing heals by itself.",
            "没有副本的分片，其槽拒绝访问，其他分片正常。失去多数主节点时无法进行任何接管，超过节点超时后所有键都被拒绝访问。集群不会自行恢复。",
        ),
    )
    .step(Instruction::say(Words::new(
        "Bring the hosts back with their volumes, masters first: the cluster goes on with the data on disk as soon as they see each other. Do not delete a volume before that.",
        "带着原数据卷恢复主机，先恢复主节点：节点互相连通后，集群即以磁盘上的数据继续工作。在此之前不要删除任何数据卷。",
    )))
    .step(nodes(first))
}

fn switchover(placed: &[Placed]) -> Procedure {
    let mut procedure = Procedure::new(
        ProcedureKind::Switchover,
        Words::new(
            "Give a shard's lead to a replica",
            "把分片的主节点切换到从节点",
        ),
        Words::new(
            "Before a master's host is taken down: once for each master on it. The command goes to the replica that shall lead; clients wait a fraction of a second, and nothing is lost. Never add `FORCE` or `TAKEOVER`: they lose writes.",
            "在停止主节点所在主机之前，对其上的每个主节点各执行一次。命令要发给将要成为主节点的从节点；客户端只等待零点几秒，不会丢失数据。切勿加 `FORCE` 或 `TAKEOVER`：它们会丢失写入。",
        ),
    );
    for home in placed.iter().filter(|member| member.leads) {
        let replica = placed
            .iter()
            .find(|member| member.shard == home.shard && !member.leads);
        if let Some(replica) = replica {
            procedure = procedure.step(
                Instruction::run(
                    Words::new(
                        format!(
                            "Shard {}, from {} on {} to {} on {}:",
                            home.shard, home.peer.name, home.host, replica.peer.name, replica.host
                        ),
                        format!(
                            "分片 {}，从 {}（{}）切换到 {}（{}）：",
                            home.shard, home.peer.name, home.host, replica.peer.name, replica.host
                        ),
                    ),
                    &replica.peer.name,
                    cli(replica, &["cluster", "failover"]),
                )
                .expect("OK"),
            );
        }
    }
    procedure.step(Instruction::say(Words::new(
        "Wait until the replica says `master` to `role` and the old master `slave`, before the host is stopped. Afterwards, fail back.",
        "停止主机之前，等待新主节点的 `role` 返回 `master`，旧主节点返回 `slave`。维护完成后执行回切。",
    )))
}

fn fail_back(placed: &[Placed], first: &Placed) -> Procedure {
    let (english, chinese) = homes(placed);
    let mut procedure = Procedure::new(
        ProcedureKind::FailBack,
        Words::new("Give the masters back to their hosts", "让主节点回到原来的主机"),
        Words::new(
            format!(
                "A failover leaves its mark: the replica that took over goes on leading when the old master is back, and its host may now carry several masters. The next loss of that host takes all of them at once, and without a majority of masters nobody is left to replace them. Masters belong where they were formed ({english})."
            ),
            format!(
                "故障转移会留下后遗症：旧主节点恢复后，接替它的从节点仍然是主节点，其所在主机可能承载了多个主节点。该主机再次故障时会同时失去它们；主节点不足多数，就无法完成接替。主节点应当回到组建时的位置（{chinese}）。"
            ),
        ),
    )
    .step(nodes(first))
    .step(covered(first));
    for home in placed.iter().filter(|member| member.leads) {
        procedure = procedure.step(
            Instruction::run(
                Words::new(
                    format!(
                        "Shard {}, back to {}. An error `You should send CLUSTER FAILOVER to a replica` says that it leads already:",
                        home.shard, home.peer.name
                    ),
                    format!(
                        "分片 {}，回切到 {}。如果报错 `You should send CLUSTER FAILOVER to a replica`，说明它已经是主节点：",
                        home.shard, home.peer.name
                    ),
                ),
                &home.peer.name,
                cli(home, &["cluster", "failover"]),
            )
            .expect("OK"),
        );
    }
    procedure
}
