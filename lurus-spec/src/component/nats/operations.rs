//! What people do with running NATS servers: seeing that streams have their copies, moving leaders.

use crate::component::nats::lower::{ASK, PATIENCE};
use crate::component::nats::{MONITOR, Nats};
use crate::component::{Lowering, Peer};
use crate::plan::{Act, Instruction, Procedure, ProcedureKind};
use crate::words::Words;

pub(super) fn operations(nats: &Nats, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let peers = lowering.peers(&nats.meta.name.value, MONITOR);
    let Some(first) = peers.first() else {
        return Vec::new();
    };
    let mut all = vec![
        check(nats, &peers, first),
        server_fails(nats, &peers, first),
    ];
    if let [_, other, ..] = peers.as_slice() {
        all.push(volume_lost(nats, first, other));
        all.push(majority_fails(nats, &peers, first));
        all.push(step_down(nats, first));
    }
    all
}

/// Asks one server, as one of its accounts.
fn ask(account: &str, subject: &str) -> [String; 4] {
    [
        "sh".to_owned(),
        ASK.to_owned(),
        account.to_owned(),
        subject.to_owned(),
    ]
}

fn streams(nats: &Nats) -> impl Iterator<Item = String> {
    nats.streams
        .iter()
        .map(|stream| stream.value.name.to_string())
}

/// Every stream, and where its copies are.
fn copies(nats: &Nats, asked: &Peer) -> Option<Instruction> {
    let names: Vec<String> = streams(nats).collect();
    let step = Instruction::say(Words::new(
        "Each stream has a leader, and each of its replicas is `\"current\":true` and not `\"offline\":true`:",
        "每个流都有 leader，其每个副本均为 `\"current\":true`，且没有 `\"offline\":true`：",
    ));
    (!names.is_empty()).then(|| {
        names
            .iter()
            .fold(step, |step, name| {
                step.and_run(&asked.name, ask("app", &format!("$JS.API.STREAM.INFO.{name}")))
            })
            .expect("{…,\"cluster\":{…,\"leader\":\"…\",\"replicas\":[{\"name\":\"…\",\"current\":true,…},…]},…}")
    })
}

fn check(nats: &Nats, peers: &[Peer], first: &Peer) -> Procedure {
    let health = peers.iter().fold(
        Instruction::say(Words::new(
            "Each server is healthy by itself. This alone says nothing about streams:",
            "每台服务器自身健康。仅凭这一点不能说明流是否正常：",
        )),
        |step, peer| {
            let page = format!("http://{peer}/healthz");
            step.and_run(&peer.name, ["wget", "-q", "-O", "-", page.as_str()])
        },
    );
    let meta = format!("wget -q -O - http://{first}/jsz | grep -A 20 meta_cluster");
    let mut check = Procedure::new(
        ProcedureKind::Check,
        Words::new("All servers agree, and streams have their copies", "所有服务器一致，流的副本齐全"),
        Words::new(
            "Messages flow while one server is there. Streams can be written while a majority of their copies is, and created or changed while a majority of all servers is.",
            "只要有一台服务器，消息就能收发。流的多数副本在线时才能写入该流；全部服务器的多数在线时才能创建或修改流。",
        ),
    )
    .step(health.expect(vec!["{\"status\":\"ok\"}"; peers.len()].join("\n")))
    .step(
        Instruction::run(
            Words::new(
                "The servers have a leader among them, and `cluster_size` counts all. The leader, when it is asked, lists the others too, each with `\"current\": true`:",
                "服务器之间有一个 leader，`cluster_size` 等于服务器总数。向 leader 查询时，还会列出其余服务器，均为 `\"current\": true`：",
            ),
            &first.name,
            ["sh", "-c", &meta],
        )
        .expect(format!(
            "  \"meta_cluster\": {{\n    \"name\": \"…\",\n    \"leader\": \"…\",\n    …\n    \"cluster_size\": {},\n    …",
            peers.len()
        )),
    );
    check.steps.extend(copies(nats, first));
    check
}

