//! Exporters: programs that ask another one how it is, and say it as metrics.
//!
//! In: the component that is asked. Out: a group with one exporter on each of its hosts, so that the loss of a host hides
//! nothing but that host.

use std::collections::BTreeSet;

use crate::component::{Group, Site, place_beside};
use crate::literal::{Name, Port, Size};
use crate::model::{HostRef, Meta, Setting};
use crate::plan::Resources;

/// The port of an exporter that has metrics.
pub const EXPORTED: &str = "metrics";

/// The memory limit of an exporter: it keeps nothing.
const MEMORY: Size = Size::mib(64);

/// One exporter on each of these hosts, with the inventory's image of this name.
pub fn exporters(
    meta: &Meta,
    site: &Site<'_>,
    group: &Name,
    image: &'static str,
    hosts: impl IntoIterator<Item = HostRef>,
    port: Setting<Port>,
) -> Group {
    let (port, origin) = port.into_parts();
    let hosts: BTreeSet<HostRef> = hosts.into_iter().collect();
    let ports = [(EXPORTED.into(), port, origin)];
    Group {
        image: Some(image),
        ..Group::new(
            group.clone(),
            place_beside(meta, site, group, hosts, MEMORY, &ports),
        )
    }
}

/// What an exporter of [`exporters`] may use.
pub fn exporter_resources(meta: &Meta) -> Resources {
    Resources::memory(MEMORY, meta.name.origin.clone())
}
