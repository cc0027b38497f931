//! What people do with a running Nginx: seeing that it serves, reading why requests fail, renewing a certificate, taking an
//! instance out.

use crate::component::Lowering;
use crate::component::nginx::{Nginx, STATUS};
use crate::literal::Name;
use crate::plan::{Act, Content, Instruction, Procedure, ProcedureKind};
use crate::words::Words;

pub(super) fn operations(nginx: &Nginx, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let peers = lowering.peers(&nginx.meta.name.value, STATUS);
    let Some(first) = peers.first() else {
        return Vec::new();
    };
    let each = |says: Words, words: &[&str]| {
        let step = Instruction::say(says);
        peers
            .iter()
            .fold(step, |step, peer| step.and_run(&peer.name, words.to_vec()))
    };
    let health = peers.iter().fold(
        Instruction::say(Words::new("Each instance answers:", "每个实例均能应答：")),
        |step, peer| {
            let page = format!("http://{peer}/healthz");
            step.and_run(&peer.name, ["wget", "-q", "-O", "-", page.as_str()])
        },
    );
    let accepted = "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful";
    let logs = Instruction::act(
        Words::new("Read what it wrote last:", "查看最近的日志："),
        &first.name,
        Act::Logs,
    );
    let drain = nginx.drain_time();
    vec![
        Procedure::new(
            ProcedureKind::Check,
            Words::new("Every instance serves", "各实例均正常服务"),
            Words::new(
                "An instance answers here once it has read its file and its certificates. Whether a service behind it answers, the check of that service says.",
                "实例读完配置文件和证书后才会应答。后端服务是否正常，由该服务自己的检查说明。",
            ),
        )
        .step(health.expect(vec!["ok"; peers.len()].join("\n")))
        .step(Instruction::say(names_of(nginx, lowering)))
        .step(Instruction::say(certificates_of(nginx))),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("An instance fails", "一个实例故障"),
            fails(!lowering.floating(&nginx.meta.name.value).is_empty()),
        )
        .step(Instruction::act(
            Words::new(
                "Read why. A mistake in its file is named with its line, and so is a certificate that it cannot read:",
                "查看原因。配置文件错误会指出行号，无法读取的证书也会指明：",
            ),
            &first.name,
            Act::Logs,
        ))
        .step(Instruction::start(&first.name)),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new(
                "Requests are answered with 502, 503 or 504",
                "请求返回 502、503 或 504",
            ),
            Words::new(
                "502: the server behind it refused or broke off the request. 503: that server itself says that it cannot serve. 504: it was silent for longer than the route waits. A server that fails three times within 10 seconds gets no requests for 10 seconds, and a request that changes nothing is tried at another one first.",
                "502：后端服务器拒绝或中断了请求。503：后端服务器自己声明无法服务。504：后端静默时间超过了该路由的等待时间。10 秒内失败三次的服务器在随后 10 秒内不接收请求；不产生修改的请求会先改投另一台服务器。",
            ),
        )
        .step(Instruction::act(
            Words::new(
                "Each line of a request names the servers that it was sent to (`upstream=`), what they answered (`upstream_status=`) and after how long (`upstream_time=`):",
                "每条请求日志都记录转发的服务器（`upstream=`）、其应答状态（`upstream_status=`）和耗时（`upstream_time=`）：",
            ),
            &first.name,
            Act::Logs,
        ))
        .step(Instruction::say(Words::new(
            "Go on with the check of the service that is named there.",
            "然后按日志中所指服务的检查步骤继续排查。",
        ))),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new(
                "A certificate ends soon, or its key has become known",
                "证书即将到期，或私钥泄露",
            ),
            Words::new(
                format!(
                    "Instances read certificates when they start and when they are told to. Running requests go on with the old one, for up to {drain}."
                ),
                format!(
                    "实例只在启动或收到重载命令时读取证书。正在处理的请求继续使用旧证书，最长 {drain}。"
                ),
            ),
        )
        .step(Instruction::say(replaced(nginx, lowering.site.cluster)))
        .step(
            each(
                Words::new(
                    "Try them. An instance that refuses them goes on with the old ones:",
                    "检查新文件。如果被拒绝，实例会继续使用旧证书：",
                ),
                &["nginx", "-t"],
            )
            .expect(vec![accepted; peers.len()].join("\n")),
        )
        .step(each(
            Words::new("Read them:", "重载："),
            &["nginx", "-s", "reload"],
        )),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new(
                "A changed file is not what is served",
                "修改后的配置没有生效",
            ),
            Words::new(
                "A file that Nginx refuses changes nothing: it goes on with the last one that it accepted, and would not start again with the new one.",
                "被拒绝的配置文件不会生效：Nginx 继续使用上一份有效配置，但重启后将无法以新配置启动。",
            ),
        )
        .step(
            Instruction::run(
                Words::new("See what it refuses:", "查看被拒绝的内容："),
                &first.name,
                ["nginx", "-t"],
            )
            .expect(accepted),
        )
        .step(logs),
        Procedure::new(
            ProcedureKind::Switchover,
            Words::new(
                "An instance is taken out before its host is worked on",
                "维护主机前摘除实例",
            ),
            Words::new(
                format!(
                    "Told to stop, it takes no new connection and ends the requests that run, for up to {drain}. What stands before it sends new ones to other instances."
                ),
                format!(
                    "收到停止信号后，不再接受新连接，并在最多 {drain} 内处理完已有请求。其前端会把新请求发往其他实例。"
                ),
            ),
        )
        .stopped_for_work(&first.name),
    ]
}