fn server_fails(nats: &Nats, peers: &[Peer], first: &Peer) -> Procedure {
    let spare = peers.len().saturating_sub(1) / 2;
    let mut procedure = Procedure::new(
        ProcedureKind::Failure,
        Words::new("A server fails", "一台服务器故障"),
        Words::new(
            format!(
                "Its clients connect to another server by themselves. Streams whose leader it was elect another within 4 to 7 seconds, and publishing to them waits or fails that long: publishers have to try again until they are answered. With at most {spare} of {} servers away no message of a stream with three copies is lost. A server that comes back catches up by itself; one whose JetStream has not joined after {PATIENCE} s begins again, and says so in its log.",
                peers.len()
            ),
            format!(
                "客户端会自动连接其他服务器。以它为 leader 的流会在 4 到 7 秒内重新选举，在此期间向这些流发布会等待或失败：发布方必须重试直到收到确认。{} 台服务器中最多 {spare} 台不在线时，三副本的流不会丢失消息。服务器恢复后会自动追上；如果 {PATIENCE} 秒内 JetStream 仍未加入集群，它会自行重启，并写入日志。",
                peers.len()
            ),
        ),
    )
    .step(Instruction::act(
        Words::new(
            format!("Read why it stopped, {} as an example:", first.name),
            format!("以 {} 为例，查看停止的原因：", first.name),
        ),
        &first.name,
        Act::Logs,
    ))
    .step(Instruction::start(&first.name));
    procedure.steps.extend(copies(nats, first));
    procedure
}

fn volume_lost(nats: &Nats, first: &Peer, other: &Peer) -> Procedure {
    let mut procedure = Procedure::new(
        ProcedureKind::Failure,
        Words::new("A server has lost its volume", "一台服务器丢失了数据卷"),
        Words::new(
            "It comes back under its name with nothing, and copies every stream that has copies elsewhere by itself. A stream with a single copy on it is gone. Until all copies are current, take no other server down.",
            "它以原来的名字、空的数据启动，并自动从其他服务器复制有副本的流。只在它上面有单副本的流则已丢失。所有副本恢复为 current 之前，不要停止其他服务器。",
        ),
    )
    .step(Instruction::act(
        Words::new(
            format!("Start it when it does not run, {} as an example:", first.name),
            format!("如果没有运行，则启动它（以 {} 为例）：", first.name),
        ),
        &first.name,
        Act::Start,
    ));
    procedure.steps.extend(copies(nats, other));
    procedure
}

fn majority_fails(nats: &Nats, peers: &[Peer], first: &Peer) -> Procedure {
    let majority = peers.len() / 2 + 1;
    let mut procedure = Procedure::new(
        ProcedureKind::Failure,
        Words::new("A majority is lost", "失去多数服务器"),
        Words::new(
            format!(
                "With fewer than {majority} of {} servers, messages without a stream still flow; nothing can be written to a stream of three copies, and no stream can be created. Nothing heals by itself.",
                peers.len()
            ),
            format!(
                "{} 台服务器中不足 {majority} 台在线时，不经过流的消息仍可收发；三副本的流无法写入，也无法创建新的流。集群不会自行恢复。",
                peers.len()
            ),
        ),
    )
    .step(Instruction::say(Words::new(
        "Bring back the hosts whose volumes are intact: streams go on once a majority of their copies is there.",
        "恢复数据卷完好的主机：多数副本在线后，流即恢复工作。",
    )));
    procedure.steps.extend(copies(nats, first));
    procedure
}

fn step_down(nats: &Nats, first: &Peer) -> Procedure {
    let mut procedure = Procedure::new(
        ProcedureKind::Switchover,
        Words::new("Move leaders away from a server", "把 leader 从一台服务器移走"),
        Words::new(
            "Before a server's host is taken down. A server that is stopped in order does this by itself: it enters lame duck mode, gives up what it leads and sends its clients elsewhere. By hand it is one request for the leader of the servers, and one for each stream; any server takes them.",
            "在停止服务器所在主机之前执行。正常停止的服务器会自动完成：它进入 lame duck 模式，让出所有 leader，并让客户端改连其他服务器。手动操作时，对元数据 leader 发一次请求，对每个流各发一次请求；可以发给任意一台服务器。",
        ),
    )
    .step(
        Instruction::run(
            Words::new("The leader of all servers:", "全部服务器的元数据 leader："),
            &first.name,
            ask("sys", "$JS.API.META.LEADER.STEPDOWN"),
        )
        .expect("{\"type\":\"io.nats.jetstream.api.v1.meta_leader_stepdown_response\",\"success\":true}"),
    );
    for stream in streams(nats) {
        procedure = procedure.step(
            Instruction::run(
                Words::new(
                    format!("The leader of the stream {stream}:"),
                    format!("流 {stream} 的 leader："),
                ),
                &first.name,
                ask("app", &format!("$JS.API.STREAM.LEADER.STEPDOWN.{stream}")),
            )
            .expect("{\"type\":\"io.nats.jetstream.api.v1.stream_leader_stepdown_response\",\"success\":true}"),
        );
    }
    procedure
}
