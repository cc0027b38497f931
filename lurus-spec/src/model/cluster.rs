//! The whole of one cluster, as its author said it.

use crate::component::Component;
use crate::literal::{Cidr, Given, Name, SecretName};
use crate::model::{
    ComponentRef, Described, Inventory, Loss, Meta, NetworkRef, Omitted, Refused, Setting,
};
use crate::plan::Duty;
use crate::report::Origin;
use crate::target::Target;

/// A described cluster: an inventory, components on it, and what it claims to survive.
#[derive(Debug)]
pub struct Cluster {
    /// The cluster's name: the folder under `generated/`, and the stem of project, scope and cluster names.
    pub name: Setting<Name>,
    /// Networks, hosts and images.
    pub inventory: Inventory,
    /// The network on which components listen that name none.
    pub network: Option<Setting<NetworkRef>>,
    /// Networks that are taken for private.
    pub trusted: Vec<Setting<NetworkRef>>,
    /// What the cluster claims to survive.
    pub survives: Vec<Setting<Loss>>,
    /// Secrets that belong to no component: tokens of outside services.
    pub secrets: Vec<Setting<SecretName>>,
    /// Networks from which operators reach the hosts.
    pub operators: Vec<Setting<Cidr>>,
    /// Targets for which it is written besides those that every cluster has.
    pub targets: Vec<Setting<Name>>,
    /// What a target does without: a component or an ability, and the target.
    pub omitted: Vec<(Omitted, Setting<Name>)>,
    /// Components that stay on a target whose platform does by itself what they are for: the component, and the target.
    pub kept: Vec<(Name, Setting<Name>)>,
    /// Where collectors that are not of the cluster run on a target: the target, and their namespace.
    pub monitors: Vec<(Setting<Name>, Name)>,
    /// Whether a quorum of one is allowed.
    pub development: bool,
    /// The components, in the order in which they were added; the order has no meaning.
    pub components: Vec<Box<dyn Component>>,
    /// What the cluster's own setters refused.
    pub refused: Vec<Refused>,
}

impl Cluster {
    /// An empty cluster on an inventory.
    #[track_caller]
    pub fn new(name: impl Into<Given<Name>>, inventory: Inventory) -> Self {
        let origin = Origin::caller();
        let mut meta = Meta::new(name.into(), origin);
        Self {
            name: meta.name,
            inventory,
            network: None,
            trusted: Vec::new(),
            survives: Vec::new(),
            secrets: Vec::new(),
            operators: Vec::new(),
            targets: Vec::new(),
            omitted: Vec::new(),
            kept: Vec::new(),
            monitors: Vec::new(),
            development: false,
            components: Vec::new(),
            refused: std::mem::take(&mut meta.refused),
        }
    }

    /// The network on which components listen unless they name another.
    #[must_use]
    #[track_caller]
    pub fn network(mut self, network: NetworkRef) -> Self {
        self.network = Some(Setting::new(network, Origin::caller()));
        self
    }

    /// Takes a network for private: only hosts of the cluster and those who run it are on it, and what joins its parts is
    /// encrypted or their own. What members say to each other over it may be in clear, passwords included.
    ///
    /// Default: no network is, and the compiler warns of what crosses it in clear. May be said more than once.
    #[must_use]
    #[track_caller]
    pub fn trusts(mut self, network: NetworkRef) -> Self {
        self.trusted.push(Setting::new(network, Origin::caller()));
        self
    }

    /// Claims that every component goes on serving after this loss; the compiler tries every such loss.
    /// May be said more than once, for hosts and for zones.
    #[must_use]
    #[track_caller]
    pub fn survives(mut self, loss: Loss) -> Self {
        self.survives.push(Setting::new(loss, Origin::caller()));
        self
    }

    /// Networks from which operators reach the hosts: by SSH, and the ports that a product publishes for their programs.
    ///
    /// Default: SSH from everywhere, so that a firewall locks nobody out, and published ports from nowhere. May be said
    /// more than once.
    #[must_use]
    #[track_caller]
    pub fn operators(mut self, network: impl Into<Given<Cidr>>) -> Self {
        let origin = Origin::caller();
        match network.into() {
            Given::Valid(network) => self.operators.push(Setting::new(network, origin)),
            Given::Refused(refusal) => self.refused.push(Refused {
                option: "operators",
                text: refusal.text,
                why: refusal.why,
                origin,
            }),
        }
        self
    }

    /// Writes the cluster for this target too, besides those that every cluster is written for: `k3s`.
    #[must_use]
    #[track_caller]
    pub fn target(mut self, target: impl Into<Given<Name>>) -> Self {
        let origin = Origin::caller();
        match target.into() {
            Given::Valid(target) => self.targets.push(Setting::new(target, origin)),
            Given::Refused(refusal) => self.refused.push(Refused {
                option: "target",
                text: refusal.text,
                why: refusal.why,
                origin,
            }),
        }
        self
    }

