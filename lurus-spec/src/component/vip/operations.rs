//! What people do about the address of the edge: seeing where it is, moving it; and what to set at a provider that keeps it.

use crate::component::Lowering;
use crate::component::nginx::{HTTP, HTTPS};
use crate::component::vip::Vip;
use crate::plan::{Act, Instruction, Procedure, ProcedureKind};
use crate::words::Words;

pub(super) fn operations(vip: &Vip, lowering: &Lowering<'_>) -> Vec<Procedure> {
    if vip.is_external() {
        provided(vip, lowering)
    } else {
        moved(vip, lowering)
    }
}

/// An address that hosts of the cluster hand over to each other.
fn moved(vip: &Vip, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let members = lowering.members(&vip.meta.name.value);
    let (Some(first), Some(interface)) = (members.first(), &vip.interface) else {
        return Vec::new();
    };
    let (address, interface) = (vip.address.value, interface.value.as_str());
    let on_host =
        |words: &[&str]| Act::OnHost(words.iter().map(|word| (*word).to_owned()).collect());
    let each = |says: Words, words: &[&str]| {
        members.iter().fold(Instruction::say(says), |step, member| {
            step.and(&member.name, on_host(words))
        })
    };
    let one = |says: Words, words: &[&str]| Instruction::act(says, &first.name, on_host(words));
    let shown = ["ip", "-brief", "-4", "address", "show", "dev", interface];
    let holders = members.iter().map(|member| {
        let holds = if member.name == first.name {
            format!(" {address}/…")
        } else {
            String::new()
        };
        format!("{interface} UP {}/…{holds}", member.address)
    });
    let holder = each(
        Words::new(
            format!("{address} is on exactly one host, whichever:"),
            format!("{address} 只在其中一台主机上，任意一台均可："),
        ),
        &shown,
    )
    .expect(holders.collect::<Vec<_>>().join("\n"));
    let running = each(
        Words::new(
            "See what each router does, and why:",
            "查看各主机上 keepalived 的状态及原因：",
        ),
        &["journalctl", "--no-pager", "-n", "20", "-u", "keepalived"],
    );
    vec![
        Procedure::new(
            ProcedureKind::Check,
            Words::new("One host has the address", "有且只有一台主机持有该地址"),
            Words::new(
                "A host whose edge does not answer gives the address up, and takes part again once it does. A host that returns takes nothing back.",
                "边缘代理无应答的主机会放弃该地址，恢复后重新参与竞选。恢复的主机不会抢回地址。",
            ),
        )
        .step(holder.clone()),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("The host that has the address fails", "持有该地址的主机故障"),
            Words::new(
                "Another host takes the address within about 4 seconds, and within about 6 when only the edge failed there. Connections break, and clients connect again. Nothing is to be done but to mend the host; the address stays where it is then.",
                "另一台主机约 4 秒内接管该地址；如果只是该主机上的边缘代理故障，约 6 秒内接管。连接会断开，由客户端重新连接。除修复主机外无需其他操作，地址之后留在接管的主机上。",
            ),
        )
        .step(holder.clone()),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("No host has the address", "没有主机持有该地址"),
            Words::new(
                "Users reach nothing. Either no edge answers on its host, or no router runs.",
                "用户无法访问。原因是各主机上的边缘代理均无应答，或 keepalived 均未运行。",
            ),
        )
        .step(running.clone())
        .step(each(
            Words::new("Start what does not run:", "启动未运行的 keepalived："),
            &["systemctl", "start", "keepalived"],
        ))
        .step(Instruction::say(Words::new(
            "When they say that the script `edge` fails, go on with the failure of the edge.",
            "如果日志显示脚本 `edge` 失败，请按边缘代理的故障处理。",
        ))),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("Two hosts have the address", "两台主机同时持有该地址"),
            Words::new(
                format!(
                    "They do not hear each other: something between them drops IP protocol 112. Users reach one or the other, at random. Many providers drop it always; there the address has to be theirs (`.external()`). Another router of that network may also have the number {}.",
                    vip.router_id()
                ),
                format!(
                    "主机之间收不到对方的通告：中间有设备丢弃了 IP 协议 112。用户会随机到达其中一台。许多云厂商始终丢弃该协议，此时地址应由云厂商提供（`.external()`）。也可能是同一网络中另一组 VRRP 使用了相同的编号 {}。",
                    vip.router_id()
                ),
            ),
        )
        .step(holder)
        .step(running)
        .step(each(
            Words::new(
                "See whether the packet filter of each host lets its peers in. No line means that it does not, or that it filters nothing:",
                "检查各主机的数据包过滤规则是否放行对端。没有输出表示未放行，或根本没有过滤：",
            ),
            &["sh", "-c", "nft list ruleset | grep -E 'protocol (112|vrrp)'"],
        )),
        Procedure::new(
            ProcedureKind::Switchover,
            Words::new(
                "The address is moved before its host is worked on",
                "维护主机前移走该地址",
            ),
            Words::new(
                "A router that is told to stop says so to the others, and one of them takes the address within a second. It does not come back by itself: to bring it back, do the same at its new host.",
                "keepalived 收到停止命令后会通知其他主机，其中一台在一秒内接管该地址。地址不会自动返回；如需移回，在新主机上执行同样的操作。",
            ),
        )
        .step(one(
            Words::new("At the host that has it:", "在持有该地址的主机上："),
            &["systemctl", "stop", "keepalived"],
        ))
        .step(one(
            Words::new("After the work:", "维护完成后："),
            &["systemctl", "start", "keepalived"],
        )),
    ]
}

