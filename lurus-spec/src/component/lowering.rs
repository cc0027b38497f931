//! What a component may ask while it lowers itself: all declarations, and the target's answers.
//!
//! In: checked declarations and a target. Out: members, images and workloads to fill in; in the modules below, addresses
//! and flows. It knows neither products nor file formats.

mod address;
mod edge;
mod flow;

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Declarations, each};
use crate::component::{Account, Component, Declaration, Group, Site};
use crate::literal::{Duration, Image, Name};
use crate::model::Meta;
use crate::plan::{
    Body, Contract, Elections, Flow, Kind, Member, MemberPort, PortName, Resources, Stop, Symbol,
    Workload,
};
use crate::target::Target;
use crate::words::Words;
use crate::yaml::{Node, map, seq};

pub(crate) use address::{Entry, resolve};
pub use address::{Peer, Reached};
pub(crate) use flow::flows_of;

/// The world of one component while it is lowered for one target.
#[derive(Debug)]
pub struct Lowering<'a> {
    /// Cluster name and inventory.
    pub site: Site<'a>,
    target: &'a dyn Target,
    declarations: &'a Declarations,
    members: BTreeMap<Name, Vec<Member>>,
    flows: Vec<Flow>,
    /// Indices into `flows` by the group that listens: every access list looks up its own.
    arriving: BTreeMap<Name, Vec<usize>>,
    /// Groups whose addresses somebody looks up only once.
    pinned: BTreeSet<&'a Name>,
}

impl<'a> Lowering<'a> {
    /// Makes members and flows of checked declarations.
    pub(crate) fn new(
        site: Site<'a>,
        target: &'a dyn Target,
        declarations: &'a Declarations,
    ) -> Self {
        let members = declarations
            .values()
            .flat_map(|declaration| &declaration.groups)
            .map(|group| {
                let mut members = members_of(group, &site);
                if target.own_network().is_some() {
                    share_ports(&mut members);
                }
                (group.name.clone(), members)
            })
            .collect();
        let flows = flows_of(declarations);
        let mut arriving: BTreeMap<Name, Vec<usize>> = BTreeMap::new();
        for (index, flow) in flows.iter().enumerate() {
            arriving.entry(flow.to.clone()).or_default().push(index);
        }
        let pinned = declarations
            .values()
            .flat_map(|declaration| &declaration.pins)
            .filter_map(|endpoint| match resolve(declarations, endpoint)? {
                Entry::Group { group, .. } => Some(group),
                // Where the platform takes clients in, lasts.
                Entry::Role { .. } | Entry::Outside(_) => None,
            })
            .collect();
        Self {
            site,
            target,
            declarations,
            members,
            flows,
            arriving,
            pinned,
        }
    }

    /// The members of a group, by index.
    pub fn members(&self, group: &Name) -> &[Member] {
        self.members.get(group).map_or(&[], Vec::as_slice)
    }

    /// Every component with its declaration, by name.
    pub fn declarations(&self) -> impl Iterator<Item = (&'a Name, &'a Declaration)> {
        each(self.declarations)
    }

    /// The files of a component that no target decides.
    pub fn files(&self, component: &dyn Component) -> BTreeMap<String, Body> {
        component.files(&self.site, self.declarations)
    }

