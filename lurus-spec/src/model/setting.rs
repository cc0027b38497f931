//! What an author set, and where.
//!
//! In: values from builder calls in `spec/`. Out: [`Setting`]s that know their place, and refusals that become
//! findings. A setting never reaches a generated file together with its place: moving a line in `spec/` changes
//! nothing in `generated/`.

use std::any::type_name;
use std::fmt;
use std::str::FromStr;

use crate::literal::{Given, Name, SecretName, Size};
use crate::model::{Ability, HostRef, ImageRef, NetworkRef};
use crate::report::Origin;

/// A value and the place in `spec/` that set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// What was set.
    pub value: T,
    /// Where it was set.
    pub origin: Origin,
}

impl<T> Setting<T> {
    /// A value with the place that set it.
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// The value, and the place that set it.
    pub fn into_parts(self) -> (T, Origin) {
        (self.value, self.origin)
    }

    /// The same place, with what is said of the value.
    fn as_text(&self, say: impl FnOnce(&T) -> String) -> Setting<String> {
        Setting::new(say(&self.value), self.origin.clone())
    }
}

/// Text that a setter was given and its type refused; a check turns it into a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The option, as authors type it.
    pub option: &'static str,
    /// What was typed.
    pub text: String,
    /// Why the type refuses it, and what to type instead.
    pub why: String,
    /// Where it was typed.
    pub origin: Origin,
}

/// Takes what a setter was given, or notes why it cannot be.
pub(crate) fn accept<T>(
    refused: &mut Vec<Refused>,
    option: &'static str,
    given: Given<T>,
    origin: Origin,
) -> Option<T> {
    match given {
        Given::Valid(value) => Some(value),
        Given::Refused(refusal) => {
            refused.push(Refused {
                option,
                text: refusal.text,
                why: refusal.why,
                origin,
            });
            None
        }
    }
}

/// What every component has: its name, its place in the cluster, and what its setters refused.
///
/// `#[derive(Component)]` expects a field `meta: Meta` and writes the setters of this struct for it, so that
/// `.on(…)`, `.network(…)`, `.stack(…)`, `.image(…)` and `.memory(…)` read the same on every component.
#[derive(Clone, Debug)]
pub struct Meta {
    /// The component's name: unique in the cluster, and the stem of its members' names.
    pub name: Setting<Name>,
    /// Hosts that carry it, in order: the n-th member lives on the n-th host.
    pub on: Option<Setting<Vec<HostRef>>>,
    /// The network on which it listens; the cluster's default network otherwise.
    pub network: Option<Setting<NetworkRef>>,
    /// The stack (a part of the cluster that starts alone) that it belongs to; its own name otherwise.
    pub stack: Option<Setting<Name>>,
    /// Its image; the product's entry in the inventory otherwise.
    pub image: Option<Setting<ImageRef>>,
    /// Memory limit of one member; the product's default otherwise.
    pub memory: Option<Setting<Size>>,
    /// What setters refused.
    pub refused: Vec<Refused>,
}

impl Meta {
    /// The beginning of a component: a name, and the place of its constructor.
    pub fn new(name: Given<Name>, origin: Origin) -> Self {
        let unnamed = "unnamed".parse().expect("a literal that is a name");
        let mut meta = Self {
            name: Setting::new(unnamed, origin.clone()),
            on: None,
            network: None,
            stack: None,
            image: None,
            memory: None,
            refused: Vec::new(),
        };
        if let Some(name) = meta.accept("new", name, &origin) {
            meta.name.value = name;
        }
        meta
    }

    /// Takes what a setter was given, or notes why it cannot be.
    pub fn accept<T>(
        &mut self,
        option: &'static str,
        given: Given<T>,
        origin: &Origin,
    ) -> Option<T> {
        accept(&mut self.refused, option, given, origin.clone())
    }

    /// A name made of the component's: `redis` and `form` give `redis-form`.
    ///
    /// Falls back to the component's own name where the result would be too long; `L0101` refuses such names.
    pub fn derive(&self, suffix: &str) -> Name {
        let name = &self.name.value;
        format!("{name}-{suffix}")
            .parse()
            .unwrap_or_else(|_| name.clone())
    }

