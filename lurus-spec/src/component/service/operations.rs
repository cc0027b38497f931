//! What people do with a service while it runs.

use crate::component::service::Service;
use crate::component::{Lowering, Peer};
use crate::literal::Name;
use crate::plan::{Act, Instruction, Procedure, ProcedureKind, Text};
use crate::words::Words;

pub(super) fn operations(service: &Service, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let name = &service.meta.name.value;
    let Some(first) = lowering.members(name).first().map(|member| &member.name) else {
        return Vec::new();
    };
    let logs = Instruction::act(
        Words::new(
            "Read the last lines that an instance wrote:",
            "查看某个实例最近的日志：",
        ),
        first,
        Act::Logs,
    );
    let check = Procedure::new(
        ProcedureKind::Check,
        Words::new("Instances serve", "各实例正常提供服务"),
        asked(service),
    );
    let health = service.health(|port| {
        let peers = lowering.peers(name, port);
        peers.first().map(Peer::to_string).unwrap_or_default()
    });
    let check = match &health {
        Some(health) => check.step(Instruction::run(
            Words::new(
                "Ask an instance; success is silent, and 0 is its exit status:",
                "查询某个实例：成功时没有输出，退出码为 0：",
            ),
            first,
            health.command.iter().map(Text::tokens),
        )),
        None => check.step(logs.clone()),
    };
    let is_alone = lowering.members(name).len() == 1;
    let replace = replace(service, first, is_alone);
    let lost = if is_alone {
        let lost = Procedure::new(
            ProcedureKind::Failure,
            Words::new("The only instance is lost", "唯一的实例丢失"),
            Words::new(
                format!(
                    "An instance whose program ends is started again by itself. Nothing takes over while its host is \
                     lost: {name} stands still until the host is back."
                ),
                format!("程序退出后实例会自动重启。所在主机丢失期间没有其他实例接管：{name} 在主机恢复之前停止工作。"),
            ),
        )
        .step(logs);
        lost.step(Instruction::say(Words::new(
            "Where the host does not come back soon, name another host first in `.on(…)` of this service, generate, and \
             start it there. Make sure that the lost host does not start the old instance when it returns.",
            "若主机短期内无法恢复，请在该服务的 `.on(…)` 中把另一台主机写在最前面，重新生成并在那里启动；并确保原主机恢复后不会再启动旧实例。",
        )))
    } else {
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("An instance is lost", "一个实例丢失"),
            Words::new(
                "The other instances serve meanwhile; requests that the lost one had are lost with it. An instance whose \
                 program ends is started again by itself.",
                "其余实例继续提供服务；丢失的实例上正在处理的请求会失败。程序退出后实例会自动重启。",
            ),
        )
        .step(logs)
    };
    vec![check, replace, lost]
}

/// How instances are made anew: one after the other, where there are others.
fn replace(service: &Service, first: &Name, is_alone: bool) -> Procedure {
    let (drain, grace) = (service.drain_time(), service.grace());
    let (title, english, chinese) = if is_alone {
        (
            Words::new("The instance is replaced", "替换实例"),
            "A new image or variable makes the instance anew, and nothing serves meanwhile.",
            "更换镜像或环境变量会重建该实例，期间服务中断。",
        )
    } else {
        (
            Words::new(
                "Instances are replaced, one after the other",
                "逐个替换实例",
            ),
            "A new image or variable makes each instance anew. Instances are replaced one at a time, and the next one only when \
             the former serves again.",
            "更换镜像或环境变量会重建每个实例。每次只替换一个实例，待其恢复服务后再替换下一个。",
        )
    };
    let explains = Words::new(
        format!(
            "{english} An instance that is told to stop takes up to {drain} to end the requests that it has, and is killed \
             after {grace}."
        ),
        format!(
            "{chinese}实例收到停止信号后，最多用 {drain} 处理完已有请求，超过 {grace} 则被强制结束。"
        ),
    );
    let replace = Procedure::new(ProcedureKind::Switchover, title, explains)
        .step(Instruction::act(
            Words::new("Stop one instance, and wait until it has ended:", "停止一个实例，并等待其结束："),
            first,
            Act::Stop,
        ))
        .step(Instruction::act(
            Words::new("Start it with the image and the variables that it has now, and wait until it serves:", "以当前的镜像和环境变量启动，并等待其恢复服务："),
            first,
            Act::Start,
        ));
    if is_alone {
        return replace;
    }
    replace.step(Instruction::say(Words::new(
        "Go on with the next one.",
        "继续处理下一个实例。",
    )))
}

/// Who asks an instance, and what.
fn asked(service: &Service) -> Words {
    match &service.readiness {
        Some(check) => Words::new(
            format!(
                "An instance serves while `{}` is answered with success. One that does not gets no requests.",
                check.value
            ),
            format!(
                "`{}` 返回成功时，实例才提供服务；否则不会收到请求。",
                check.value
            ),
        ),
        None => Words::new(
            "Nothing asks an instance whether it serves: it does while its program runs.",
            "没有就绪检查：程序在运行即视为提供服务。",
        ),
    }
}