    fn declaration(&self, component: &Name) -> Option<&'a Declaration> {
        let stated = self.declarations.get(component)?;
        Some(stated)
    }

    /// Users that other components want of this one.
    pub fn accounts(&self, component: &Name) -> Vec<&'a Account> {
        self.declarations
            .values()
            .flat_map(|declaration| &declaration.accounts)
            .filter(|account| &account.at == component)
            .collect()
    }

    /// A service of a group of the component: read-only, without files, variables, volumes or published ports, and with
    /// ten seconds to stop. What else there is to say is said with `Workload { command, ..lowering.workload(…) }`.
    ///
    /// # Panics
    /// When the inventory has no image for it: the checks refuse that before.
    pub fn workload(
        &self,
        meta: &Meta,
        group: &Name,
        summary: impl Into<Words>,
        resources: Resources,
    ) -> Workload {
        let component = &meta.name.value;
        let declared = self
            .declarations
            .get(component)
            .and_then(|declaration| declaration.group(group));
        let image = match declared.and_then(|group| group.image) {
            Some(own) => self.pinned(own),
            None => self.image(meta),
        };
        Workload {
            name: group.clone(),
            component: component.clone(),
            stack: meta.stack(),
            summary: summary.into(),
            kind: Kind::Service,
            members: self.members(group).to_vec(),
            image,
            build: None,
            user: None,
            program: None,
            command: Vec::new(),
            env: BTreeMap::new(),
            config: Vec::new(),
            host_config: BTreeMap::new(),
            key_costs: Vec::new(),
            volumes: Vec::new(),
            provided: Vec::new(),
            host_paths: Vec::new(),
            health: None,
            ready: declared.and_then(|group| group.ready.clone()),
            live: None,
            stop: Stop {
                signal: None,
                grace: Duration::secs(10),
                needed: Duration::secs(1),
            },
            resources,
            init: false,
            read_only: true,
            scratch: Vec::new(),
            scratch_programs: Vec::new(),
            stable_address: self.pinned.contains(group),
            roles: self.roles(component, group),
            election: None,
            kernel: Vec::new(),
            published: Vec::new(),
            connections: None,
            unprivileged: None,
        }
    }

    /// What members that elect one among themselves are told of the platform; `None` where it keeps no elections.
    pub fn elections(&self) -> Option<Elections> {
        self.target.elections(self.site.cluster)
    }

    /// How programs outside the cluster reach each member of a group of the component, at a port that is published.
    pub fn contract(
        &self,
        meta: &Meta,
        protocol: &'static str,
        group: &Name,
        port: &PortName,
    ) -> Contract {
        let component = meta.name.value.clone();
        let members = self.members(group).iter().map(|member| {
            let address = Symbol::Outside(member.name.clone(), port.clone());
            map([
                ("service", member.name.to_string()),
                ("address", address.token()),
            ])
        });
        Contract {
            entry: map([
                ("component", Node::str(component.as_str())),
                ("members", seq(members)),
            ]),
            component,
            protocol,
        }
    }

    /// An image by its name in the inventory.
    ///
    /// # Panics
    /// When the inventory has no such image: the checks refuse that before, for every image that a declaration names.
    pub fn pinned(&self, image: &str) -> Image {
        let pin = self.site.inventory.image(image);
        pin.expect("the images of a checked declaration are pinned")
            .image
            .clone()
    }

    /// The image of a component.
    ///
    /// # Panics
    /// When the inventory has no such image: the checks refuse that before.
    pub fn image(&self, meta: &Meta) -> Image {
        image_of(&self.site, meta, self.declaration(&meta.name.value))
            .expect("a checked component has an image")
            .clone()
    }
}

/// The image of a component: the one that its author named, or its product's entry in the inventory.
pub(crate) fn image_of<'a>(
    site: &Site<'a>,
    meta: &Meta,
    declaration: Option<&Declaration>,
) -> Option<&'a Image> {
    match &meta.image {
        Some(set) => site.inventory.image(set.value.name()),
        None => site.inventory.image(declaration?.image?),
    }
    .map(|pin| &pin.image)
}

/// Gives all members the ports of the first.
fn share_ports(members: &mut [Member]) {
    let Some((first, others)) = members.split_first_mut() else {
        return;
    };
    for port in others.iter_mut().flat_map(|member| &mut member.ports) {
        if let Some(number) = first.port(&port.name) {
            port.port = number;
        }
    }
}

fn members_of(group: &Group, site: &Site<'_>) -> Vec<Member> {
    group
        .members
        .iter()
        .filter_map(|member| {
            let host = site.host(member.host)?;
            let network = site.inventory.network(member.network?)?.name.clone();
            Some(Member {
                name: member.name.clone(),
                index: member.index,
                host: host.name.clone(),
                address: host.address_on(&network)?.ip,
                network,
                of_host: group.of_hosts,
                ports: member
                    .ports
                    .iter()
                    .filter_map(|port| {
                        Some(MemberPort {
                            name: port.name.clone(),
                            port: *port.port.as_ref().ok()?,
                            datagrams: group.datagrams.contains(&port.name),
                            origin: port.origin.clone(),
                        })
                    })
                    .collect(),
                origin: member.origin.clone(),
            })
        })
        .collect()
}