    /// The stack that the component starts with: the one that its author named, or one of its own name.
    pub fn stack(&self) -> Name {
        self.stack
            .as_ref()
            .map_or_else(|| self.name.value.clone(), |stack| stack.value.clone())
    }

    /// The name of a secret that belongs to the component: `redis` and `password` give `redis-password`.
    ///
    /// Falls back to `suffix` alone where the component's name cannot begin a secret's; `L0101` refuses such names.
    ///
    /// # Panics
    /// When `suffix` itself is no secret's name: it is a literal of the component's code.
    pub fn secret(&self, suffix: &str) -> SecretName {
        format!("{}-{suffix}", self.name.value)
            .parse()
            .unwrap_or_else(|_| {
                suffix
                    .parse()
                    .expect("a suffix is a secret's name by itself")
            })
    }

    /// What the author set of an option, or its default, for which the component's place is to blame. `derive(Component)`
    /// calls it with the default that the manual shows.
    ///
    /// # Panics
    /// The default is no text of a `T`: whoever wrote the component is told when it is first used.
    pub fn or_default<T: Clone + FromStr>(
        &self,
        set: Option<&Setting<T>>,
        default: &str,
    ) -> Setting<T> {
        set.cloned().unwrap_or_else(|| {
            let Ok(value) = default.parse() else {
                panic!("the default `{default}` is no {}", type_name::<T>());
            };
            Setting::new(value, self.name.origin.clone())
        })
    }

    /// The memory limit that the author set for a member, or what the component takes otherwise.
    pub fn memory_or(&self, otherwise: Size) -> Size {
        self.memory.as_ref().map_or(otherwise, |set| set.value)
    }

    /// The place to blame for an option: where it was set, or the component's place when its default holds.
    pub fn blame<T>(&self, set: Option<&Setting<T>>) -> Origin {
        set.map_or(&self.name.origin, |set| &set.origin).clone()
    }

    /// The common options that the author set, in the order of [`COMMON_OPTIONS`].
    pub fn settings(&self) -> Vec<SettingRecord> {
        let [on, network, stack, image, memory] = &COMMON_OPTIONS;
        let hosts = |hosts: &Vec<HostRef>| {
            let names: Vec<_> = hosts.iter().map(|host| host.name()).collect();
            names.join(", ")
        };
        [
            self.on.as_ref().map(|set| on.record(&set.as_text(hosts))),
            self.network
                .as_ref()
                .map(|set| network.record(&set.as_text(|network| network.name().to_owned()))),
            self.stack.as_ref().map(|set| stack.record(set)),
            self.image
                .as_ref()
                .map(|set| image.record(&set.as_text(|image| image.name().to_owned()))),
            self.memory.as_ref().map(|set| memory.record(set)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Hosts that carry the component; none when the author named none.
    pub fn hosts(&self) -> &[HostRef] {
        self.on.as_ref().map_or(&[], |on| &on.value)
    }
}

/// What changing an option costs, as far as it can be said before a value is compared with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OptionCost {
    /// Nothing that runs notices.
    Nothing,
    /// The program reads it again without a stop.
    Reload,
    /// The process restarts.
    Restart,
    /// The container is made anew; its volumes stay.
    Recreate,
    /// A cluster-wide order must be followed.
    Procedure,
    /// Identity or data: a change in place loses something.
    DataDanger,
}

/// One row of the manual: an option that authors may set on a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionDoc {
    /// The setter's name.
    pub name: &'static str,
    /// The type, as authors read it.
    pub ty: &'static str,
    /// What holds when it is not set, in words or as a literal; `None` for what the constructor requires.
    pub default: Option<&'static str>,
    /// What changing it costs.
    pub cost: OptionCost,
    /// What a place to run has to have for it to do what it says; `None` where every place can honour it.
    pub needs: Option<Ability>,
    /// Whether a platform that does what the component is for carries it out too.
    pub entrusted: bool,
    /// The doc comment.
    pub doc: &'static str,
}

impl OptionDoc {
    /// Whether it is lost where the component is left to a platform. References are not, all of whose types are called `…Ref`
    /// as the derive calls those of components: what the component is for, the platform knows.
    pub fn is_own_way(&self) -> bool {
        !self.entrusted && !self.ty.ends_with("Ref")
    }

