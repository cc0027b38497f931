//! Who talks to whom: the flows from which firewalls and access lists are computed.

use std::collections::BTreeSet;

use super::{Entry, resolve};
use crate::check::Declarations;
use crate::component::observe::Observed;
use crate::component::{Group, Lowering};
use crate::literal::{Cidr, Name};
use crate::model::HostRef;
use crate::plan::{Departure, Flow, PortName};

impl Lowering<'_> {
    /// All flows, sorted.
    pub fn flows(&self) -> &[Flow] {
        &self.flows
    }

    /// Who connects to what outside the cluster, sorted.
    pub fn departures(&self) -> Vec<Departure> {
        departures_of(self.declarations)
    }

    /// The networks from which connections to a port of a group come, sorted: what an access list must let in.
    pub fn sources(&self, group: &Name, port: &str) -> Vec<Cidr> {
        self.sources_where(group, port, |_| true)
    }

    /// The part of [`Lowering::sources`] from which the group's own members come.
    pub fn peer_sources(&self, group: &Name, port: &str) -> Vec<Cidr> {
        self.sources_where(group, port, |from| from == group)
    }

    /// The part of [`Lowering::sources`] from which everyone but the group's own members comes.
    pub fn client_sources(&self, group: &Name, port: &str) -> Vec<Cidr> {
        self.sources_where(group, port, |from| from != group)
    }

    /// The part of [`Lowering::sources`] from which the members of these groups come.
    pub fn sources_where(
        &self,
        group: &Name,
        port: &str,
        wanted: impl Fn(&Name) -> bool,
    ) -> Vec<Cidr> {
        let networks: BTreeSet<&Name> = self
            .members(group)
            .iter()
            .map(|member| &member.network)
            .collect();
        let sources: BTreeSet<Cidr> = self
            .arriving
            .get(group)
            .into_iter()
            .flatten()
            .map(|index| &self.flows[*index])
            .filter(|flow| flow.port == port && wanted(&flow.from))
            .flat_map(|flow| self.members(&flow.from))
            .flat_map(|member| {
                let inventory = self.site.inventory;
                networks
                    .iter()
                    .map(move |network| self.target.source(inventory, member, network))
            })
            .collect();
        sources.into_iter().collect()
    }
}

/// Who talks to whom: peers of a group, everyone to what it needs, exporters to whom they ask, and observers to whatever
/// they see.
pub(crate) fn flows_of(declarations: &Declarations) -> Vec<Flow> {
    let mut flows = BTreeSet::new();
    for declaration in declarations.values() {
        for group in &declaration.groups {
            flows.extend({
                let ports = group.peer_ports.iter();
                ports.map(|port| Flow::new(&group.name, &group.name, port))
            });
        }
        let by_a_host = |name: &Name| declaration.group(name).is_some_and(|group| group.on_host);
        // A program of a host speaks to the members beside it only, from the host's own address to itself.
        for need in declaration
            .needs
            .iter()
            .filter(|need| !by_a_host(&need.group))
        {
            match resolve(declarations, &need.endpoint) {
                Some(Entry::Group { group, port, .. }) => {
                    flows.insert(Flow::new(&need.group, group, port));
                }
                // Who is led to a member connects to that member.
                Some(Entry::Role { group, role }) => {
                    flows.insert(Flow::new(&need.group, group, &role.port));
                }
                Some(Entry::Outside(_)) | None => {}
            }
        }
    }
    for declaration in declarations.values() {
        for metrics in &declaration.metrics {
            let asked = metrics.asks.iter();
            flows.extend(asked.map(|asked| Flow::new(&metrics.group, &asked.group, &asked.port)));
        }
        for observer in &declaration.observers {
            let seen = observed(declarations, &observer.sees).into_iter();
            let beside = observer.sees == Observed::Readiness;
            let own = hosts_of(declarations, &observer.group);
            flows.extend(
                seen.filter(|(to, _)| !beside || !own.is_disjoint(&hosts_of(declarations, to)))
                    .map(|(to, port)| Flow {
                        beside,
                        ..Flow::new(&observer.group, to, port)
                    }),
            );
        }
    }
    flows.into_iter().collect()
}

/// The hosts that carry a group.
fn hosts_of(declarations: &Declarations, group: &Name) -> BTreeSet<HostRef> {
    declarations
        .values()
        .find_map(|declaration| declaration.group(group))
        .map(Group::hosts)
        .unwrap_or_default()
}

/// Groups with their ports that an observer connects to.
fn observed<'a>(declarations: &'a Declarations, sees: &Observed) -> Vec<(&'a Name, &'a PortName)> {
    let all = declarations.values();
    match sees {
        Observed::Metrics => all
            .flat_map(|other| &other.metrics)
            .map(|metrics| (&metrics.group, &metrics.port))
            .collect(),
        Observed::Readiness => all
            .flat_map(|other| &other.groups)
            .filter_map(|group| Some((&group.name, &group.ready.as_ref()?.port)))
            .collect(),
        Observed::Endpoint(endpoint) => match resolve(declarations, endpoint) {
            Some(Entry::Group { group, port, .. }) => vec![(group, port)],
            Some(Entry::Role { .. } | Entry::Outside(_)) | None => Vec::new(),
        },
    }
}

/// Who connects to what outside the cluster.
fn departures_of(declarations: &Declarations) -> Vec<Departure> {
    let all = declarations.values();
    let needs = all
        .clone()
        .flat_map(|declaration| &declaration.needs)
        .map(|need| (&need.group, &need.endpoint));
    let seen = all
        .flat_map(|declaration| &declaration.observers)
        .filter_map(|observer| match &observer.sees {
            Observed::Endpoint(endpoint) => Some((&observer.group, endpoint)),
            Observed::Metrics | Observed::Readiness => None,
        });
    let departures: BTreeSet<Departure> = needs
        .chain(seen)
        .filter_map(|(from, endpoint)| match resolve(declarations, endpoint)? {
            Entry::Group { .. } | Entry::Role { .. } => None,
            Entry::Outside(remote) => Some(Departure {
                from: from.clone(),
                to: remote.clone(),
            }),
        })
        .collect();
    departures.into_iter().collect()
}
