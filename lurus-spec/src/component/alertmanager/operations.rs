//! What people do with a running Alertmanager: seeing that its members see each other, and silencing.

use crate::component::Lowering;
use crate::component::alertmanager::{Alertmanager, WEB};
use crate::plan::{Instruction, Procedure, ProcedureKind};
use crate::words::Words;

pub(super) fn operations(alertmanager: &Alertmanager, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let peers = lowering.peers(&alertmanager.meta.name.value, WEB);
    let Some(first) = peers.first() else {
        return Vec::new();
    };
    let amtool = |words: &[&str]| {
        let url = format!("--alertmanager.url=http://{first}");
        ["amtool".to_owned(), url]
            .into_iter()
            .chain(words.iter().map(|word| (*word).to_owned()))
            .collect::<Vec<String>>()
    };
    vec![
        Procedure::new(
            ProcedureKind::Check,
            Words::new("Members see each other", "成员互相可见"),
            told(alertmanager),
        )
        .step(Instruction::run(
            Words::new(
                "Its status is `ready`, and every member is listed:",
                "状态为 `ready`，并列出了所有成员：",
            ),
            &first.name,
            amtool(&["cluster", "show"]),
        ))
        .step(Instruction::run(
            Words::new("See what it was told:", "查看它收到的告警："),
            &first.name,
            amtool(&["alert", "query"]),
        )),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("A member fails", "一个成员故障"),
            Words::new(
                "Prometheus sends every alert to all members, so the others tell people. When it comes back, it learns silences from them.",
                "Prometheus 会把每条告警发送给所有成员，因此其余成员会继续通知。恢复后，它会从其他成员同步静默规则。",
            ),
        )
        .step(Instruction::read_why(&first.name))
        .step(Instruction::start(&first.name)),
        Procedure::new(
            ProcedureKind::Switchover,
            Words::new("Silence a host during work on it", "在维护主机期间静默其告警"),
            Words::new(
                "Put the host's name in the place of `HOST`. The silence ends by itself after two hours.",
                "用主机名替换 `HOST`。静默在两小时后自动失效。",
            ),
        )
        .step(Instruction::run(
            Words::new("Silence it:", "设置静默："),
            &first.name,
            amtool(&["silence", "add", "--duration=2h", "--comment=maintenance", "--author=operator", "host=HOST"]),
        )),
    ]
}

/// Whether members that see each other tell anyone.
fn told(alertmanager: &Alertmanager) -> Words {
    if alertmanager.receivers.is_empty() {
        return Words::new(
            "No receiver is described: alerts are listed here, and **nobody is told of any**. Add one with `.receiver(…)`.",
            "没有描述任何接收者：告警只会列在这里，**不会通知任何人**。请用 `.receiver(…)` 添加。",
        );
    }
    Words::new(
        "Members that do not see each other tell people of each alert once each.",
        "成员之间互相不可见时，每条告警会被各自重复通知。",
    )
}
