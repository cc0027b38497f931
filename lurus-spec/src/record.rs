//! What a description says, a line for each setting, so that a change of files can be told from its cause.
//!
//! In: a described cluster. Out: a text that is written beside its files and reviewed with them, and the changes between
//! two such texts. It knows no product and no target, and no default: what nobody said has no line. A place in `spec/`
//! never reaches the text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::file_tree::{File, FileTree, TreePath, header};
use crate::model::{Cluster, Host, Inventory, Omitted, OptionCost, SettingRecord, Upgrade};
use crate::report::Origin;
use crate::target::TARGETS;
use crate::yaml::Node;

/// The file's name in the folder of its cluster.
pub const NAME: &str = "settings.txt";

/// Everything that was said of a cluster, by what it was said of.
#[derive(Clone, Debug, Default)]
pub struct Record {
    said: BTreeMap<(Subject, String), Vec<Said>>,
    /// How far images may be moved; nothing in a record that was read.
    upgrades: Vec<&'static Upgrade>,
}

/// What something is said of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The cluster as a whole.
    Cluster,
    /// The component of this name.
    Component(String),
    /// The host of this name.
    Host(String),
    /// The image that is pinned under this name.
    Image(String),
    /// The network of this name.
    Network(String),
}

/// A value, and what is known of it besides: nothing of a record that was read.
#[derive(Clone, Debug)]
struct Said {
    value: String,
    origin: Option<Origin>,
    cost: Option<OptionCost>,
}

/// A difference between two descriptions.
#[derive(Clone, Debug)]
pub struct Change {
    /// What it is about.
    pub subject: Subject,
    /// The option; empty where the subject itself came or went, or is one value, as an image is.
    pub option: String,
    /// The value before; none when nothing was said.
    pub before: Option<String>,
    /// The value now; none when nothing is said.
    pub after: Option<String>,
    /// Where it is said now.
    pub origin: Option<Origin>,
    /// What the manual says that a change of the option costs, and the data where a component is of another kind; none where
    /// it is neither, or not said now. Of an image, the data where its version is moved too far.
    pub cost: Option<OptionCost>,
    /// What to do instead, where the version of an image is moved too far.
    pub instead: Option<&'static str>,
}

impl Record {
    /// What a description says.
    pub fn of(cluster: &Cluster) -> Self {
        let Cluster {
            name,
            inventory,
            network,
            trusted,
            survives,
            secrets,
            operators,
            targets,
            omitted,
            kept,
            monitors,
            development,
            components,
            // Nothing is compiled of a description that has any.
            refused: _,
        } = cluster;
        let mut record = Self {
            upgrades: upgrades(cluster).collect(),
            ..Self::default()
        };
        let mut say = |option: &str, value: String, origin: &Origin| {
            record.say(Subject::Cluster, option, value, Some(origin.clone()));
        };
        if let Some(network) = network {
            say("network", network.value.to_string(), &network.origin);
        }
        for network in trusted {
            say("trusts", network.value.to_string(), &network.origin);
        }
        for claim in survives {
            let except = claim.value.except.iter();
            let except: String = except.map(|name| format!(" without {name}")).collect();
            say(
                "survives",
                format!("{}{except}", claim.value),
                &claim.origin,
            );
        }
        for secret in secrets {
            say("secret", secret.value.to_string(), &secret.origin);
        }
        for network in operators {
            say("operators", network.value.to_string(), &network.origin);
        }
        for target in targets {
            say("target", target.value.to_string(), &target.origin);
        }
        for (target, collectors) in monitors {
            let value = format!("{} from {collectors}", target.value);
            say("monitors", value, &target.origin);
        }
        if *development {
            say("development", true.to_string(), &name.origin);
        }
        for (what, target) in omitted {
            let on = &target.value;
            let (subject, value) = match what {
                Omitted::Component(name) => (Subject::Component(name.to_string()), on.to_string()),
                Omitted::Ability(ability) => (Subject::Cluster, format!("{ability} on {on}")),
            };
            record.say(subject, "omit", value, Some(target.origin.clone()));
        }
        for (component, target) in kept {
            let subject = Subject::Component(component.to_string());
            let origin = Some(target.origin.clone());
            record.say(subject, "keep", target.value.to_string(), origin);
        }
        record.say_inventory(inventory);
        for component in components {
            let name = &component.meta().name;
            let subject = Subject::Component(name.value.to_string());
            let kind = component.kind().to_owned();
            record.say(subject.clone(), "", kind, Some(name.origin.clone()));
            for SettingRecord {
                option,
                value,
                cost,
                needs: _,
                origin,
            } in component.settings()
            {
                let said = Said {
                    value,
                    origin: Some(origin),
                    cost: Some(cost),
                };
                let key = (subject.clone(), option.to_owned());
                record.said.entry(key).or_default().push(said);
            }
        }
        record
    }

