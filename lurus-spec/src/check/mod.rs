//! The checks of a description, as a list.
//!
//! In: a [`Cluster`]. Out: a [`Checked`] cluster, or a report with every finding at once. Rules see what was
//! described and declared; they know no target and no file format. Rules of one product stand in its folder under
//! [`crate::component`], rules about what was lowered in [`crate::plan::check`].
//!
//! # Where each invariant of a cluster holds
//!
//! An invariant that the types keep has no rule: there is nothing that a rule could find.
//!
//! | invariant | where it holds |
//! |---|---|
//! | names are labels, short enough for what is derived from them, and given once | literals; `L0101`; the plan's `L1001` |
//! | a text that its type refuses is reported, never dropped | `L0102` |
//! | addresses lie in their network and are not the router's; none is given twice | `L0103`, `L0104`; the plan's `L1001` |
//! | networks overlap neither each other nor what engines take by themselves | `L0105` |
//! | every address that a file names is one that something answers to | addresses come from [`Lowering`] and [`Symbol`] alone; `L0106`, `L0107`; the plan's `L1002` |
//! | a host's address and port belong to one member, derived ports included | `L0301`; the plan's `L1001` |
//! | a port is 1 to 65535, and not one that the system gives away | [`Port`]; a derived one is a `Result` in [`GroupPort`]; `L0303` |
//! | what is published can be reached | networks have no internal kind; the plan's `L1002` finds published ports that do not exist |
//! | several members never share a fixed port or a container's name | a target writes one container for one member, by the member's own name |
//! | a balancer's servers are the placed members, and the lists of peers are the same everywhere | both are [`Lowering::peers`] of the declaration: there is no other list to write |
//! | needs are met, and end nowhere in a circle | `L0401`, `L0402`, `L0403`, `L0407` |
//! | what a connection string asks for, such as a database, is created | `L0410` |
//! | nothing waits for a long-running workload | `Kind::Service` has no field for it; tasks: the plan's `L1003` |
//! | secrets are declared, used, and in variables only | `L0405`, `L0406`; the plan's `L1002`; the compiler knows no value |
//! | a volume has one writer, a mount hides no other | the plan's `L1005` |
//! | who connects shares a network with what it reaches | the plan's `L1004`; firewalls are computed from the same flows |
//! | what others could read or reach is told | `L0702`, `L0703`; admin pages: firewalls and access lists are computed from the flows |
//! | images are pinned and exist | [`Image`] has a tag that is not `latest`; `L0404`; builds: the plan's `L1008` |
//! | no image is fetched past the site's mirror | [`Inventory::image`] has no other; `L0415` |
//! | text comes out as it went in | one escape function for each format; the plan's `L1009` refuses what no format carries |
//! | quorums are odd and spread | `L0201`, `L0202`, `L0203` |
//! | memory of a host is enough for what is on it | `L0501` |
//! | no core of a host is reserved twice | nothing reserves one: members share those of their host |
//! | the disk of a host is enough for what is on it | the plan's `L0510` |
//! | a program may open as many files as it takes connections | limits are computed from the connections; pools of applications: `L1217`; the kernel's bound: the plan's `L0513` |
//! | what waits for its disk has a fast one, or one for itself | `L0511`, `L0514` |
//! | alerts, recordings and panels read what is scraped; every job has an alert for its silence | `L1101`–`L1105` |
//! | an alert counts as many as there are | thresholds are computed from the declared members |
//! | an alert is evaluated twice before it fires, and somebody hears of it | `L1109`, `L1110`; receivers: `L1131` |
//! | members of a host want one thing of its kernel | the plan's `L1010` |
//! | rules that a team wrote are read as they are meant, and somebody hears of them | `L1106`, `L1107`, `L1111`; what is evaluated is printed from what was read |
//! | nobody needs what is left to a platform that has no answer for it | `L0906`, `L0908` |
//! | a stop is given the time that it takes | the plan's `L0604` |
//! | a target honours what is said, or it is said that it does not | the plan's `L0920`, `L0921`; `L0922` |
//!
//! [`GroupPort`]: crate::component::GroupPort
//! [`Image`]: crate::literal::Image
//! [`Inventory::image`]: crate::model::Inventory::image
//! [`Lowering`]: crate::component::Lowering
//! [`Lowering::peers`]: crate::component::Lowering::peers
//! [`Port`]: crate::literal::Port
//! [`Symbol`]: crate::plan::Symbol

mod capacity;
mod mirror;
mod monitoring;
mod names;
mod network;
mod placement;
mod platform;
mod port;
mod private;
mod reference;
mod stated;
mod target;
mod written;

