//! What people do with a running PgBouncer: seeing that it lends connections, and what to do when it does not.

use crate::component::pgbouncer::{PgBouncer, SQL, lower};
use crate::component::{EndpointRef, Lowering, Reached};
use crate::literal::Name;
use crate::plan::{Act, Instruction, Procedure, ProcedureKind};
use crate::words::Words;

pub(super) fn operations(pgbouncer: &PgBouncer, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let peers = lowering.peers(&pgbouncer.meta.name.value, SQL);
    let Some(first) = peers.first() else {
        return Vec::new();
    };
    let wait = pgbouncer.wait_time();
    let answers = peers.iter().skip(1).fold(
        Instruction::run(
            Words::new("Every instance answers:", "每个实例都有应答："),
            &first.name,
            ready(&first.address, first.port),
        ),
        |step, peer| step.and_run(&peer.name, ready(&peer.address, peer.port)),
    );
    let answered: Vec<String> = peers
        .iter()
        .map(|peer| format!("{}:{} - accepting connections", peer.address, peer.port))
        .collect();
    vec![
        Procedure::new(
            ProcedureKind::Check,
            Words::new("Every instance takes clients", "每个实例都接受客户端"),
            Words::new(
                "An instance answers as soon as it has read its files, whether the database is there or not.",
                "实例读完配置文件后即会应答，与数据库是否可用无关。",
            ),
        )
        .step(answers.expect(answered.join("\n"))),
        migrations(pgbouncer, lowering, &first.name),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("An instance fails", "一个实例故障"),
            Words::new(
                "Transactions that were running through it are rolled back. Applications that use it have no way to the database until it runs again, within seconds when only the process died; those that use another one notice nothing.",
                "经过它的未完成事务会回滚。使用它的应用在它恢复之前无法访问数据库；如果只是进程退出，数秒内恢复。使用其他实例的应用不受影响。",
            ),
        )
        .step(Instruction::act(
            Words::new(
                "Read why. A mistake in its file is named:",
                "查看原因。配置文件有错误时会指出：",
            ),
            &first.name,
            Act::Logs,
        ))
        .step(Instruction::start(&first.name)),
        Procedure::new(
            ProcedureKind::Failure,
            Words::new(
                "Clients wait for a connection",
                "客户端等待连接",
            ),
            Words::new(
                format!(
                    "While the database elects a primary, clients wait and go on when there is one. Who has waited for {wait} gets the error `query_wait_timeout`. When the database is well, every connection of the pool is in a transaction that does not end."
                ),
                format!(
                    "数据库选主期间，客户端会等待，选出主库后继续。等待超过 {wait} 的客户端会收到错误 `query_wait_timeout`。如果数据库正常，说明池中所有连接都在未结束的事务里。"
                ),
            ),
        )
        .step(Instruction::act(
            Words::new(
                "See whether the server refuses connections (`server login failed`, `server DNS lookup failed`), and why:",
                "查看服务器是否拒绝连接（`server login failed`、`server DNS lookup failed`）及其原因：",
            ),
            &first.name,
            Act::Logs,
        ))
        .step(Instruction::say(Words::new(
            "When it does, go on with what stands in front of the database. When it does not, find the long transactions on the primary, in `pg_stat_activity`, and the application that left them open.",
            "如果是，请检查数据库前面的负载均衡。如果不是，在主库的 `pg_stat_activity` 中找出长事务以及遗留它们的应用。",
        ))),
    ]
}

/// Which way migrations take, and how to see from `instance` that it is open.
fn migrations(pgbouncer: &PgBouncer, lowering: &Lowering<'_>, instance: &Name) -> Procedure {
    let direct = pgbouncer.direct_connections_or_default().value;
    let procedure = Procedure::new(
        ProcedureKind::Check,
        Words::new("A migration goes past it", "迁移绕过它"),
        Words::new(
            format!(
                "Applications connect here and have a connection for one transaction. What a migration keeps in its session is not there in the next one: advisory locks, `SET`, `PREPARE`, temporary tables. It takes the DSN of the primary itself: the variable of a service that is `database.migration_dsn` in `connections/<service>.yml`, `pg.primary().dsn(…)` in the description. For each instance {direct} connections are left free for that."
            ),
            format!(
                "应用连接到这里，每个事务借用一条连接。迁移保存在会话中的内容在下一个事务中就不存在了：咨询锁、`SET`、`PREPARE`、临时表。迁移应使用直连主库的 DSN：即 `connections/<service>.yml` 中 `database.migration_dsn` 对应的变量，在描述中写作 `pg.primary().dsn(…)`。每个实例为此预留 {direct} 条连接。"
            ),
        ),
    );
    let (primary, _) = lower::behind(pgbouncer);
    let Some((address, port)) = past(pgbouncer, lowering, &primary) else {
        return procedure;
    };
    procedure.step(
        Instruction::run(
            Words::new("The way to the primary is open:", "通往主库的通路可用："),
            instance,
            ready(&address, port),
        )
        .expect(format!("{address}:{port} - accepting connections")),
    )
}

/// Where the first instance, and whoever is beside it, reaches the primary without a pool.
fn past(
    pgbouncer: &PgBouncer,
    lowering: &Lowering<'_>,
    primary: &EndpointRef,
) -> Option<(String, u16)> {
    let name = &pgbouncer.meta.name.value;
    let peer = match lowering.reached(name, primary)? {
        Reached::Beside { group, port } => {
            let own = lowering.members(name).first()?;
            let members = lowering.members(group).iter();
            let beside = members
                .zip(lowering.peers(group, port))
                .find(|(member, _)| member.host == own.host);
            beside?.1
        }
        Reached::Members(peers) => peers.into_iter().next()?,
        Reached::Role { address, port } => return Some((address, port.get())),
        Reached::Outside(remote) => return Some((remote.host.to_string(), remote.port.get())),
    };
    Some((peer.address, peer.port))
}

fn ready(address: &str, port: u16) -> [String; 5] {
    [
        "pg_isready".to_owned(),
        "-h".to_owned(),
        address.to_owned(),
        "-p".to_owned(),
        port.to_string(),
    ]
}