    fn say_inventory(&mut self, inventory: &Inventory) {
        for network in inventory.networks() {
            let subject = || Subject::Network(network.name.to_string());
            let cidr = network.cidr.to_string();
            self.say(subject(), "", cidr, Some(network.cidr_origin.clone()));
            let gateway = network.gateway.to_string();
            let origin = Some(network.gateway_origin.clone());
            self.say(subject(), "gateway", gateway, origin);
        }
        for host in inventory.hosts() {
            self.say_host(host);
        }
        for pin in inventory.images() {
            let subject = Subject::Image(pin.name.to_string());
            self.say(subject, "", pin.image.to_string(), Some(pin.origin.clone()));
        }
    }

    fn say_host(&mut self, host: &Host) {
        let mut say = |option: &str, value: String, origin: &Origin| {
            let subject = Subject::Host(host.name.to_string());
            self.say(subject, option, value, Some(origin.clone()));
        };
        for address in &host.addresses {
            let value = format!("{} on {}", address.ip, address.network);
            say("address", value, &address.origin);
        }
        say("cores", host.cores.to_string(), &host.cores_origin);
        say("memory", host.memory.to_string(), &host.memory_origin);
        say("disk", host.disk.to_string(), &host.disk_origin);
        if let Some(kind) = &host.disk_kind {
            say("disk_kind", kind.value.to_string(), &kind.origin);
        }
        if let Some(zone) = &host.zone {
            say("zone", zone.to_string(), &host.zone_origin);
        }
    }

    fn say(&mut self, subject: Subject, option: &str, value: String, origin: Option<Origin>) {
        let said = Said {
            value,
            origin,
            cost: None,
        };
        let key = (subject, option.to_owned());
        self.said.entry(key).or_default().push(said);
    }

    /// The record as a tree of one file.
    pub(crate) fn tree(&self, cluster: &Cluster) -> FileTree {
        let text = format!("# {}\n{self}", header(&cluster.name.value));
        let mut tree = FileTree::default();
        TreePath::new(NAME)
            .and_then(|path| tree.insert(path, File::text(text)))
            .expect("the only file of a tree");
        tree
    }

    /// Reads what [`Record::tree`] wrote, and leaves out every line that it would not write, such as the marks of a
    /// conflict.
    pub fn parse(text: &str) -> Self {
        let mut record = Self::default();
        for (what, value) in text.lines().filter_map(|line| line.split_once(" = ")) {
            let mut words = what.split(' ');
            let mut next = || words.next().unwrap_or_default().to_owned();
            let subject = match next().as_str() {
                "cluster" => Subject::Cluster,
                "component" => Subject::Component(next()),
                "host" => Subject::Host(next()),
                "image" => Subject::Image(next()),
                "network" => Subject::Network(next()),
                _ => continue,
            };
            if let Ok(value) = serde_json::from_str(value) {
                record.say(subject, &next(), value, None);
            }
        }
        record
    }

    /// What is said otherwise in `new`, by subject. Of a component, a host or a network that came or went, only that.
    pub fn changes(&self, new: &Self) -> Vec<Change> {
        let none = Vec::new();
        let keys: BTreeSet<_> = self.said.keys().chain(new.said.keys()).collect();
        let mut changes = Vec::new();
        for key in keys {
            let (subject, option) = key;
            if !option.is_empty() && self.knows(subject) != new.knows(subject) {
                continue;
            }
            let before = self.said.get(key).unwrap_or(&none);
            let after = new.said.get(key).unwrap_or(&none);
            let mut gone = missing(before, after).into_iter();
            let mut come = missing(after, before).into_iter();
            loop {
                let (before, after) = (gone.next(), come.next());
                if before.is_none() && after.is_none() {
                    break;
                }
                // Another program in its place does not find its data.
                let is_replaced = matches!(subject, Subject::Component(_))
                    && option.is_empty()
                    && before.is_some()
                    && after.is_some();
                let too_far = match (subject, before.zip(after)) {
                    (Subject::Image(name), Some((before, after))) => {
                        new.too_far(name, &before.value, &after.value)
                    }
                    (
                        Subject::Image(_)
                        | Subject::Cluster
                        | Subject::Component(_)
                        | Subject::Host(_)
                        | Subject::Network(_),
                        _,
                    ) => None,
                };
                changes.push(Change {
                    subject: subject.clone(),
                    option: option.clone(),
                    before: before.map(|said| said.value.clone()),
                    after: after.map(|said| said.value.clone()),
                    origin: after.and_then(|said| said.origin.clone()),
                    cost: match is_replaced || too_far.is_some() {
                        true => Some(OptionCost::DataDanger),
                        false => after.and_then(|said| said.cost),
                    },
                    instead: too_far.map(|upgrade| upgrade.instead),
                });
            }
        }
        changes
    }