pub mod loss;

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::component::{
    Component, Declaration, EndpointRef, Group, GroupMember, Platform, Site, WatchedPlatform,
};
use crate::literal::Name;
use crate::model::{Cluster, NetworkRef};
use crate::report::Report;
use crate::target::Target;

pub(crate) use stated::each;
pub use stated::{Declarations, Stated};

pub(crate) use capacity::reserve;

/// One named check.
#[derive(Clone, Copy)]
pub struct Rule {
    /// `L0204`
    pub code: &'static str,
    /// One sentence that begins with "Ensure".
    pub ensures: &'static str,
    /// The long text of `explain`: what goes wrong without the rule, and how to mend it.
    pub explain: &'static str,
    /// Where the rule comes from: a manual, an RFC, a source file, or what was seen.
    pub source: &'static str,
    /// The check.
    pub check: Check,
}

/// What a rule looks at.
#[derive(Clone, Copy)]
pub enum Check {
    /// The description.
    Described(fn(&View<'_>, &mut Report)),
    /// The plan of any target.
    Planned(fn(&crate::plan::Plan, &mut Report)),
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rule").field(&self.code).finish()
    }
}

/// The rules that concern every component, by code. [`all_rules`] adds those of products, of the plan and of targets.
pub const RULES: &[Rule] = &[
    names::NAMES,
    names::REFUSED,
    network::ADDRESSES,
    network::ADDRESS_ONCE,
    network::OVERLAP,
    network::LISTENING,
    network::HANDLES,
    network::OPERATORS,
    target::TARGETS_EXIST,
    placement::QUORUM_SIZE,
    placement::QUORUM_SPREAD,
    placement::PLACED,
    port::ONE_LISTENER,
    port::RESERVED,
    reference::NEEDS,
    reference::FRONTED,
    reference::NO_CYCLE,
    reference::IMAGES,
    reference::SECRETS,
    reference::DECLARED,
    reference::INSIDE,
    mirror::MIRRORS,
    capacity::MEMORY,
    capacity::SLOW_DISK,
    capacity::SHARED_DISK,
    private::IN_CLEAR,
    private::PUBLIC,
    platform::ANSWERED,
    platform::KEPT,
    platform::LED,
    target::OMITTED,
    monitoring::READABLE,
    monitoring::EXPORTED,
    monitoring::LABELS,
    monitoring::DOWN,
    monitoring::ONCE,
    written::FORM,
    written::TOLD,
];

/// Every rule of the compiler, by code.
pub fn all_rules() -> Vec<&'static Rule> {
    let mut rules: Vec<&Rule> = RULES
        .iter()
        .chain(loss::RULES)
        .chain(crate::plan::check::RULES)
        .chain(
            crate::component::BUILT_IN
                .iter()
                .flat_map(|built_in| built_in.rules),
        )
        .chain(
            crate::target::TARGETS
                .iter()
                .flat_map(|target| target.rules()),
        )
        .collect();
    rules.sort_by_key(|rule| rule.code);
    rules
}

/// A described cluster with what its components declare.
#[derive(Debug)]
pub struct View<'a> {
    /// The description.
    pub cluster: &'a Cluster,
    /// What components see of it.
    pub site: Site<'a>,
    /// Declarations, in the order of `cluster.components`.
    pub declared: Vec<(&'a dyn Component, Arc<Stated>)>,
}

/// A cluster that passed every check of its description.
#[derive(Debug)]
pub struct Checked<'a> {
    /// The description.
    pub cluster: &'a Cluster,
    /// What components see of it.
    pub site: Site<'a>,
    /// The components, in the order of the description; those that its target leaves out are not there.
    pub components: Vec<&'a dyn Component>,
    /// Declarations by component.
    pub declarations: Declarations,
    /// Warnings.
    pub warnings: Report,
}

/// Runs every check and reports every finding.
///
/// # Errors
/// The report, when it holds at least one error.
pub fn check(cluster: &Cluster) -> Result<Checked<'_>, Report> {
    View::new(cluster).check()
}

impl<'a> View<'a> {
    /// All of a cluster, as it is described.
    pub(crate) fn new(cluster: &'a Cluster) -> Self {
        Self::of(cluster, None, |component, site| {
            Arc::new(Stated::of(component, site))
        })
    }

    /// What is left of the cluster on a target.
    pub(crate) fn on(&self, target: &'a dyn Target) -> Self {
        Self::of(self.cluster, Some(target), |component, site| {
            let mut described = self.declared.iter();
            let same = |other: &dyn Component| std::ptr::addr_eq(other, component);
            let stated = described.find(|(other, _)| same(*other));
            stated
                .map(|(_, stated)| stated)
                .filter(|stated| stated.holds_everywhere() && self.site.monitored == site.monitored)
                .map_or_else(|| Arc::new(Stated::of(component, site)), Arc::clone)
        })
    }