    /// A setting of this option, as data.
    pub fn record<T: fmt::Display>(&self, setting: &Setting<T>) -> SettingRecord {
        SettingRecord {
            option: self.name,
            value: setting.value.to_string(),
            cost: self.cost,
            needs: self.needs,
            origin: setting.origin.clone(),
        }
    }
}

/// One setting that an author made on a component, as data: for the book, for `diff`, and for findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingRecord {
    /// The option's name.
    pub option: &'static str,
    /// The value, printed.
    pub value: String,
    /// What changing it costs.
    pub cost: OptionCost,
    /// What a place to run has to have for it to do what it says.
    pub needs: Option<Ability>,
    /// Where it was set.
    pub origin: Origin,
}

/// A typed reference to a component, as `Cluster::add` returns it.
pub trait ComponentRef {
    /// The component's name.
    fn name(&self) -> &Name;
}

/// What `#[derive(Component)]` writes of a component that a registry can ask for: everything object safe.
pub trait Settings {
    /// The kind of product, lower case: `nats`, `redis-cluster`.
    fn kind(&self) -> &'static str;
    /// What can be set on it.
    fn manual(&self) -> Manual;
    /// Name, placement and refusals.
    fn meta(&self) -> &Meta;
    /// Every setting that the author made: first the component's own, in the order of its option table, then the
    /// common ones, in the order of [`COMMON_OPTIONS`].
    fn settings(&self) -> Vec<SettingRecord>;
}

/// What can be set on a kind of component.
#[derive(Clone, Copy, Debug)]
pub struct Manual {
    /// `nats`
    pub kind: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its own options. Each of [`COMMON_OPTIONS`] holds too, unless one here has its name.
    pub options: &'static [OptionDoc],
}

impl Manual {
    /// The manual of a type.
    pub const fn of<C: Described>() -> Self {
        Self {
            kind: C::KIND,
            doc: C::DOC,
            options: C::OPTIONS,
        }
    }
}

/// What `#[derive(Component)]` writes of a component's type.
pub trait Described: Settings {
    /// The typed reference that `Cluster::add` returns; other components are given it.
    type Ref: ComponentRef;
    /// The component's own options. Each of [`COMMON_OPTIONS`] holds too, unless one here has its name.
    const OPTIONS: &'static [OptionDoc];
    /// The one-paragraph description: the type's doc comment.
    const DOC: &'static str;
    /// The kind of product.
    const KIND: &'static str;
    /// A reference to this component.
    fn reference(&self) -> Self::Ref;
}

/// Options that every component has: the setters of [`Meta`].
pub const COMMON_OPTIONS: [OptionDoc; 5] = [
    OptionDoc {
        name: "on",
        ty: "HostRef…",
        default: None,
        cost: OptionCost::Procedure,
        needs: Some(Ability::Hosts),
        entrusted: false,
        doc: "Hosts that carry it, in order: the n-th member lives on the n-th host.",
    },
    OptionDoc {
        name: "network",
        ty: "NetworkRef",
        default: Some("the cluster's network"),
        cost: OptionCost::Procedure,
        needs: Some(Ability::Networks),
        entrusted: false,
        doc: "The network on which it listens.",
    },
    OptionDoc {
        name: "stack",
        ty: "Name",
        default: Some("the component's name"),
        cost: OptionCost::Nothing,
        needs: Some(Ability::Stacks),
        entrusted: false,
        doc: "The part of the cluster that it starts with; each part starts alone.",
    },
    OptionDoc {
        name: "image",
        ty: "ImageRef",
        default: Some("the product's entry in the inventory"),
        cost: OptionCost::Recreate,
        needs: None,
        entrusted: false,
        doc: "Its image.",
    },
    OptionDoc {
        name: "memory",
        ty: "Size",
        default: Some("the product's default"),
        cost: OptionCost::Recreate,
        needs: None,
        entrusted: false,
        doc: "Memory limit of one member, in bytes.",
    },
];

#[cfg(test)]
mod tests;
