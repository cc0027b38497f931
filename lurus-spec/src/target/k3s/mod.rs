//! Kubernetes as K3S brings it: one object of each kind for a group, and the bootstrap of the hosts themselves.
//!
//! In: a plan. Out: manifests that `kubectl apply -k` takes, and the configuration of K3S on each host. Members are pods,
//! addressed by the names that a headless Service gives them. A member with data stays on the host that the description
//! names, because its volume is there; one without may be carried by any host of its group. What belongs to a host is on
//! each of them, in a namespace of its own whose pods may see their hosts.

mod address;
mod bootstrap;
mod check;
mod command;
mod config;
mod controller;
mod edge;
mod election;
mod fill;
mod firewall;
mod group;
mod monitor;
mod mount;
mod name;
mod network;
mod pod;
mod probe;
mod render;
mod room;
mod start;
mod storage;
mod user;

#[cfg(test)]
mod tests;

use crate::check::Rule;
use crate::file_tree::FileTree;
use crate::literal::{Cidr, Name};
use crate::model::{Ability, Inventory, Upgrade, VersionStep};
use crate::plan::{Act, Duty, Elections, Member, Plan, Role};
use crate::target::hosts::Hosts;
use crate::target::{Step, Target};
use crate::words::Words;

/// A cluster of K3S.
#[derive(Clone, Copy, Debug)]
pub struct K3s;

impl Target for K3s {
    fn name(&self) -> &'static str {
        "k3s"
    }

    fn summary(&self) -> Words {
        Words::new(
            "Kubernetes: manifests for `kubectl apply -k`, and the bootstrap of K3S on each host",
            "Kubernetes：供 `kubectl apply -k` 使用的清单，以及每台主机上 K3S 的引导配置",
        )
    }

    fn is_for_all(&self) -> bool {
        false
    }

    fn address(&self, cluster: &Name, group: &Name, member: &Member) -> String {
        address::of_member(cluster, group, member)
    }

    fn duties(&self) -> &'static [Duty] {
        &[
            Duty::VirtualAddress,
            Duty::Balancing,
            Duty::Discovery,
            Duty::Election,
            Duty::Edge,
        ]
    }

    fn role_address(&self, cluster: &Name, group: &Name, role: &Role) -> Option<String> {
        let service = election::service_of(group, role);
        Some(address::of_service(cluster, &service))
    }

    fn elections(&self, cluster: &Name) -> Option<Elections> {
        Some(election::elections(cluster))
    }

    fn own_network(&self) -> Option<Cidr> {
        Some(address::PODS)
    }

    fn moves_members(&self) -> bool {
        true
    }

    /// A pod has any free address of their network; who may really connect, the network policies say.
    fn source(&self, inventory: &Inventory, member: &Member, network: &Name) -> Cidr {
        if member.of_host {
            return Hosts.source(inventory, member, network);
        }
        address::PODS
    }

    fn resolver(&self) -> Option<&'static str> {
        Some(address::RESOLVER)
    }

    fn has(&self, ability: Ability) -> bool {
        match ability {
            Ability::Placement => !self.moves_members(),
            Ability::Networks => self.own_network().is_none(),
            Ability::Hosts | Ability::Callers | Ability::Operators | Ability::Liveness => true,
            // A stack is a label, and one folder is applied.
            Ability::Stacks => false,
        }
    }

    fn sets_up_hosts(&self) -> bool {
        false
    }

    fn start(&self, plan: &Plan) -> Vec<Step> {
        start::start(plan)
    }

    fn reload(&self, _plan: &Plan, _member: &Member, _how: &str) -> Option<String> {
        // A changed file makes the pods of its group anew, one after the other.
        None
    }

    fn command(&self, plan: &Plan, member: &Member, act: &Act) -> Option<String> {
        let (workload, member) = plan.member(&member.name)?;
        command::command(plan, workload, member, act)
    }

    fn upgrades(&self) -> &'static [Upgrade] {
        &[Upgrade {
            image: bootstrap::IMAGE,
            mark: "",
            step: VersionStep::NextMinor,
            instead: "servers of Kubernetes neither skip a minor version nor go back: pin each one in turn, and let all servers \
                      have it before the next",
        }]
    }

    fn rules(&self) -> &'static [Rule] {
        check::RULES
    }

    fn render(&self, plan: &Plan) -> FileTree {
        render::render(plan)
    }
}
