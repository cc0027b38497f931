//! What a target does not honour of a description.
//!
//! In: what was said, what it was lowered to, and the abilities of a target. Out: everything that needs what the target does
//! not have, and what the description leaves out there. It knows no product; a target it knows by its answers only.

use std::collections::BTreeMap;

use crate::check::name_of;
use crate::component::Component;
use crate::literal::Name;
use crate::model::{Ability, Cluster, Omitted, SettingRecord};
use crate::plan::{HostService, Kind, Said, Unmet, Workload};
use crate::report::Origin;
use crate::target::Target;

/// The option that says where members are.
const ON: &str = "on";

/// What a target does not honour, sorted by what it does not have.
pub(super) fn unmet(
    cluster: &Cluster,
    settings: &BTreeMap<Name, Vec<SettingRecord>>,
    workloads: &[Workload],
    host_services: &[HostService],
    target: &dyn Target,
) -> Vec<Unmet> {
    let mut missing = Missing {
        target,
        found: BTreeMap::new(),
    };
    missing.of_cluster(cluster);
    for (component, records) in settings {
        let own: Vec<&Workload> = workloads
            .iter()
            .filter(|workload| &workload.component == component && workload.kind == Kind::Service)
            .collect();
        // What belongs to hosts is on their networks everywhere.
        let of_hosts = !own.is_empty() && own.iter().all(|workload| workload.is_of_hosts());
        for SettingRecord {
            option,
            value: _,
            cost: _,
            needs,
            origin,
        } in records
        {
            if let Some(ability) = *needs
                && !(of_hosts && ability == Ability::Networks)
            {
                missing.need(ability, option, component.as_str(), origin);
            }
            if *option == ON && moves(component, &own) {
                missing.need(Ability::Placement, option, component.as_str(), origin);
            }
        }
    }
    missing.of_platform(cluster);
    if !target.sets_up_hosts() {
        for service in host_services {
            let component = &service.component;
            missing.say(
                Omitted::Component(component.clone()),
                None,
                component.as_str(),
                &service.member.origin,
            );
        }
    }
    let mut accepted: BTreeMap<&Omitted, &Origin> = cluster.omitted_on(target).collect();
    let mut unmet: Vec<Unmet> = missing
        .found
        .into_iter()
        .map(|(what, said)| Unmet {
            on: target.name(),
            accepted: accepted.remove(&what).cloned(),
            what,
            said: said.into_values().collect(),
        })
        .collect();
    unmet.extend(accepted.into_iter().map(|(what, origin)| Unmet {
        on: target.name(),
        what: what.clone(),
        said: Vec::new(),
        accepted: Some(origin.clone()),
    }));
    unmet.sort_by(|a, b| a.what.cmp(&b.what));
    unmet
}

/// Whether a member of a component may be found on another host than the one that is named for it, on a target that moves
/// members: where it has data it stays, and so it does where all of its group are on one host.
///
/// Members are those that have data, or are of the group that is called as the component. What stands beside them, such as an
/// exporter for each, asks them over the network from any of their hosts, and nobody names one for it.
fn moves(component: &Name, own: &[&Workload]) -> bool {
    let stays = |workload: &Workload| !workload.volumes.is_empty() || workload.is_of_hosts();
    let are_members = |workload: &Workload| stays(workload) || &workload.name == component;
    let has_members = own.iter().any(|workload| are_members(workload));
    own.iter().any(|workload| {
        let mut neighbours = workload.members.windows(2);
        (are_members(workload) || !has_members)
            && !stays(workload)
            && neighbours.any(|pair| pair[0].host != pair[1].host)
    })
}

/// What was said and needs what the target does not have, by option.
struct Missing<'a> {
    target: &'a dyn Target,
    found: BTreeMap<Omitted, BTreeMap<Option<&'static str>, Said>>,
}

impl Missing<'_> {
    fn of_cluster(&mut self, cluster: &Cluster) {
        let own = cluster.name.value.as_str();
        for claim in &cluster.survives {
            self.need(Ability::Hosts, "survives", own, &claim.origin);
        }
        if let Some(network) = &cluster.network {
            self.need(Ability::Networks, "network", own, &network.origin);
        }
        for network in &cluster.operators {
            self.need(Ability::Operators, "operators", own, &network.origin);
        }
        for host in cluster.inventory.hosts() {
            let name = host.name.as_str();
            if let Some(address) = host.addresses.first() {
                self.need(Ability::Hosts, "addresses", name, &address.origin);
            }
            if host.zone.is_some() {
                self.need(Ability::Hosts, "zone", name, &host.zone_origin);
            }
        }
    }

    /// Of components that are left to the platform: how they shall do what it does in its own way. What they are for, which
    /// are the components that they name, it knows.
    fn of_platform(&mut self, cluster: &Cluster) {
        let all = cluster.components.iter().map(AsRef::as_ref);
        let left = all.filter(|component| cluster.left_to(self.target, *component).is_some());
        let left: Vec<&dyn Component> = left.collect();
        for component in left {
            let name = name_of(component);
            let own = component.manual().options;
            for set in component.settings() {
                let is_own = own
                    .iter()
                    .any(|option| option.name == set.option && option.is_own_way());
                if is_own {
                    let what = Omitted::Component(name.clone());
                    self.say(what, Some(set.option), name.as_str(), &set.origin);
                }
            }
        }
    }

    /// Something was said that needs an ability.
    fn need(&mut self, ability: Ability, option: &'static str, of: &str, origin: &Origin) {
        if !self.target.has(ability) {
            self.say(Omitted::Ability(ability), Some(option), of, origin);
        }
    }

    fn say(&mut self, what: Omitted, option: Option<&'static str>, of: &str, origin: &Origin) {
        let options = self.found.entry(what).or_default();
        let said = options.entry(option).or_insert_with(|| Said {
            option,
            of: Vec::new(),
            origin: origin.clone(),
        });
        if said.of.last().is_none_or(|last| last != of) {
            said.of.push(of.to_owned());
        }
    }
}