/// An address of a provider's balancer.
fn provided(vip: &Vip, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let Some(edge) = vip.leads_to.as_ref().map(|set| &set.value) else {
        return Vec::new();
    };
    let address = vip.address.value;
    let status = edge.status();
    let listed = |port: &str| {
        let peers = lowering.peers(edge.name(), port);
        let peers: Vec<String> = peers.iter().map(|peer| format!("`{peer}`")).collect();
        peers
    };
    let listener = |port: &str| {
        let peers = lowering.peers(edge.name(), port);
        let own = peers.first().map_or(0, |peer| peer.port);
        let servers = listed(port);
        Instruction::say(Words::new(
            format!(
                "A TCP listener on port {own} of {address}, with the servers {}.",
                servers.join(", ")
            ),
            format!(
                "{address} 的 {own} 端口：TCP 监听，后端服务器为 {}。",
                servers.join("、")
            ),
        ))
    };
    let checked = if vip.checked_from.is_empty() {
        Words::new(
            "A health check of both by connecting to the port (TCP), every 5 seconds, with 2 failures until a server is left out.",
            "两个监听均使用 TCP 健康检查，间隔 5 秒，连续失败 2 次后摘除服务器。",
        )
    } else {
        let pages = listed(&status.endpoint);
        Words::new(
            format!(
                "A health check of both by `GET /healthz` over plain HTTP, where 200 is healthy, at {}, every 5 seconds, with 2 failures until a server is left out.",
                pages.join(", ")
            ),
            format!(
                "两个监听均使用 HTTP 健康检查：`GET /healthz`，状态码 200 为健康，检查地址 {}，间隔 5 秒，连续失败 2 次后摘除服务器。",
                pages.join("、")
            ),
        )
    };
    vec![
        Procedure::new(
            ProcedureKind::Check,
            Words::new(
                "The provider's balancer leads to every edge",
                "云厂商的负载均衡指向每个边缘代理",
            ),
            Words::new(
                format!("{address} is the provider's, and nothing of it is generated. This is to be set there, and its console shows whether each server is healthy."),
                format!("{address} 由云厂商提供，不生成任何相关文件。以下内容须在云厂商控制台设置，各服务器是否健康也在那里查看。"),
            ),
        )
        .step(listener(HTTPS))
        .step(listener(HTTP))
        .step(Instruction::say(checked))
        .step(Instruction::say(Words::new(
            "No TLS and no HTTP of its own: the edge ends TLS. Addresses of clients are kept (on most providers the default for TCP); otherwise every user has the balancer's address in the logs of services.",
            "负载均衡自身不处理 TLS 和 HTTP：由边缘代理终结 TLS。须保留客户端源地址（多数云厂商的 TCP 监听默认如此），否则服务日志中所有用户都显示为负载均衡的地址。",
        )))
        .step(Instruction::say(Words::new(
            "An idle time of at least the longest silence that the edge allows, where the provider has such a limit: a model that thinks longer is cut off otherwise.",
            "如果云厂商有空闲连接超时，须不小于边缘代理允许的最长静默时间，否则思考时间较长的模型请求会被中断。",
        ))),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("Users do not reach the address", "用户无法访问该地址"),
            Words::new(
                "When the provider shows all servers as unhealthy, the cause is the edge, or a rule of the provider's network (security group) that keeps the balancer from it. When it shows them as healthy, it is the balancer itself or the name.",
                "如果控制台显示所有服务器均不健康，原因在边缘代理，或云厂商的安全组阻止了负载均衡的访问。如果显示健康，原因在负载均衡本身或域名解析。",
            ),
        )
        .step(Instruction::say(Words::new(
            "Ask each edge past the balancer; when one answers, look at the provider's side.",
            "绕过负载均衡直接访问各边缘代理；如果有应答，请检查云厂商一侧。",
        ))),
    ]
}
