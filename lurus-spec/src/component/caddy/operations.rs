//! What people do with a running Caddy: seeing what it sends requests to, taking one out.

use crate::component::Lowering;
use crate::component::caddy::{
    ANSWERS_WITHIN, ASKED_EVERY, CONNECTS_WITHIN, Caddy, HEALTHY, LEFT_OUT, METRICS,
};
use crate::plan::{Act, Instruction, Procedure, ProcedureKind};
use crate::words::Words;

pub(super) fn operations(caddy: &Caddy, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let peers = lowering.peers(&caddy.meta.name.value, METRICS);
    let Some(first) = peers.first() else {
        return Vec::new();
    };
    let logs = Instruction::act(
        Words::new(
            "Read what it wrote last. A request that failed is there with the server that it was sent to:",
            "查看最近的日志。失败的请求及其转发的目标服务器都记录在其中：",
        ),
        &first.name,
        Act::Logs,
    );
    let servers = Instruction::run(
        Words::new(
            "`1` is a server that gets requests, `0` one that does not:",
            "`1` 表示该服务器接收请求，`0` 表示不接收：",
        ),
        &first.name,
        [
            "sh",
            "-c",
            &format!(
                "wget -q -O - http://{first}/metrics | grep ^caddy_reverse_proxy_upstreams_healthy"
            ),
        ],
    );
    let health = peers
        .iter()
        .fold(
            Instruction::say(Words::new("Each instance answers:", "每个实例均能应答：")),
            |step, peer| {
                let page = format!("http://{peer}{HEALTHY}");
                step.and_run(&peer.name, ["wget", "-q", "-O", "-", page.as_str()])
            },
        )
        .expect(vec!["ok"; peers.len()].join("\n"));
    let gone = ASKED_EVERY + CONNECTS_WITHIN;
    vec![
        Procedure::new(
            ProcedureKind::Check,
            Words::new("Every instance serves, and so do the services behind it", "各实例及其后端服务均正常"),
            Words::new(
                format!("A service that says whether it is ready is asked every {ASKED_EVERY} s, and gets no requests while it is not, or does not answer within {ANSWERS_WITHIN} s; that it is gone is noticed within {gone} s. One that twice cannot be connected to within {CONNECTS_WITHIN} s gets none for {LEFT_OUT} s. Requests that meet it before that are answered with 502: no second service is asked, because up to 2.11.1 Caddy loses the body of a request on the way."),
                format!("有就绪检查的服务每 {ASKED_EVERY} 秒被查询一次，未就绪或 {ANSWERS_WITHIN} 秒内未应答时不接收请求；实例消失在 {gone} 秒内即可发现。两次无法在 {CONNECTS_WITHIN} 秒内建立连接的服务在 {LEFT_OUT} 秒内不再接收请求。在此之前到达该服务的请求得到 502：不会转给其他服务，因为 2.11.1 及更早版本的 Caddy 在重试时会丢失请求体。"),
            ),
        )
        .step(health)
        .step(servers.clone().expect("caddy_reverse_proxy_upstreams_healthy{upstream=\"…\"} 1\n…")),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("An instance fails", "一个实例故障"),
            Words::new(
                "The edge sends requests to the instances of other hosts; those that it was passing on are lost. The services of its host get no requests until it is back.",
                "边缘会把请求转发到其他主机的实例；正在处理的请求会失败。该实例恢复之前，其所在主机上的服务不接收请求。",
            ),
        )
        .step(logs.clone())
        .step(Instruction::start(&first.name)),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("Requests are answered with 502 or 503", "请求返回 502 或 503"),
            Words::new(
                "502 means that a server broke off a request, and 503 that none of the servers is well. Caddy itself is rarely the cause.",
                "502 表示后端服务器中断了请求，503 表示没有健康的后端服务器。原因通常不在 Caddy 本身。",
            ),
        )
        .step(servers)
        .step(logs),
        Procedure::new(
            ProcedureKind::Switchover,
            Words::new("An instance is taken out before its host is worked on", "维护主机前摘除实例"),
            Words::new(
                format!(
                    "Told to stop, it takes no new request and ends those that run, for up to {}. The edge sends new ones to other hosts.",
                    caddy.drain_time()
                ),
                format!(
                    "收到停止信号后，不再接收新请求，并在最多 {} 内处理完已有请求。边缘会把新请求转发到其他主机。",
                    caddy.drain_time()
                ),
            ),
        )
        .stopped_for_work(&first.name),
    ]
}
