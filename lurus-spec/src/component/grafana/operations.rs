//! What people do with Grafana while it runs.

use crate::component::Lowering;
use crate::component::grafana::{Grafana, WEB};
use crate::plan::{Act, Instruction, Procedure, ProcedureKind};
use crate::words::Words;

pub(super) fn operations(grafana: &Grafana, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let peers = lowering.peers(&grafana.meta.name.value, WEB);
    let Some(first) = peers.first() else {
        return Vec::new();
    };
    let health = format!("http://{first}/api/health");
    vec![
        Procedure::new(
            ProcedureKind::Check,
            Words::new("It answers", "服务应答"),
            Words::new(
                "Log in as admin, with the password of the cluster's secrets: a folder of the cluster's name holds a dashboard \
                 for each component.",
                "使用集群密钥中的密码以 admin 登录：与集群同名的文件夹中，每个组件有一个仪表盘。",
            ),
        )
        .step(
            Instruction::run(
                Words::new("Its database is well:", "数据库正常："),
                &first.name,
                ["wget", "-q", "-O", "-", &health],
            )
            .expect("…\n  \"database\": \"ok\"\n…"),
        ),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("It or its volume is lost", "实例或其卷丢失"),
            Words::new(
                "Alerts do not depend on it. Dashboards and the datasource are files, so a new instance has them; users, \
                 preferences and whatever was drawn by hand are gone with the volume.",
                "告警不依赖它。仪表盘和数据源都是文件，新实例即有；用户、偏好和手工绘制的内容会随卷丢失。",
            ),
        )
        .step(Instruction::act(
            Words::new("Start it when its host is back:", "主机恢复后启动它："),
            &first.name,
            Act::Start,
        ))
        .step(Instruction::act(
            Words::new("Its log says what stops it:", "日志说明停止原因："),
            &first.name,
            Act::Logs,
        )),
    ]
}