    /// Lets a Prometheus that is not of the cluster find and read its metrics on a target, as the Prometheus operator does on
    /// `k3s`: `.monitors("k3s", "monitoring")` writes a `PodMonitor` for each job, and admits connections from the namespace
    /// `monitoring`. The operator has to be there, and to look into the namespaces of the cluster.
    ///
    /// Default: nobody else reads them. A cluster that has its own Prometheus needs nothing of this.
    #[must_use]
    #[track_caller]
    pub fn monitors(
        mut self,
        target: impl Into<Given<Name>>,
        collectors: impl Into<Given<Name>>,
    ) -> Self {
        let origin = Origin::caller();
        match (target.into(), collectors.into()) {
            (Given::Valid(target), Given::Valid(collectors)) => {
                let target = Setting::new(target, origin);
                self.monitors.push((target, collectors));
            }
            (Given::Refused(refusal), _) | (_, Given::Refused(refusal)) => {
                self.refused.push(Refused {
                    option: "monitors",
                    text: refusal.text,
                    why: refusal.why,
                    origin,
                });
            }
        }
        self
    }

    /// The namespace from which metrics are read on a target.
    pub(crate) fn collectors_on(&self, target: &dyn Target) -> Option<&Name> {
        let mut monitors = self.monitors.iter();
        let here = monitors.find(|(on, _)| on.value.as_str() == target.name());
        here.map(|(_, collectors)| collectors)
    }

    /// Whether it is written for a target.
    pub(crate) fn is_for(&self, target: &dyn Target) -> bool {
        let asked = || self.targets.iter();
        target.is_for_all() || asked().any(|set| set.value.as_str() == target.name())
    }

    /// A cluster for development: a quorum of one member is allowed.
    #[must_use]
    pub fn development(mut self) -> Self {
        self.development = true;
        self
    }

    /// Declares a secret that belongs to no component, such as the token of an outside service.
    #[track_caller]
    pub fn secret(&mut self, name: impl Into<Given<SecretName>>) -> &mut Self {
        let origin = Origin::caller();
        match name.into() {
            Given::Valid(name) => self.secrets.push(Setting::new(name, origin)),
            Given::Refused(refusal) => self.refused.push(Refused {
                option: "secret",
                text: refusal.text,
                why: refusal.why,
                origin,
            }),
        }
        self
    }

    /// Does without something on a target that cannot give it.
    ///
    /// A component, `cluster.omit(&vip, "local")`, is left out there: the cluster is checked and written as if it had never
    /// been added. An ability, `cluster.omit(Ability::Hosts, "local")`, is what settings need that the target does not have
    /// (`L0920` names them): they do nothing there, and the book of the cluster says so.
    #[track_caller]
    pub fn omit(&mut self, what: impl Into<Omitted>, target: impl Into<Given<Name>>) -> &mut Self {
        let origin = Origin::caller();
        match target.into() {
            Given::Valid(target) => self
                .omitted
                .push((what.into(), Setting::new(target, origin))),
            Given::Refused(refusal) => self.refused.push(Refused {
                option: "omit",
                text: refusal.text,
                why: refusal.why,
                origin,
            }),
        }
        self
    }

    /// Keeps a component on a target whose platform does by itself what it is for: a catalogue that applications ask, a
    /// balancer with limits of its own. Without it, the platform does it there.
    #[track_caller]
    pub fn keep(
        &mut self,
        component: &impl ComponentRef,
        target: impl Into<Given<Name>>,
    ) -> &mut Self {
        let origin = Origin::caller();
        let component = component.name().clone();
        match target.into() {
            Given::Valid(target) => self.kept.push((component, Setting::new(target, origin))),
            Given::Refused(refusal) => self.refused.push(Refused {
                option: "keep",
                text: refusal.text,
                why: refusal.why,
                origin,
            }),
        }
        self
    }

    /// What a target does without, with the place that says so.
    pub(crate) fn omitted_on(
        &self,
        target: &dyn Target,
    ) -> impl Iterator<Item = (&Omitted, &Origin)> {
        let omitted = self.omitted.iter();
        omitted
            .filter(move |(_, on)| on.value.as_str() == target.name())
            .map(|(what, on)| (what, &on.origin))
    }

    /// The components that a target is written for.
    pub(crate) fn components_on(&self, target: Option<&dyn Target>) -> Vec<&dyn Component> {
        let left_out = |component: &dyn Component| {
            target.is_some_and(|target| {
                let name = &component.meta().name.value;
                let mut omitted = self.omitted_on(target);
                omitted.any(|(what, _)| matches!(what, Omitted::Component(of) if of == name))
                    || self.left_to(target, component).is_some()
            })
        };
        let all = self.components.iter().map(AsRef::as_ref);
        all.filter(|component| !left_out(*component)).collect()
    }

    /// What the platform of a target does in place of a component; `None` where it is there, or left out for another
    /// reason.
    pub(crate) fn left_to(&self, target: &dyn Target, component: &dyn Component) -> Option<Duty> {
        component.duty().filter(|duty| {
            target.duties().contains(duty) && !self.keeps(target, &component.meta().name.value)
        })
    }

    /// Whether a component stays on a target whose platform does what it is for.
    fn keeps(&self, target: &dyn Target, component: &Name) -> bool {
        let mut kept = self.kept.iter();
        kept.any(|(of, on)| of == component && on.value.as_str() == target.name())
    }

    /// Adds a component and returns the reference by which others may need it.
    pub fn add<C: Component + Described>(&mut self, component: C) -> C::Ref {
        let reference = component.reference();
        self.components.push(Box::new(component));
        reference
    }
}
