//! PostgreSQL with streaming replication: a primary that the description names, and standbys that follow it.
//!
//! The n-th member lives on the n-th host. Nobody elects: when the primary is lost, writes stop until an operator makes
//! a standby the primary, and says so in the description.

mod check;
mod lower;
mod observe;
mod operations;

#[cfg(test)]
mod tests;

use crate::check::Rule;
use crate::component::observe::Dashboard;
use crate::component::postgres::observe as postgres;
use crate::component::postgres::{
    Contents, FOR_MONITORING, FOR_SUPERUSERS, PRIMARY, Postgres, Promises, REPLICA, SQL, Scheme,
    SqlName, UPGRADE,
};
use crate::component::{
    Component, Declaration, Endpoint, EndpointRef, Group, GroupMember, Lowering, Need,
    SecretDeclaration, Site, Survival, place,
};
use crate::literal::{Name, Port, Size};
use crate::model::{Described as _, HostRef, Meta, Setting, Upgrade};
use crate::plan::{Ask, Contract, Held, Probe, Procedure, Workload};
use crate::report::Origin;
use crate::words::Words;

pub use check::RULES;

/// PostgreSQL with streaming replication and a switch by hand: it needs no store, and survives the loss of its primary
/// only when somebody acts.
#[derive(Component, Clone, Debug)]
#[component(kind = "postgres-streaming")]
pub struct Streaming {
    pub(super) meta: Meta,
    /// The host whose member takes writes. To change it is the last step of a switch by hand, which the book of the
    /// cluster describes.
    #[option(default = "its first host", cost = "procedure", plain)]
    primary: Option<Setting<HostRef>>,
    /// A database, owned by the application's role. It is created with the cluster; one that is added later is
    /// created by running `post_bootstrap.sh` on the primary.
    #[option(each = "database", default = "none", cost = "reload")]
    databases: Vec<Setting<SqlName>>,
    /// The role as which applications log in.
    #[option(default_value = "app", cost = "procedure")]
    role: Option<Setting<SqlName>>,
    /// Most connections at a time to each member, replication not counted.
    #[option(default_value = "200", cost = "procedure", plain)]
    max_connections: Option<Setting<u32>>,
    /// Port for clients.
    #[option(default_value = "5432", cost = "procedure")]
    port: Option<Setting<Port>>,
    /// Port of the exporters, which run where metrics are collected: one beside each member.
    #[option(default_value = "9187", cost = "recreate")]
    exporter_port: Option<Setting<Port>>,
}

impl Postgres for StreamingRef {
    const SCHEME: Scheme = Scheme::Declared;
}

impl Streaming {
    fn contents(&self) -> Contents<'_> {
        Contents {
            meta: &self.meta,
            role: self.role_or_default().value,
            databases: &self.databases,
        }
    }

    pub(super) fn most_connections(&self) -> u32 {
        self.max_connections_or_default().value
    }

    /// The place to blame for [`Streaming::most_connections`].
    pub(super) fn connections_origin(&self) -> Origin {
        self.meta.blame(self.max_connections.as_ref())
    }

    /// What is left for applications of the connections of one member.
    pub(super) fn free_connections(&self) -> u32 {
        self.most_connections()
            .saturating_sub(FOR_SUPERUSERS + FOR_MONITORING)
    }

    /// The memory limit of a member.
    pub(super) fn member_memory(&self) -> Size {
        self.meta.memory_or(Size::gib(2))
    }

    /// What a member uses of it as its own cache.
    pub(super) fn cache(&self) -> Size {
        Size::of_bytes(self.member_memory().bytes() / 4)
    }

    /// The group of exporters.
    fn exporter(&self) -> Name {
        self.meta.derive("exporter")
    }

    /// The member that the description makes the primary; none when its host is not one of the component's.
    fn holder<'m>(&self, members: &'m [GroupMember]) -> Option<&'m GroupMember> {
        match &self.primary {
            Some(set) => members.iter().find(|member| member.host == set.value),
            None => members.first(),
        }
    }
}

impl Component for Streaming {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let (port, origin) = self.port_or_default().into_parts();
        let members = place(
            meta,
            site,
            self.member_memory(),
            &[(SQL.into(), port, origin)],
        );
        let holder = self.holder(&members).map(|member| member.name.clone());
        let endpoints = self
            .contents()
            .endpoints(self.free_connections())
            .map(|endpoint| Endpoint {
                held: match &*endpoint.name {
                    PRIMARY => holder.clone().map(Held::By),
                    // What the primary has, is not behind.
                    REPLICA => Some(Held::All),
                    _ => None,
                },
                ..endpoint
            });
        let secrets = self.contents().secrets().into_iter();
        let watched = site.monitored.then(|| {
            let port = self.exporter_port_or_default();
            postgres::exporters(meta, site, &self.exporter(), meta.hosts(), port)
        });
        let name = &meta.name.value;
        let exported = || watched.iter().map(|exporter| &exporter.name);
        Declaration {
            image: Some("postgres"),
            endpoints: endpoints.into(),
            secrets: secrets
                .chain([SecretDeclaration::new(
                    meta,
                    "replication-password",
                    Words::new("members that copy from another", "成员之间的流复制"),
                )])
                .collect(),
            // Nobody takes its place by itself.
            survival: vec![Survival::any(
                Words::new("the primary that the description names", "描述中指定的主库"),
                holder,
            )],
            needs: exported()
                .map(|exporter| Need {
                    group: exporter.clone(),
                    endpoint: EndpointRef::new(&self.reference(), SQL),
                    origin: meta.name.origin.clone(),
                })
                .collect(),
            metrics: exported()
                .map(|exporter| postgres::metrics(name, exporter))
                .collect(),
            rule_groups: exported().map(observe::rules).collect(),
            dashboards: exported()
                .map(|exporter| {
                    Dashboard::new(name.as_str())
                        .over(exporter, observe::panels())
                        .over(exporter, postgres::panels())
                })
                .collect(),
            groups: [Group {
                peer_ports: vec![SQL.into()],
                flushes: true,
                ready: Some(Probe {
                    port: SQL.into(),
                    asks: Ask::Tcp,
                }),
                ..Group::new(name.clone(), members)
            }]
            .into_iter()
            .chain(watched)
            .collect(),
            ..Declaration::default()
        }
    }

    fn upgrades(&self) -> &'static [Upgrade] {
        &[UPGRADE]
    }

    fn rules(&self) -> &'static [Rule] {
        &check::EVERY
    }

    fn lower(&self, lowering: &Lowering<'_>) -> Vec<Workload> {
        lower::lower(self, lowering)
    }

    fn contracts(&self, lowering: &Lowering<'_>) -> Vec<Contract> {
        let promises = Promises {
            synchronous: false,
            status: None,
        };
        let pg = self.reference().postgres();
        let contract = self.contents().contract(&pg, lowering, promises);
        contract.into_iter().collect()
    }

    fn operations(&self, lowering: &Lowering<'_>) -> Vec<Procedure> {
        operations::operations(self, lowering)
    }
}
