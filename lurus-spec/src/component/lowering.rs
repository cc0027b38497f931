//! What a component may ask while it lowers itself: all declarations, and the target's answers.
//!
//! In: checked declarations and a target. Out: addresses, sources and images. It knows how endpoints are resolved,
//! and neither products nor file formats.

use std::collections::{BTreeMap, BTreeSet};

use crate::component::observe::Observed;
use crate::component::{
    Account, Declaration, Endpoint, EndpointRef, Group, Login, Reach, Served, Site,
};
use crate::literal::{Cidr, Duration, HostName, Image, Ip, Name};
use crate::model::{HostRef, Meta};
use crate::plan::{
    Ask, Contract, Departure, Flow, Kind, Member, MemberPort, PortName, Remote, Resources, Stop,
    Symbol, Workload,
};
use crate::target::Target;
use crate::words::Words;
use crate::yaml::{Node, map, seq};

/// The world of one component while it is lowered for one target.
#[derive(Debug)]
pub struct Lowering<'a> {
    /// Cluster name and inventory.
    pub site: Site<'a>,
    target: &'a dyn Target,
    declarations: &'a BTreeMap<Name, Declaration>,
    members: BTreeMap<Name, Vec<Member>>,
    flows: Vec<Flow>,
    /// Indices into `flows` by the group that listens: every access list looks up its own.
    arriving: BTreeMap<Name, Vec<usize>>,
    /// Groups whose addresses somebody looks up only once.
    pinned: BTreeSet<&'a Name>,
}

/// A member as its peers and clients address it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The member's name.
    pub name: Name,
    /// A name or an IP address, as the target answers.
    pub address: String,
    /// The member's number of the port that was asked for.
    pub port: u16,
}

/// What a consumer of an endpoint connects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reached<'a> {
    /// The member on its own host.
    Beside {
        /// The group.
        group: &'a Name,
        /// The port.
        port: &'a PortName,
    },
    /// Any of these, or each.
    Members(Vec<Peer>),
    /// An address outside the cluster.
    Outside(&'a Remote),
}

impl std::fmt::Display for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.address, self.port)
    }
}

impl<'a> Lowering<'a> {
    /// Makes members and flows of checked declarations.
    pub(crate) fn new(
        site: Site<'a>,
        target: &'a dyn Target,
        declarations: &'a BTreeMap<Name, Declaration>,
    ) -> Self {
        let members = declarations
            .values()
            .flat_map(|declaration| &declaration.groups)
            .map(|group| (group.name.clone(), members_of(group, &site)))
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
                Entry::Outside(_) => None,
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

    /// Who connects to what outside the cluster, sorted.
    pub fn departures(&self) -> Vec<Departure> {
        departures_of(self.declarations)
    }

    /// All flows, sorted.
    pub fn flows(&self) -> &[Flow] {
        &self.flows
    }

    /// The members of a group with one of their ports, as others address them.
    ///
    /// # Panics
    /// When a member has no such port: a bug of the component that asks, seen by the first test that lowers it.
    pub fn peers(&self, group: &Name, port: &str) -> Vec<Peer> {
        self.members(group)
            .iter()
            .map(|member| Peer {
                name: member.name.clone(),
                address: self.target.address(member),
                port: member
                    .port(port)
                    .unwrap_or_else(|| panic!("{} has no port `{port}`", member.name))
                    .get(),
            })
            .collect()
    }

    /// `address:port` of every member behind an endpoint, for a program that looks names up only when it starts. Its
    /// component declares the endpoint in [`Declaration::pins`].
    pub fn lasting(&self, endpoint: &EndpointRef) -> Vec<String> {
        match resolve(self.declarations, endpoint) {
            None => Vec::new(),
            Some(Entry::Outside(remote)) => vec![remote.to_string()],
            Some(Entry::Group { group, port, .. }) => {
                let members = self.members(group).iter();
                members
                    .map(|member| Symbol::Lasting(member.name.clone(), port.clone()).token())
                    .collect()
            }
        }
    }

    /// Addresses that move between hosts and lead to a group, which listens on them too, sorted. None on a target that
    /// has no hosts between which they could move.
    pub fn floating(&self, group: &Name) -> Vec<Ip> {
        let all = self
            .declarations
            .values()
            .flat_map(|declaration| &declaration.floating);
        let of_group: BTreeSet<Ip> = all
            .filter(|floating| self.target.sets_up_hosts() && &floating.group == group)
            .map(|floating| floating.ip)
            .collect();
        of_group.into_iter().collect()
    }

    /// What another component declares of an endpoint.
    pub fn endpoint(&self, endpoint: &EndpointRef) -> Option<&'a Endpoint> {
        self.declarations
            .get(&endpoint.component)?
            .endpoint(&endpoint.endpoint)
    }

