//! PostgreSQL that somebody outside the cluster runs, such as a cloud provider.
//!
//! Nothing of it is placed: all that the cluster knows are names, ports and a password by reference. Whoever runs it
//! keeps it available, and makes its roles and databases.

mod check;

#[cfg(test)]
mod tests;

use crate::check::Rule;
use crate::component::postgres::{
    Contents, FOR_MONITORING, Postgres, REPLICA, SQL, Scheme, SqlName,
};
use crate::component::{
    Component, Declaration, Endpoint, Lowering, Reach, SecretDeclaration, Served, Site, Transport,
};
use crate::literal::{AbsPath, DomainName, Port};
use crate::model::{Meta, Setting};
use crate::plan::{Act, Instruction, Procedure, ProcedureKind, Remote, Workload};
use crate::words::Words;

pub use check::RULES;

/// PostgreSQL as a service: an address outside the cluster, with its databases and the role that may use them.
///
/// The role and the databases have to be there: their names are not created, and the role's password is whatever
/// `secrets` says, so set it at the service. What connects to it leaves the cluster, and is named in the plan for
/// whoever runs the firewall in between.
#[derive(Component, Clone, Debug)]
#[component(kind = "managed-postgres")]
pub struct ManagedPostgres {
    meta: Meta,
    /// The name by which it is reached for writes.
    #[option(default = "none", cost = "reload")]
    host: Option<Setting<DomainName>>,
    /// The name by which it is reached for reads that may be a little behind.
    #[option(default = "the name for writes", cost = "reload")]
    read_host: Option<Setting<DomainName>>,
    /// Its port, for writes and for reads.
    #[option(default_value = "5432", cost = "reload")]
    port: Option<Setting<Port>>,
    /// A database that is there.
    #[option(each = "database", default = "none", cost = "reload")]
    databases: Vec<Setting<SqlName>>,
    /// The role as which applications log in.
    #[option(default_value = "app", cost = "procedure")]
    role: Option<Setting<SqlName>>,
    /// Connections that it lets clients open at a time, those that it keeps for its own users not counted.
    #[option(default_value = "100", cost = "reload", plain)]
    max_connections: Option<Setting<u32>>,
    /// Whether it has to show a certificate for its name. Without, what is said to it is encrypted, and whoever answers
    /// is believed.
    #[option(default_value = "true", cost = "reload", plain)]
    verify: Option<Setting<bool>>,
    /// The file on each host with the authorities that sign its certificate. Programs that go past a pool have to find
    /// it at the same place.
    #[option(default = "those that the client's image trusts", cost = "recreate")]
    authorities: Option<Setting<AbsPath>>,
}

impl Postgres for ManagedPostgresRef {
    const SCHEME: Scheme = Scheme::Managed;
}

impl ManagedPostgres {
    fn contents(&self) -> Contents<'_> {
        Contents {
            meta: &self.meta,
            role: self.role_or_default().value,
            databases: &self.databases,
        }
    }

    fn remote(&self, host: &DomainName) -> Remote {
        Remote {
            host: host.clone(),
            port: self.port_or_default().value,
        }
    }

    fn transport(&self) -> Transport {
        if self.verify_or_default().value {
            Transport::Verified {
                authorities: self.authorities.as_ref().map(|set| set.value.clone()),
            }
        } else {
            Transport::Encrypted
        }
    }
}

impl Component for ManagedPostgres {
    fn declare(&self, _site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let connections = self.max_connections_or_default().value;
        let remote =
            |set: &Option<Setting<DomainName>>| set.as_ref().map(|set| self.remote(&set.value));
        let (writes, reads) = (remote(&self.host), remote(&self.read_host));
        let endpoints = self
            .contents()
            .endpoints(connections.saturating_sub(FOR_MONITORING))
            .into_iter()
            .filter_map(|of_members| {
                let remote = match (of_members.name.as_ref(), &reads) {
                    (REPLICA, Some(reads)) => reads,
                    (_, _) => writes.as_ref()?,
                };
                // There are no members that a client could know.
                (of_members.name != SQL).then(|| Endpoint {
                    served: Served::Outside(remote.clone()),
                    reach: Reach::Any,
                    transport: self.transport(),
                    ..of_members
                })
            });
        Declaration {
            endpoints: endpoints.collect(),
            secrets: vec![SecretDeclaration::new(
                meta,
                "app-password",
                Words::new(
                    "the role of applications at the service: set it there",
                    "托管服务上应用程序使用的角色：需在服务端设置",
                ),
            )],
            ..Declaration::default()
        }
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    fn lower(&self, _lowering: &Lowering<'_>) -> Vec<Workload> {
        Vec::new()
    }

    fn operations(&self, lowering: &Lowering<'_>) -> Vec<Procedure> {
        operations(self, lowering)
    }
}

/// Whoever connects to it is asked to: nothing of the cluster runs there.
fn operations(managed: &ManagedPostgres, lowering: &Lowering<'_>) -> Vec<Procedure> {
    let Some(host) = managed.host.as_ref().map(|set| &set.value) else {
        return Vec::new();
    };
    let clients: Vec<_> = lowering
        .departures()
        .into_iter()
        .filter(|departure| &departure.to.host == host)
        .filter_map(|departure| lowering.members(&departure.from).first())
        .map(|member| member.name.clone())
        .collect();
    let role = managed.contents().role();
    let databases = managed.contents().databases().join(", ");
    let mut check = Procedure::new(
        ProcedureKind::Check,
        Words::new("The service answers", "托管服务有应答"),
        Words::new(
            format!(
                "{host} is run by somebody else, who keeps it available and makes role {role} and the databases ({databases}). The password of {role} there is the one of this cluster's secrets."
            ),
            format!(
                "{host} 由外部提供方运行，可用性、角色 {role} 和数据库（{databases}）由其负责。{role} 在服务端的口令须与本集群的密钥一致。"
            ),
        ),
    );
    for client in &clients {
        check = check.step(Instruction::act(
            Words::new(
                format!("See that {client} writes of no refused connection:"),
                format!("确认 {client} 的日志中没有被拒绝的连接："),
            ),
            client,
            Act::Logs,
        ));
    }
    vec![
        check,
        Procedure::new(
            ProcedureKind::Failure,
            Words::new("The service cannot be reached", "无法连接托管服务"),
            Words::new(
                "Reads and writes fail until it answers again; clients connect anew by themselves. Nothing in the cluster can replace it.",
                "在它恢复应答之前读写都会失败；客户端会自动重连。集群内没有任何组件可以替代它。",
            ),
        )
        .step(Instruction::say(Words::new(
            format!(
                "See at the provider whether it runs. When it does, see whether the network lets every host connect to port {} of {host}, and whether its certificate has run out.",
                managed.remote(host).port
            ),
            format!(
                "在提供方控制台查看它是否运行。如果在运行，检查网络是否允许每台主机访问 {host} 的端口 {}，以及证书是否过期。",
                managed.remote(host).port
            ),
        ))),
    ]
}
