//! Members of a plan by name and by host.
//!
//! In: a [`Plan`]. Out: an [`Index`] into it, for whoever asks for one member after the other: a plan is lists, and
//! each of its own lookups walks through them.

use std::collections::BTreeMap;

use crate::literal::{HostName, Name};
use crate::plan::{Member, Plan, Workload};

/// Where to find each member of a plan.
#[derive(Debug)]
pub struct Index<'a> {
    members: BTreeMap<&'a Name, (&'a Workload, &'a Member)>,
    of_hosts: BTreeMap<&'a Name, &'a Member>,
    beside: BTreeMap<&'a Name, BTreeMap<&'a HostName, Vec<&'a Member>>>,
}

impl<'a> Index<'a> {
    /// The index of a plan.
    pub fn of(plan: &'a Plan) -> Self {
        let mut members = BTreeMap::new();
        let mut beside: BTreeMap<_, BTreeMap<_, Vec<_>>> = BTreeMap::new();
        for workload in &plan.workloads {
            for member in &workload.members {
                members.insert(&member.name, (workload, member));
                beside
                    .entry(&workload.name)
                    .or_default()
                    .entry(&member.host)
                    .or_default()
                    .push(member);
            }
        }
        let services = plan.host_services.iter();
        Self {
            members,
            of_hosts: services
                .map(|service| (&service.member.name, &service.member))
                .collect(),
            beside,
        }
    }

    /// Where this member is, of a workload or of what hosts run themselves.
    pub fn placed(&self, name: &Name) -> Option<&'a Member> {
        let of_workload = self.member(name).map(|(_, member)| member);
        of_workload.or_else(|| self.of_hosts.get(name).copied())
    }

    /// The workload and member of this member name.
    pub fn member(&self, name: &Name) -> Option<(&'a Workload, &'a Member)> {
        self.members.get(name).copied()
    }

    /// The member of a workload on a host: the one with the lowest index, if there are more.
    pub fn beside(&self, workload: &Name, host: &HostName) -> Option<&'a Member> {
        self.each_beside(workload, host).first().copied()
    }

    /// All members of a workload on a host, by index.
    pub fn each_beside(&self, workload: &Name, host: &HostName) -> &[&'a Member] {
        let hosts = self.beside.get(workload);
        hosts
            .and_then(|hosts| hosts.get(host))
            .map_or(&[], Vec::as_slice)
    }
}
