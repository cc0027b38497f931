//! A cluster for K3S whose inventory says nothing of its release.

use super::{lowered, site};
use lurus_spec::model::Inventory;
use lurus_spec::plan::Plan;

pub(crate) fn plan() -> Plan {
    let mut plan = lowered::for_k3s();
    let mut images = site::images();
    images.retain(|pin| pin.name.as_str() != "k3s");
    plan.inventory = Inventory::new(vec![site::data()], site::hosts(), images);
    plan
}
