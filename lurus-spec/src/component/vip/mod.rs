//! The address that users know: it leads to an edge that is alive.
//!
//! On hosts of one's own network, keepalived gives it to one of them at a time (VRRP, RFC 5798). Where a provider keeps it,
//! as clouds do that drop VRRP, the provider's balancer stands there instead, and nothing is written for it.

mod check;
mod lower;
mod operations;

#[cfg(test)]
mod tests;

use crate::check::Rule;
use crate::component::nginx::NginxRef;
use crate::component::{Component, Declaration, Group, Lowering, Need, Site, Survival, place};
use crate::literal::{Cidr, Ip, LiteralError, Size, literal};
use crate::model::{Meta, Setting};
use crate::plan::{Duty, Floating, HostService, Opening, Outside, Procedure, Workload};
use crate::report::Origin;
use crate::words::Words;

pub use check::RULES;

literal! {
    /// The name of a network interface as Linux has it: 1 to 15 letters, digits and `.`, `_`, `-`.
    ///
    /// Good: `eth0`, `ens3`, `bond0.100`. Bad: the empty text, `eth 0`, `eth0/1`, `-x`.
    ///
    /// Exists because it is a bare word of a configuration file.
    pub struct InterfaceName(check_interface);
}

fn check_interface(text: &str) -> Result<(), LiteralError> {
    let fits = (1..=15).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if fits {
        return Ok(());
    }
    Err(LiteralError::not_a(
        "the name of a network interface",
        text,
        "write what `ip -brief address` shows on the host, such as `eth0`",
    ))
}

/// An address that is on one of several hosts at a time and leads to the edge there, kept by keepalived; or one that a
/// provider's balancer has.
#[derive(Component, Clone, Debug)]
#[component(kind = "vip")]
pub struct Vip {
    meta: Meta,
    /// The address.
    #[option(required, cost = "procedure", plain)]
    address: Setting<Ip>,
    /// The edge to which it leads.
    #[option(default = "none", cost = "procedure", manual)]
    leads_to: Option<Setting<NginxRef>>,
    /// The network interface that carries the address, the same on each host.
    #[option(default = "none", cost = "procedure")]
    interface: Option<Setting<InterfaceName>>,
    /// The number by which routers on one network tell their addresses apart, 1 to 255. On one router only, a change puts
    /// the address on two hosts.
    #[option(default_value = "51", cost = "data-danger", plain)]
    router: Option<Setting<u32>>,
    /// Whether a provider's balancer has the address: it is described, and nothing is written for it.
    #[option(default = "no", cost = "procedure", manual)]
    external: Option<Setting<bool>>,
    /// A network from which the provider's balancer checks the health of the edge over HTTP; with none, it connects to the
    /// ports of users.
    #[option(
        each = "checked_from",
        default = "none",
        cost = "reload",
        needs = "callers"
    )]
    checked_from: Vec<Setting<Cidr>>,
}

impl Vip {
    /// Leads to this edge, which listens on the address too.
    #[track_caller]
    #[must_use]
    pub fn leads_to(mut self, edge: &NginxRef) -> Self {
        self.leads_to = Some(Setting::new(edge.clone(), Origin::caller()));
        self
    }

    /// A provider's balancer has the address and sends its connections to the edge.
    #[track_caller]
    #[must_use]
    pub fn external(mut self) -> Self {
        self.external = Some(Setting::new(true, Origin::caller()));
        self
    }

    fn is_external(&self) -> bool {
        self.external.as_ref().is_some_and(|set| set.value)
    }

    /// From where the provider's balancer asks the edge how it is.
    fn checks(&self) -> Vec<Opening> {
        let Some(edge) = &self.leads_to else {
            return Vec::new();
        };
        let networks = self.checked_from.iter();
        networks
            .map(|network| Opening {
                group: edge.value.name().clone(),
                port: edge.value.status().endpoint,
                from: Outside::Network(network.value),
            })
            .collect()
    }

    fn router_id(&self) -> u32 {
        self.router_or_default().value
    }
}

impl Component for Vip {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        if self.is_external() {
            return Declaration {
                openings: self.checks(),
                ..Declaration::default()
            };
        }
        let meta = &self.meta;
        let name = &meta.name.value;
        // The program of a host takes a few mebibytes of what is kept for the system.
        let routers = Group {
            on_host: true,
            ..Group::new(name.clone(), place(meta, site, Size::mib(16), &[]))
        };
        let survival = Survival::any(
            Words::new(
                "one host that can have the address",
                "任意一台可持有该地址的主机",
            ),
            routers.member_names(),
        );
        let edge = self.leads_to.iter();
        Declaration {
            needs: edge
                .clone()
                .map(|edge| Need {
                    group: name.clone(),
                    endpoint: edge.value.status(),
                    origin: edge.origin.clone(),
                })
                .collect(),
            floating: edge
                .map(|edge| Floating {
                    ip: self.address.value,
                    group: edge.value.name().clone(),
                })
                .collect(),
            groups: vec![routers],
            survival: vec![survival],
            ..Declaration::default()
        }
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    fn duty(&self) -> Option<Duty> {
        Some(Duty::VirtualAddress)
    }

    fn lower(&self, _lowering: &Lowering<'_>) -> Vec<Workload> {
        Vec::new()
    }

    fn operations(&self, lowering: &Lowering<'_>) -> Vec<Procedure> {
        operations::operations(self, lowering)
    }

    fn host_services(&self, lowering: &Lowering<'_>) -> Vec<HostService> {
        lower::host_services(self, lowering)
    }
}
