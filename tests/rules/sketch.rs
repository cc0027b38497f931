//! A component that declares what a test says, so that a cluster can have one mistake and nothing else.

use lurus_spec::component::observe::{Metrics, RuleGroup};
use lurus_spec::component::{
    Component, Declaration, Endpoint, EndpointRef, Front, Group, GroupMember, GroupPort, Lowering,
    Need, Quorum, Reach, SecretDeclaration, Site, Value,
};
use lurus_spec::literal::{Given, Name, Port, Size};
use lurus_spec::model::{
    ComponentRef, Described, HostRef, Manual, Meta, NetworkRef, OptionDoc, Setting, SettingRecord,
    Settings,
};
use lurus_spec::plan::{Workload, checked};
use lurus_spec::report::Origin;

/// A component of one group, called after it.
#[derive(Clone, Debug)]
pub(crate) struct Sketch {
    meta: Meta,
    declaration: Declaration,
    values: Vec<Value>,
}

/// The reference to a [`Sketch`].
#[derive(Clone, Debug)]
pub(crate) struct SketchRef(Name);

impl Sketch {
    #[track_caller]
    pub(crate) fn new(name: &str) -> Self {
        let meta = Meta::new(Given::from(name), Origin::caller());
        let group = Group::new(meta.name.value.clone(), Vec::new());
        Self {
            meta,
            declaration: Declaration {
                image: Some("sketch"),
                groups: vec![group],
                ..Declaration::default()
            },
            values: Vec::new(),
        }
    }

    /// One member on each of these hosts.
    #[track_caller]
    pub(crate) fn on<const N: usize>(mut self, hosts: [HostRef; N]) -> Self {
        let origin = Origin::caller();
        let name = &self.meta.name;
        self.declaration.groups[0].members = (1..)
            .zip(hosts)
            .map(|(index, host)| GroupMember {
                name: name.value.indexed(index).expect("a short name"),
                index,
                host,
                network: None,
                ports: Vec::new(),
                memory: Size::mib(64),
                memory_origin: name.origin.clone(),
                copy_of: None,
                origin: origin.clone(),
            })
            .collect();
        self.meta.on = Some(Setting::new(hosts.to_vec(), origin));
        self
    }

    #[track_caller]
    pub(crate) fn network(mut self, network: NetworkRef) -> Self {
        self.meta.network = Some(Setting::new(network, Origin::caller()));
        self
    }

    #[track_caller]
    pub(crate) fn memory(mut self, memory: Size) -> Self {
        for member in &mut self.declaration.groups[0].members {
            member.memory = memory;
            member.memory_origin = Origin::caller();
        }
        self
    }

    /// Every member listens on this port.
    #[track_caller]
    pub(crate) fn port(mut self, name: &'static str, port: u16) -> Self {
        for member in &mut self.declaration.groups[0].members {
            member.ports.push(GroupPort {
                name: name.into(),
                port: Ok(Port::constant(port)),
                origin: Origin::caller(),
            });
        }
        self
    }

    /// It has metrics, and these rules over them, as the job of its name.
    pub(crate) fn watched(
        mut self,
        lines: &'static str,
        rules: impl Fn(RuleGroup) -> RuleGroup,
    ) -> Self {
        let name = self.meta.name.value.clone();
        let metrics = Metrics::new(&name, &name, "metrics", "sketch 1.0", lines);
        self.declaration.metrics.push(metrics);
        self.declaration
            .rule_groups
            .push(rules(RuleGroup::of(&name)));
        self.port("metrics", 9999)
    }

    /// Its members vote.
    pub(crate) fn voting(mut self) -> Self {
        self.declaration.groups[0].quorum = Some(Quorum {
            of: "the vote of sketches",
        });
        self
    }

    /// It offers what listens on the port of this name.
    pub(crate) fn endpoint(mut self, name: &'static str, reach: Reach) -> Self {
        let group = self.meta.name.value.clone();
        let endpoint = Endpoint::new(name, "tcp", group, name, reach);
        self.declaration.endpoints.push(endpoint);
        self
    }

    #[track_caller]
    pub(crate) fn needs(mut self, component: &str, endpoint: &'static str) -> Self {
        self.declaration.needs.push(Need {
            group: self.meta.name.value.clone(),
            endpoint: endpoint_of(component, endpoint),
            origin: Origin::caller(),
        });
        self
    }

    /// It is configured with this value, and connects to what the value speaks of.
    #[track_caller]
    pub(crate) fn given(mut self, value: Value) -> Self {
        self.declaration
            .needs
            .extend(value.endpoints().take(1).map(|endpoint| Need {
                group: self.meta.name.value.clone(),
                endpoint: endpoint.clone(),
                origin: Origin::caller(),
            }));
        self.values.push(value);
        self
    }

    /// It stands in front of an endpoint, with its own port of this name.
    pub(crate) fn in_front_of(
        mut self,
        component: &str,
        endpoint: &'static str,
        port: &'static str,
    ) -> Self {
        self.declaration.fronts.push(Front {
            endpoint: endpoint_of(component, endpoint),
            group: self.meta.name.value.clone(),
            port: port.into(),
        });
        self
    }

    #[track_caller]
    pub(crate) fn secret(mut self, name: &str) -> Self {
        self.declaration.secrets.push(SecretDeclaration {
            name: checked(name),
            purpose: "a sketch".into(),
            origin: Origin::caller(),
        });
        self
    }

    /// Its image is the one that the inventory has under this name.
    pub(crate) fn runs(mut self, image: &'static str) -> Self {
        self.declaration.image = Some(image);
        self
    }

    /// What it says of itself besides.
    pub(crate) fn declaring(mut self, more: impl FnOnce(&mut Declaration)) -> Self {
        more(&mut self.declaration);
        self
    }
}

pub(crate) fn endpoint_of(component: &str, endpoint: &'static str) -> EndpointRef {
    EndpointRef {
        component: checked(component),
        endpoint: endpoint.into(),
    }
}

impl ComponentRef for SketchRef {
    fn name(&self) -> &Name {
        &self.0
    }
}

impl Settings for Sketch {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn manual(&self) -> Manual {
        Manual::of::<Self>()
    }
    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn settings(&self) -> Vec<SettingRecord> {
        self.meta.settings()
    }
}

impl Described for Sketch {
    type Ref = SketchRef;
    const OPTIONS: &'static [OptionDoc] = &[];
    const DOC: &'static str = "A component that declares what a test says.";
    const KIND: &'static str = "sketch";

    fn reference(&self) -> SketchRef {
        SketchRef(self.meta.name.value.clone())
    }
}

impl Component for Sketch {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let mut declaration = self.declaration.clone();
        let network = site.network_of(&self.meta);
        for group in &mut declaration.groups {
            for member in &mut group.members {
                member.network = network;
            }
        }
        declaration
    }

    fn values(&self) -> Vec<&Value> {
        self.values.iter().collect()
    }

    /// Rules of the description never ask for it.
    fn lower(&self, _lowering: &Lowering<'_>) -> Vec<Workload> {
        Vec::new()
    }
}
