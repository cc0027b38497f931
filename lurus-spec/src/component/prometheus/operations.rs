//! What people do with a running Prometheus: seeing that it sees everything.

use crate::component::Lowering;
use crate::component::prometheus::{Prometheus, WEB};
use crate::plan::{Act, Instruction, Procedure, ProcedureKind};
use crate::words::Words;

pub(super) fn operations(prometheus: &Prometheus, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let peers = lowering.peers(&prometheus.meta.name.value, WEB);
    let Some(first) = peers.first() else {
        return Vec::new();
    };
    let ask = |expression: &str| {
        [
            "promtool".to_owned(),
            "query".to_owned(),
            "instant".to_owned(),
            format!("http://{first}"),
            expression.to_owned(),
        ]
    };
    let meanwhile = Meanwhile::of(prometheus, peers.len());
    vec![
        Procedure::new(
            ProcedureKind::Check,
            Words::new("Every target answers", "所有采集目标均有应答"),
            meanwhile.asked(),
        )
        .step(
            Instruction::run(
                Words::new(
                    "Ask for targets that do not answer; nothing is printed when all do:",
                    "查询没有应答的目标；全部正常时没有任何输出：",
                ),
                &first.name,
                ask("up == 0"),
            )
            .expect(""),
        )
        .step(Instruction::run(
            Words::new("See which alerts fire:", "查看正在触发的告警："),
            &first.name,
            ask("ALERTS{alertstate=\"firing\"}"),
        )),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("A server fails", "一台服务器故障"),
            meanwhile.away(prometheus),
        )
        .step(Instruction::read_why(&first.name))
        .step(Instruction::start(&first.name)),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("A server has lost its volume", "一台服务器丢失了数据卷"),
            meanwhile.blank(),
        )
        .step(Instruction::act(
            Words::new("Start it:", "启动它："),
            &first.name,
            Act::Start,
        )),
    ]
}

/// Who does its work while a server is away.
#[derive(Clone, Copy)]
enum Meanwhile {
    /// Its equals.
    Others,
    /// Nobody.
    Nobody,
    /// Nobody takes aggregates; those who collect go on.
    Sources,
}

impl Meanwhile {
    fn of(prometheus: &Prometheus, servers: usize) -> Self {
        if servers > 1 {
            Self::Others
        } else if prometheus.federating.is_none() {
            Self::Nobody
        } else {
            Self::Sources
        }
    }

    /// What a server knows of targets.
    fn asked(self) -> Words {
        match self {
            Self::Others => Words::new(
                "Each server scrapes everything by itself, so asking one tells of all targets.",
                "每台服务器都独立采集全部目标，因此查询其中一台即可了解所有目标。",
            ),
            Self::Nobody => Words::new(
                "The server scrapes everything, so asking it tells of all targets.",
                "该服务器采集全部目标，因此查询它即可了解所有目标。",
            ),
            Self::Sources => Words::new(
                "Its targets are the servers whose aggregates it takes. Of everything else, ask those.",
                "它的采集目标是提供聚合数据的那些服务器；其他目标的状态请查询那些服务器。",
            ),
        }
    }

    /// What a server's absence costs.
    fn away(self, prometheus: &Prometheus) -> Words {
        let kept = prometheus.kept();
        let (english, chinese) = match self {
            Self::Others => (
                "The others collect and alert as before. It has a gap for the time of its absence, and no server copies it from another",
                "其余服务器照常采集和告警。故障期间的数据在它上面会缺失，服务器之间不会互相补数据",
            ),
            Self::Nobody => (
                "It is the only one: nothing is collected, and nobody is alerted of anything. The gap stays",
                "它是唯一的一台：期间不采集任何数据，也不会发出任何告警。缺失的数据不会补上",
            ),
            Self::Sources => (
                "The servers whose aggregates it takes collect and alert as before. It has a gap for the time of its absence, which nobody fills",
                "提供聚合数据的服务器照常采集和告警。故障期间的聚合数据在它上面会缺失，不会补上",
            ),
        };
        Words::new(
            format!("{english}; series are kept for {kept}. A full volume stops it."),
            format!("{chinese}；数据保留 {kept}。磁盘写满会使它停止。"),
        )
    }

    /// What is left of its history when its volume is lost.
    fn blank(self) -> Words {
        match self {
            Self::Others => Words::new(
                "It starts with no history; the other servers still have theirs. Nothing has to be done but to start it.",
                "它会在没有历史数据的情况下启动；其他服务器的历史数据仍在。只需启动它即可。",
            ),
            Self::Nobody | Self::Sources => Words::new(
                "It starts with no history, and nobody else has it: that is lost. Nothing can be done but to start it.",
                "它会在没有历史数据的情况下启动；别处没有这些数据，它们已经丢失。只能启动它。",
            ),
        }
    }
}
