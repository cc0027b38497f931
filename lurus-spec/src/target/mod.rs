//! Places to run. A target decides addresses, ports and the form of files, and knows no product.
//!
//! In: a checked [`Plan`]. Out: a [`FileTree`].
//!
//! # Adding a target
//!
//! 1. A folder here with `mod.rs` (a unit struct that implements [`Target`]), `render.rs`, `tests.rs`.
//! 2. A line in [`TARGETS`].
//! 3. `cargo xtask gen`.

mod clients;
mod compose;
mod connections;
pub mod hosts;
pub mod k3s;
pub mod local;
mod packet_filter;
mod shell;
mod written;

use std::fmt;

use crate::check::{Check, Rule};
use crate::file_tree::FileTree;
use crate::literal::{Cidr, Name};
use crate::model::{Ability, Inventory, Upgrade};
use crate::plan::{Act, Duty, Elections, Member, Plan, Role};
use crate::report::Report;
use crate::words::Words;

/// A place to run a plan.
pub trait Target: fmt::Debug + Sync {
    /// The folder under `generated/<cluster>/`.
    fn name(&self) -> &'static str;

    /// What it is, in one sentence, for the book.
    fn summary(&self) -> Words;

    /// Whether every cluster is written for it, and not only those that ask for it by [`Cluster::target`].
    ///
    /// [`Cluster::target`]: crate::model::Cluster::target
    fn is_for_all(&self) -> bool;

    /// How peers and clients inside the cluster address a member of a group: a name or an IP address.
    fn address(&self, cluster: &Name, group: &Name, member: &Member) -> String;

    /// What its platform does by itself: components that are for nothing else are left out there, unless the description
    /// keeps them.
    fn duties(&self) -> &'static [Duty];

    /// How clients inside the cluster address whoever holds a role of a group; `None` where its platform leads nobody to
    /// roles.
    fn role_address(&self, cluster: &Name, group: &Name, role: &Role) -> Option<String>;

    /// What members that elect one among themselves are told of the platform; `None` where it keeps no elections.
    fn elections(&self, cluster: &Name) -> Option<Elections>;

    /// The network from which each member has an address of its own, where that is not its host's. All members of a group
    /// then listen on the ports of the first, whatever else is on their hosts: so that one object may stand for the group.
    fn own_network(&self) -> Option<Cidr>;

    /// Whether a member may be carried by another host than the one that the description names, so that nothing may say
    /// where it is.
    fn moves_members(&self) -> bool;

    /// Where a member's connections seem to come from, for those who listen on this network.
    fn source(&self, inventory: &Inventory, member: &Member, network: &Name) -> Cidr;

    /// `address:port` of the name service, when peers are addressed by name.
    fn resolver(&self) -> Option<&'static str>;

    /// Whether it has what settings may need. What a setting needs that it does not have is a finding (`L0920`), so that
    /// nothing that was said is dropped without a word.
    fn has(&self, ability: Ability) -> bool;

    /// Whether its hosts are set up from here: their own programs and the settings of their kernels, and not only what runs
    /// in containers.
    fn sets_up_hosts(&self) -> bool;

    /// How the cluster is brought up there, step by step, for the book.
    fn start(&self, plan: &Plan) -> Vec<Step>;

    /// The command by which a member takes a changed file while it runs, given what its program wants (`kill -HUP 1`);
    /// `None` where a changed file reaches only a new container.
    fn reload(&self, plan: &Plan, member: &Member, how: &str) -> Option<String>;

    /// What an operator types to do something to a member, in the root of the repository; `None` where this target has
    /// no such thing.
    fn command(&self, plan: &Plan, member: &Member, act: &Act) -> Option<String>;

    /// How far the versions of its own images may be moved at once.
    fn upgrades(&self) -> &'static [Upgrade] {
        &[]
    }

    /// Rules about what this target can express and place, by code. Each looks at a plan for this target.
    fn rules(&self) -> &'static [Rule];

    /// Findings about what this target cannot express or place.
    fn check(&self, plan: &Plan) -> Report {
        let mut report = Report::default();
        for rule in self.rules() {
            match rule.check {
                Check::Planned(check) => check(plan, &mut report),
                Check::Described(_) => {}
            }
        }
        report
    }

    /// Writes the files of a plan that passed [`crate::plan::check`] and [`Target::check`].
    fn render(&self, plan: &Plan) -> FileTree;
}

/// Something to do on a command line, in the root of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it does, as a sentence.
    pub says: Words,
    /// What to type.
    pub command: String,
}

/// Every target, by name.
pub const TARGETS: &[&dyn Target] = &[&hosts::Hosts, &k3s::K3s, &local::Local];