    /// Runs every check and reports every finding.
    ///
    /// # Errors
    /// The report, when it holds at least one error.
    pub(crate) fn check(&self) -> Result<Checked<'a>, Report> {
        let mut report = Report::default();
        let mut seen = BTreeSet::new();
        let own = self.declared.iter();
        let own = own.flat_map(|(component, _)| component.rules());
        for rule in RULES.iter().chain(loss::RULES).chain(own) {
            if let (true, Check::Described(check)) = (seen.insert(rule.code), rule.check) {
                check(self, &mut report);
            }
        }
        if report.has_errors() {
            return Err(report);
        }
        Ok(self.checked(report))
    }

    fn of(
        cluster: &'a Cluster,
        target: Option<&'a dyn Target>,
        stated: impl Fn(&'a dyn Component, &Site<'a>) -> Arc<Stated>,
    ) -> Self {
        let components = cluster.components_on(target);
        let site = Site {
            cluster: &cluster.name.value,
            inventory: &cluster.inventory,
            network: cluster.network.as_ref().map(|network| network.value),
            development: cluster.development,
            monitored: !cluster.monitors.is_empty()
                || components.iter().any(|component| component.collects()),
            platform: WatchedPlatform::new(target.map(|target| Platform { cluster, target })),
        };
        let declared = components
            .into_iter()
            .map(|component| (component, stated(component, &site)))
            .collect();
        Self {
            cluster,
            site,
            declared,
        }
    }

    fn checked(&self, warnings: Report) -> Checked<'a> {
        Checked {
            cluster: self.cluster,
            site: self.site,
            components: self
                .declared
                .iter()
                .map(|(component, _)| *component)
                .collect(),
            declarations: self
                .declared
                .iter()
                .map(|(component, stated)| (name_of(*component).clone(), Arc::clone(stated)))
                .collect(),
            warnings,
        }
    }

    /// Every component of one type, with its declaration.
    pub fn all<C: Component>(&self) -> impl Iterator<Item = (&'a C, &Declaration)> {
        self.declared.iter().filter_map(|(component, declaration)| {
            let component: &'a dyn Any = *component;
            component
                .downcast_ref::<C>()
                .map(|component| (component, &***declaration))
        })
    }

    /// Every group, with the component that it belongs to.
    pub fn groups(&self) -> impl Iterator<Item = (&'a dyn Component, &Group)> {
        self.declared.iter().flat_map(|(component, declaration)| {
            declaration.groups.iter().map(|group| (*component, group))
        })
    }

    /// Every member, with the component and the group that it belongs to.
    pub fn members(&self) -> impl Iterator<Item = (&'a dyn Component, &Group, &GroupMember)> {
        self.groups().flat_map(|(component, group)| {
            group
                .members
                .iter()
                .map(move |member| (component, group, member))
        })
    }

    /// Declarations by component. Of two components with one name, the first.
    pub(crate) fn by_name(&self) -> BTreeMap<&'a Name, &Declaration> {
        let mut by_name = BTreeMap::new();
        for (component, declaration) in &self.declared {
            by_name
                .entry(name_of(*component))
                .or_insert(&***declaration);
        }
        by_name
    }

    /// Whether the description takes a network for private.
    pub(crate) fn trusts(&self, network: NetworkRef) -> bool {
        let mut trusted = self.cluster.trusted.iter();
        trusted.any(|set| set.value == network)
    }

    /// Endpoints that a component stands in front of.
    pub(crate) fn fronts(&self) -> BTreeSet<&EndpointRef> {
        let declarations = self.declared.iter().map(|(_, declaration)| declaration);
        declarations
            .flat_map(|declaration| &declaration.fronts)
            .map(|front| &front.endpoint)
            .collect()
    }
}

/// The component's name.
pub(crate) fn name_of(component: &dyn Component) -> &Name {
    &component.meta().name.value
}

/// A few names as a part of a sentence: `a, b and c`; of many, the first four and how many more there are.
pub(crate) fn listed(things: impl IntoIterator<Item = impl fmt::Display>) -> String {
    const SHOWN: usize = 4;
    let mut all: Vec<String> = things.into_iter().map(|thing| thing.to_string()).collect();
    if all.len() > SHOWN + 1 {
        let more = all.len() - SHOWN;
        all.truncate(SHOWN);
        all.push(format!("{more} more"));
    }
    match all.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