    /// What refuses to take the image of this name from one pin to another.
    fn too_far(&self, image: &str, before: &str, after: &str) -> Option<&'static Upgrade> {
        let mut of_image = self
            .upgrades
            .iter()
            .filter(|upgrade| upgrade.image == image);
        of_image
            .find(|upgrade| upgrade.refuses(before, after))
            .copied()
    }

    /// Whether anything is said of a subject. The cluster is always there.
    fn knows(&self, subject: &Subject) -> bool {
        let from = (subject.clone(), String::new());
        subject == &Subject::Cluster
            || self
                .said
                .range(from..)
                .next()
                .is_some_and(|((first, _), _)| first == subject)
    }
}

/// How far the images of components of a cluster, and of its targets, may be moved.
fn upgrades(cluster: &Cluster) -> impl Iterator<Item = &'static Upgrade> {
    let asked = |name: &str| {
        let mut targets = cluster.targets.iter();
        targets.any(|target| target.value.as_str() == name)
    };
    let targets = TARGETS
        .iter()
        .filter(move |target| target.is_for_all() || asked(target.name()));
    let components = cluster.components.iter();
    let of_components = components.flat_map(|component| component.upgrades());
    of_components.chain(targets.flat_map(|target| target.upgrades()))
}

/// The values that the others lack, as often as they lack them.
fn missing<'a>(these: &'a [Said], others: &[Said]) -> Vec<&'a Said> {
    let mut others: Vec<&str> = others.iter().map(|said| said.value.as_str()).collect();
    let mut missing = Vec::new();
    for said in these {
        match others.iter().position(|other| *other == said.value) {
            Some(same) => drop(others.swap_remove(same)),
            None => missing.push(said),
        }
    }
    missing
}

/// The lines, sorted: `component redis max_memory = "768MiB"`.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((subject, option), said) in &self.said {
            let (word, name) = match subject {
                Subject::Cluster => ("cluster", ""),
                Subject::Component(name) => ("component", name.as_str()),
                Subject::Host(name) => ("host", name.as_str()),
                Subject::Image(name) => ("image", name.as_str()),
                Subject::Network(name) => ("network", name.as_str()),
            };
            let words = [word, name, option].into_iter();
            let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
            for said in said {
                let value = Node::str(said.value.as_str()).to_json();
                write!(f, "{} = {value}", words.join(" "))?;
            }
        }
        Ok(())
    }
}

/// `redis max_memory 768MiB → 1GiB`
impl Change {
    /// The change as if it were one of these subjects: `billing, log on: app-4 added`.
    pub fn said_of(&self, subjects: &str) -> String {
        let mut text = subjects.to_owned();
        if !self.option.is_empty() {
            text += &format!(" {}", self.option);
        }
        text + &self.difference()
    }

    /// How what was said before differs from what is said now: ` 768MiB → 1GiB`, or of a list `: app-4 added`.
    pub fn difference(&self) -> String {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => match list_difference(before, after) {
                Some(difference) => format!(": {difference}"),
                None => format!(" {before} → {after}"),
            },
            (None, Some(after)) if self.option.is_empty() => format!(" is new: {after}"),
            (Some(before), None) if self.option.is_empty() => format!(" is gone: {before}"),
            (None, Some(after)) => format!(" {after}, not said before"),
            (Some(before), None) => format!(" {before}, not said any more"),
            (None, None) => String::new(),
        }
    }
}

/// What came to a list and what left it, where something stays, and in its order.
fn list_difference(before: &str, after: &str) -> Option<String> {
    // A list in brackets is part of one value.
    if before.contains('(') || after.contains('(') {
        return None;
    }
    let [before, after] = [before, after].map(|list| list.split(", ").collect::<Vec<_>>());
    let (gone, kept): (Vec<_>, Vec<_>) = before.iter().partition(|item| !after.contains(item));
    let (added, still): (Vec<_>, Vec<_>) = after.iter().partition(|item| !before.contains(item));
    if kept.is_empty() || kept != still {
        return None;
    }
    let said = |items: Vec<&str>, what| {
        (!items.is_empty()).then(|| format!("{} {what}", items.join(", ")))
    };
    let parts: Vec<String> = [said(added, "added"), said(gone, "gone")]
        .into_iter()
        .flatten()
        .collect();
    Some(parts.join("; "))
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said_of(&self.subject.to_string()))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => f.write_str("the cluster"),
            Self::Component(name) => f.write_str(name),
            Self::Host(name) => write!(f, "host {name}"),
            Self::Image(name) => write!(f, "image {name}"),
            Self::Network(name) => write!(f, "network {name}"),
        }
    }
}

#[cfg(test)]
mod tests;