    /// As whom clients of an endpoint log in: its own login, or that of the endpoint to which it hands them on.
    pub fn login(&self, endpoint: &EndpointRef) -> Option<&'a Login> {
        logged_in_at(self.declarations, endpoint)?.login.as_ref()
    }

    /// The group and port that clients of an endpoint connect to: the endpoint's own, or what stands in front of it.
    /// None where that is outside the cluster.
    pub fn entry(&self, endpoint: &EndpointRef) -> Option<(&'a Name, &'a PortName)> {
        match resolve(self.declarations, endpoint)? {
            Entry::Group { group, port, .. } => Some((group, port)),
            Entry::Outside(_) => None,
        }
    }

    /// Users that other components want of this one.
    pub fn accounts(&self, component: &Name) -> Vec<&'a Account> {
        self.declarations
            .values()
            .flat_map(|declaration| &declaration.accounts)
            .filter(|account| &account.at == component)
            .collect()
    }

    /// What `consumer` connects to when it uses an endpoint: every member when clients know each; the one beside the
    /// consumer when there is one on each of its hosts; else all that are as good.
    pub fn reached(&self, consumer: &Name, endpoint: &EndpointRef) -> Option<Reached<'a>> {
        let (group, port, reach) = match resolve(self.declarations, endpoint)? {
            Entry::Group { group, port, reach } => (group, port, reach),
            Entry::Outside(remote) => return Some(Reached::Outside(remote)),
        };
        let hosts = |name: &Name| -> BTreeSet<&HostName> {
            self.members(name)
                .iter()
                .map(|member| &member.host)
                .collect()
        };
        Some(match reach {
            Reach::Any | Reach::Role if hosts(consumer).is_subset(&hosts(group)) => {
                Reached::Beside { group, port }
            }
            Reach::Any | Reach::Role | Reach::Each => Reached::Members(self.peers(group, port)),
        })
    }

    /// [`Lowering::reached`] as `address:port`.
    pub fn addresses(&self, consumer: &Name, endpoint: &EndpointRef) -> Vec<String> {
        match self.reached(consumer, endpoint) {
            None => Vec::new(),
            Some(Reached::Beside { group, port }) => {
                vec![Symbol::Beside(group.clone(), port.clone()).token()]
            }
            Some(Reached::Members(peers)) => peers.iter().map(Peer::to_string).collect(),
            Some(Reached::Outside(remote)) => vec![remote.to_string()],
        }
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

    fn sources_where(&self, group: &Name, port: &str, wanted: impl Fn(&Name) -> bool) -> Vec<Cidr> {
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

    /// The name service of the target's network, for programs that must ask again when a name has no address yet;
    /// `None` where peers are addressed by IP.
    pub fn resolver(&self) -> Option<&'static str> {
        self.target.resolver()
    }

    /// Every component with its declaration, by name.
    pub fn declarations(&self) -> impl Iterator<Item = (&'a Name, &'a Declaration)> {
        self.declarations.iter()
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
            kernel: Vec::new(),
            published: Vec::new(),
            connections: None,
        }
    }

    /// The path on which members of a group say over HTTP, at this port, whether they serve; none where they are asked
    /// otherwise.
    pub fn readiness(&self, group: &Name, port: &str) -> Option<&'a str> {
        let mut groups = self
            .declarations
            .values()
            .filter_map(|declaration| declaration.group(group));
        let ready = groups.next()?.ready.as_ref()?;
        match &ready.asks {
            Ask::Http(path) => (ready.port == port).then_some(path),
            Ask::Tcp => None,
        }
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
        image_of(&self.site, meta, self.declarations.get(&meta.name.value))
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

