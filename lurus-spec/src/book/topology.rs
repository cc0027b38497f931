//! What of a plan is drawn.
//!
//! In: a checked cluster and a plan of it. Out: the topology for the picture: components with who connects to whom, hosts with what
//! lives there. Tasks are left out: they run to their end.

use std::collections::{BTreeMap, BTreeSet};

use crate::book::picture::{Component, Host, Topology};
use crate::check::{Checked, Declarations};
use crate::component::Declaration;
use crate::file_tree::header;
use crate::literal::{HostName, Name};
use crate::plan::{Kind, Outside, Plan, Workload};

pub(super) fn topology(checked: &Checked<'_>, plan: &Plan) -> Topology {
    let declarations = &checked.declarations;
    let kinds: BTreeMap<&Name, &'static str> = checked
        .cluster
        .components
        .iter()
        .map(|component| (&component.meta().name.value, component.kind()))
        .collect();
    let services = || {
        plan.workloads
            .iter()
            .filter(|workload| workload.kind == Kind::Service)
    };
    let mut drawn: BTreeMap<&Name, Component> = declarations
        .iter()
        .map(|(name, declaration)| {
            let kind = kinds.get(name).copied();
            (name, component(plan, name, declaration, kind))
        })
        .collect();
    let places: BTreeMap<&Name, usize> = declarations.keys().zip(0..).collect();
    let owners: BTreeMap<&Name, &Name> = plan
        .workloads
        .iter()
        .map(|workload| (&workload.name, &workload.component))
        .collect();
    let observers: BTreeSet<&Name> = declarations
        .values()
        .flat_map(|declaration| &declaration.observers)
        .map(|observer| &observer.group)
        .collect();
    let mut flows = BTreeSet::new();
    let mut watched: BTreeMap<&Name, BTreeSet<&Name>> = BTreeMap::new();
    for flow in &plan.flows {
        let (Some(from), Some(to)) = (owners.get(&flow.from), owners.get(&flow.to)) else {
            continue;
        };
        if from == to {
            continue;
        }
        // Whoever looks at everything would be joined to everything, needs included: those are known by the needs.
        if observers.contains(&flow.from) && !needs(declarations, from, to) {
            watched.entry(from).or_default().insert(to);
        } else {
            flows.insert((places[from], places[to]));
        }
    }
    // What runs on the hosts themselves connects to nobody over a network of containers: it stands before what it needs.
    for service in &plan.host_services {
        let declaration = declarations.get(&service.component);
        let needs = declaration.into_iter().flat_map(|found| &found.needs);
        let from = places.get(&service.component);
        let to = needs.filter_map(|need| places.get(&need.endpoint.component));
        flows.extend(from.into_iter().copied().cycle().zip(to.copied()));
    }
    for (name, watched) in watched {
        if let Some(component) = drawn.get_mut(name) {
            component.watches = watched.len();
        }
    }
    for opening in &plan.openings {
        let port = plan
            .workload(&opening.group)
            .and_then(|workload| workload.members.first())
            .and_then(|member| member.port(&opening.port));
        let component = owners
            .get(&opening.group)
            .and_then(|owner| drawn.get_mut(*owner));
        if let (Some(port), Some(component)) = (port, component) {
            let from = match &opening.from {
                Outside::Anyone => "0.0.0.0/0".to_owned(),
                Outside::Network(network) => network.to_string(),
            };
            component.open.push((from, port.to_string()));
        }
    }
    Topology {
        cluster: plan.cluster.to_string(),
        note: header(&plan.cluster),
        components: drawn.into_values().collect(),
        flows,
        hosts: hosts(plan, services(), &places),
    }
}

fn needs(declarations: &Declarations, from: &Name, to: &Name) -> bool {
    declarations.get(from).is_some_and(|declaration| {
        let mut needs = declaration.needs.iter();
        needs.any(|need| &need.endpoint.component == to)
    })
}

/// A component with as many members as serve: those that only tell of them, such as exporters, are not counted.
fn component(plan: &Plan, name: &Name, declaration: &Declaration, kind: Option<&str>) -> Component {
    let serving: BTreeSet<&Name> = declaration
        .endpoints
        .iter()
        .filter_map(|endpoint| endpoint.group())
        .map(|(group, _)| group)
        .collect();
    let of_component =
        |workload: &&Workload| &workload.component == name && workload.kind == Kind::Service;
    let own: Vec<&Workload> = plan.workloads.iter().filter(of_component).collect();
    let serves = |workload: &&&Workload| serving.contains(&workload.name);
    let counted: Vec<&Workload> = match own.iter().any(|workload| serves(&workload)) {
        true => own.iter().filter(serves).copied().collect(),
        false => own,
    };
    let on_hosts = plan.host_services.iter();
    let on_hosts = on_hosts.filter(|service| &service.component == name);
    let in_containers = counted.iter().map(|workload| workload.members.len());
    Component {
        name: name.to_string(),
        kind: kind.unwrap_or_default().to_owned(),
        members: in_containers.sum::<usize>() + on_hosts.count(),
        ..Component::default()
    }
}

fn hosts<'a>(
    plan: &'a Plan,
    services: impl Iterator<Item = &'a Workload>,
    places: &BTreeMap<&Name, usize>,
) -> Vec<Host> {
    let mut members: BTreeMap<&HostName, Vec<(usize, String)>> = BTreeMap::new();
    for workload in services {
        let place = places.get(&workload.component).copied().unwrap_or(0);
        for member in &workload.members {
            members
                .entry(&member.host)
                .or_default()
                .push((place, member.name.to_string()));
        }
    }
    for service in &plan.host_services {
        let place = places.get(&service.component).copied().unwrap_or(0);
        let of_host = members.entry(&service.member.host).or_default();
        of_host.push((place, service.member.name.to_string()));
    }
    let inventory = plan.inventory.hosts().iter();
    inventory
        .map(|host| Host {
            name: host.name.to_string(),
            zone: host.zone.as_ref().map(ToString::to_string),
            addresses: host
                .addresses
                .iter()
                .map(|address| (address.network.to_string(), address.ip.to_string()))
                .collect(),
            size: format!("{} vCPU · {}", host.cores, host.memory),
            members: members.remove(&host.name).unwrap_or_default(),
        })
        .collect()
}