/// What becomes of the users of an instance that fails.
fn fails(moves: bool) -> Words {
    if moves {
        Words::new(
            "The address that users know moves to another host within about 6 seconds when it was on this one. Connections to this instance break, and clients connect again.",
            "如果用户访问的地址在该主机上，约 6 秒内会漂移到另一台主机。到该实例的连接会断开，由客户端重新连接。",
        )
    } else {
        Words::new(
            "Connections to it break. Whatever stands before the instances has to send nothing more to this one: a balancer that checks them does so by itself, a name with several addresses does not.",
            "到该实例的连接会断开。实例前端必须停止向它转发：带健康检查的负载均衡会自动完成，多地址的 DNS 解析则不会。",
        )
    }
}

/// How the end of each certificate is seen.
fn certificates_of(nginx: &Nginx) -> Words {
    let names: Vec<String> = nginx
        .virtual_hosts
        .iter()
        .map(|host| {
            let name = &host.value.name;
            format!(
                "`openssl s_client -connect {name}:{} -servername {name} </dev/null 2>/dev/null | openssl x509 -noout -enddate`",
                nginx.https_port_or_default().value.get()
            )
        })
        .collect();
    Words::new(
        format!(
            "From a machine that users could have, see until when the certificate of each name is good: {}.",
            names.join(", ")
        ),
        format!(
            "在用户侧的机器上查看每个域名证书的到期时间：{}。",
            names.join("，")
        ),
    )
}

/// How each name is asked for where users will find it, before the DNS says so.
fn names_of(nginx: &Nginx, lowering: &Lowering<'_>) -> Words {
    let group = &nginx.meta.name.value;
    let mut fronts = lowering.floating(group);
    if fronts.is_empty() {
        let members = lowering.members(group).iter();
        fronts.extend(members.map(|member| member.address));
    }
    let port = nginx.https_port_or_default().value;
    let asked = nginx.virtual_hosts.iter().flat_map(|host| {
        let name = &host.value.name;
        let paths = host.value.routes.iter().map(|route| route.path.as_str());
        let path = paths.min_by_key(|path| path.len()).unwrap_or("/");
        fronts.iter().map(move |front| {
            format!(
                "`curl -sS -o /dev/null -w '%{{http_code}}\\n' --resolve {name}:{port}:{front} https://{name}:{port}{path}`"
            )
        })
    });
    let asked: Vec<String> = asked.collect();
    let fronts: Vec<String> = fronts.iter().map(ToString::to_string).collect();
    Words::new(
        format!(
            "Ask for each name at {} before the DNS leads it there, from a machine that users could have: {}. A name whose records were given a TTL of 60 s a day before can be led back within a minute.",
            fronts.join(", "),
            asked.join(", ")
        ),
        format!(
            "在 DNS 切换到 {} 之前，先在用户侧的机器上逐个请求域名：{}。提前一天将域名记录的 TTL 降到 60 秒，一分钟内即可切回。",
            fronts.join("、"),
            asked.join("，")
        ),
    )
}

/// How new certificates come to the hosts.
fn replaced(nginx: &Nginx, cluster: &Name) -> Words {
    let folders: Vec<String> = nginx
        .certificates
        .iter()
        .map(|set| format!("`generated/{cluster}/provided/{}/`", set.value.name))
        .collect();
    let (chain, key) = (Content::CHAIN, Content::KEY);
    Words::new(
        format!(
            "Put the new chain (`{chain}`) and key (`{key}`) into {}, run `cargo xtask secrets {cluster}`, and bring the folders of the hosts to the hosts, as in a deployment.",
            folders.join(", ")
        ),
        format!(
            "将新的证书链（`{chain}`）和私钥（`{key}`）放入 {}，运行 `cargo xtask secrets {cluster}`，再像部署时一样把各主机的目录同步到主机。",
            folders.join("、")
        ),
    )
}
