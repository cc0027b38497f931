//! Node exporter: the metrics of hosts.
//!
//! One on each host that is named, whatever else runs there. It sees the whole file system of its host and can change
//! nothing in it.

mod lower;
mod observe;
mod operations;

#[cfg(test)]
mod tests;

use crate::component::{Component, Declaration, Group, Lowering, Site, Survival, place_by_host};
use crate::literal::{Port, Size};
use crate::model::{Meta, Setting};
use crate::plan::{Ask, Probe, Procedure, Workload};
use crate::words::Words;

/// What a host has to say of its disks, memory, processors and clock.
#[derive(Component, Clone, Debug)]
#[component(kind = "node-exporter")]
pub struct NodeExporter {
    meta: Meta,
    /// Port of the metrics.
    #[option(default_value = "9100", cost = "recreate")]
    port: Option<Setting<Port>>,
}

const METRICS: &str = "metrics";

impl NodeExporter {
    fn exporter_memory(&self) -> Size {
        self.meta.memory_or(Size::mib(64))
    }
}

impl Component for NodeExporter {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let name = &meta.name.value;
        let (port, origin) = self.port_or_default().into_parts();
        let exporters = Group {
            ready: Some(Probe {
                port: METRICS.into(),
                asks: Ask::Http("/".to_owned()),
            }),
            of_hosts: true,
            ..Group::new(
                name.clone(),
                place_by_host(
                    meta,
                    site,
                    name,
                    meta.hosts().iter().copied(),
                    self.exporter_memory(),
                    &[(METRICS.into(), port, origin)],
                ),
            )
        };
        let survival = Survival::any(
            Words::new("one node exporter", "任意一个 node exporter"),
            exporters.member_names(),
        );
        Declaration {
            image: Some("node-exporter"),
            metrics: vec![observe::metrics(name)],
            rule_groups: vec![observe::rules(name)],
            dashboards: vec![observe::dashboard(name)],
            groups: vec![exporters],
            survival: vec![survival],
            ..Declaration::default()
        }
    }

    fn lower(&self, lowering: &Lowering<'_>) -> Vec<Workload> {
        lower::lower(self, lowering)
    }

    fn operations(&self, lowering: &Lowering<'_>) -> Vec<Procedure> {
        operations::operations(self, lowering)
    }
}
