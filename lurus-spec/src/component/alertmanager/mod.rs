//! Alertmanager: takes the alerts of every Prometheus server, and tells people once.
//!
//! Members gossip about what they have sent, so that a pair of them sends one message and the loss of one loses none.
//! People are told by receivers; where none is described, alerts are seen on its page only.

mod check;
mod lower;
mod observe;
mod operations;
mod receiver;

#[cfg(test)]
mod tests;

use crate::check::Rule;
use crate::component::{
    Component, Declaration, Endpoint, EndpointRef, Group, Lowering, Reach, SecretDeclaration, Site,
    Survival, place,
};
use crate::literal::{Duration, Port, Size};
use crate::model::{Meta, Refused, Setting};
use crate::plan::{Ask, Contract, Probe, Procedure, Workload};
use crate::words::Words;

pub use check::RULES;
pub use receiver::{Address, Receiver};

/// Alertmanager members that take alerts, and tell people.
#[derive(Component, Clone, Debug)]
#[component(kind = "alertmanager")]
pub struct Alertmanager {
    meta: Meta,
    /// Whom to tell. Each receiver hears of every alert that is severe enough for it.
    #[option(each = "receiver", default = "nobody", cost = "reload", plain)]
    receivers: Vec<Setting<Receiver>>,
    /// How long an alert waits for others of the same group before people are told; a critical one waits a third of it.
    #[option(default_value = "30s", cost = "reload")]
    group_wait: Option<Setting<Duration>>,
    /// After how long people are told again of what has not ended; of a critical alert, after a quarter of it.
    #[option(default_value = "4h", cost = "reload")]
    repeat_interval: Option<Setting<Duration>>,
    /// How long silences and what was sent are remembered.
    #[option(default_value = "5d", cost = "recreate")]
    retention: Option<Setting<Duration>>,
    /// Port of the page and of alerts.
    #[option(default_value = "9093", cost = "recreate")]
    port: Option<Setting<Port>>,
    /// Port on which members reach each other, over TCP and UDP.
    #[option(default_value = "9094", cost = "recreate")]
    cluster_port: Option<Setting<Port>>,
}

const WEB: &str = "web";
const CLUSTER: &str = "cluster";

/// The receiver of what nobody wants to hear of.
const NOBODY: &str = "nobody";

impl AlertmanagerRef {
    /// Every member: each alert is sent to all of them, which tell people once.
    pub fn members(&self) -> EndpointRef {
        EndpointRef::new(self, WEB)
    }
}

impl Alertmanager {
    /// The memory limit of a member whose author set none.
    fn member_memory(&self) -> Size {
        self.meta.memory_or(Size::mib(128))
    }
}

impl Component for Alertmanager {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let name = &meta.name.value;
        let (web, web_origin) = self.port_or_default().into_parts();
        let (cluster, cluster_origin) = self.cluster_port_or_default().into_parts();
        let ports = [
            (WEB.into(), web, web_origin),
            (CLUSTER.into(), cluster, cluster_origin),
        ];
        let members = Group {
            peer_ports: vec![CLUSTER.into()],
            datagrams: vec![CLUSTER.into()],
            ready: Some(Probe {
                port: WEB.into(),
                asks: Ask::Http("/-/ready".to_owned()),
            }),
            ..Group::new(
                name.clone(),
                place(meta, site, self.member_memory(), &ports),
            )
        };
        let survival = Survival::any(
            Words::new("one Alertmanager", "任意一个 Alertmanager 成员"),
            members.member_names(),
        );
        let count = members.members.len();
        Declaration {
            image: Some("alertmanager"),
            endpoints: vec![Endpoint::new(WEB, "http", name.clone(), WEB, Reach::Each)],
            metrics: vec![observe::metrics(name)],
            rule_groups: vec![observe::rules(name, count)],
            dashboards: vec![observe::dashboard(name)],
            groups: vec![members],
            secrets: self
                .receivers
                .iter()
                .filter_map(|receiver| {
                    let purpose = receiver.value.secret_purpose()?;
                    Some(SecretDeclaration {
                        origin: receiver.origin.clone(),
                        ..SecretDeclaration::new(meta, &receiver.value.secret_suffix(), purpose)
                    })
                })
                .collect(),
            survival: vec![survival],
            ..Declaration::default()
        }
    }

    fn refused(&self) -> Vec<&Refused> {
        let of_receivers = self
            .receivers
            .iter()
            .flat_map(|receiver| receiver.value.refused());
        self.meta.refused.iter().chain(of_receivers).collect()
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    fn lower(&self, lowering: &Lowering<'_>) -> Vec<Workload> {
        lower::lower(self, lowering)
    }

    fn contracts(&self, lowering: &Lowering<'_>) -> Vec<Contract> {
        let group = &self.meta.name.value;
        vec![lowering.contract(&self.meta, "alertmanager", group, &WEB.into())]
    }

    fn operations(&self, lowering: &Lowering<'_>) -> Vec<Procedure> {
        operations::operations(self, lowering)
    }
}