/// Where clients of an endpoint connect to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entry<'a> {
    /// To a port of a group.
    Group {
        group: &'a Name,
        port: &'a PortName,
        reach: Reach,
    },
    /// Out of the cluster.
    Outside(&'a Remote),
}

/// Where clients of an endpoint connect to: the endpoint's own group, or what stands in front of it.
pub(crate) fn resolve<'a>(
    declarations: &'a BTreeMap<Name, Declaration>,
    endpoint: &EndpointRef,
) -> Option<Entry<'a>> {
    let found = declarations
        .get(&endpoint.component)?
        .endpoint(&endpoint.endpoint)?;
    match (&found.served, found.reach) {
        (Served::Outside(remote), _) => Some(Entry::Outside(remote)),
        (Served::ByGroup { group, port }, reach @ (Reach::Each | Reach::Any)) => {
            Some(Entry::Group { group, port, reach })
        }
        (Served::ByGroup { .. }, Reach::Role) => declarations
            .values()
            .flat_map(|declaration| &declaration.fronts)
            .find(|front| &front.endpoint == endpoint)
            .map(|front| Entry::Group {
                group: &front.group,
                port: &front.port,
                reach: Reach::Any,
            }),
    }
}

/// The endpoint at which clients of an endpoint log in and ask for names: itself, or the one to which it hands them on.
/// That one is looked up once: who hands on to somebody that hands on names the last.
pub(crate) fn logged_in_at<'a>(
    declarations: &'a BTreeMap<Name, Declaration>,
    endpoint: &EndpointRef,
) -> Option<&'a Endpoint> {
    let declared = |endpoint: &EndpointRef| {
        declarations
            .get(&endpoint.component)?
            .endpoint(&endpoint.endpoint)
    };
    let found = declared(endpoint)?;
    match &found.behind {
        None => Some(found),
        Some(behind) => declared(behind),
    }
}

/// Who connects to what outside the cluster.
fn departures_of(declarations: &BTreeMap<Name, Declaration>) -> Vec<Departure> {
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
            Entry::Group { .. } => None,
            Entry::Outside(remote) => Some(Departure {
                from: from.clone(),
                to: remote.clone(),
            }),
        })
        .collect();
    departures.into_iter().collect()
}

/// Who talks to whom: peers of a group, everyone to what it needs, exporters to whom they ask, and observers to whatever
/// they see.
pub(crate) fn flows_of(declarations: &BTreeMap<Name, Declaration>) -> Vec<Flow> {
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
            if let Some(Entry::Group { group, port, .. }) = resolve(declarations, &need.endpoint) {
                flows.insert(Flow::new(&need.group, group, port));
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
fn hosts_of(declarations: &BTreeMap<Name, Declaration>, group: &Name) -> BTreeSet<HostRef> {
    declarations
        .values()
        .find_map(|declaration| declaration.group(group))
        .map(Group::hosts)
        .unwrap_or_default()
}

/// Groups with their ports that an observer connects to.
fn observed<'a>(
    declarations: &'a BTreeMap<Name, Declaration>,
    sees: &Observed,
) -> Vec<(&'a Name, &'a PortName)> {
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
            Some(Entry::Outside(_)) | None => Vec::new(),
        },
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
