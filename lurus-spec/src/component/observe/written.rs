//! Rules that a team wrote itself, in the collector's own format.
//!
//! In: the text of a file in `spec/rules/`. Out: its groups, with the place of everything that can be wrong in them, and
//! what is wrong with the file as such. It knows neither what is scraped nor who evaluates the rules.

mod read;

use crate::literal::Duration;
use crate::model::RuleFile;
use crate::report::{Diagnostic, Origin};
use crate::yaml::{Node, map, seq};

/// A file of rules, as it was read.
#[derive(Clone, Debug)]
pub struct WrittenRules {
    /// The file's name without its folder and its ending: `team` of `spec/rules/team.yml`.
    pub stem: String,
    /// Its groups, in the order in which they were written.
    pub groups: Vec<WrittenGroup>,
    /// What keeps it from being a file of rules. What is wrong is left out of the groups.
    pub mistakes: Vec<Diagnostic>,
}

/// Rules that are evaluated together, one after the other.
#[derive(Clone, Debug)]
pub struct WrittenGroup {
    /// Its name, unique in its file.
    pub name: Placed<String>,
    /// Time between two evaluations, where it is another than the collector's.
    pub interval: Option<Placed<Duration>>,
    /// The most results that one of its rules may have; 0 is any number.
    pub limit: Option<u32>,
    /// Its rules.
    pub rules: Vec<WrittenRule>,
}

/// An alert or a recording.
#[derive(Clone, Debug)]
pub struct WrittenRule {
    /// Which of the two it is.
    pub kind: WrittenKind,
    /// The alert's name, or that of the recorded series.
    pub name: Placed<String>,
    /// What it evaluates, in PromQL.
    pub expression: WrittenText,
    /// How long the condition of an alert has to hold.
    pub hold: Option<Placed<Duration>>,
    /// How long an alert goes on after its condition has ended.
    pub keep_firing: Option<Duration>,
    /// Labels of each result.
    pub labels: Vec<(Placed<String>, WrittenText)>,
    /// What is said of an alert.
    pub annotations: Vec<(Placed<String>, WrittenText)>,
}

/// What a rule makes of its results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WrittenKind {
    /// Something that people are told of.
    Alert,
    /// A series.
    Recording,
}

/// A value, and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub origin: Origin,
}

/// A text whose parts have places of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenText {
    /// The text.
    pub text: String,
    /// Where it begins.
    pub origin: Origin,
    /// The place of each of its lines and of whatever else begins anew in the file: a byte of the text, and its place.
    places: Vec<(usize, Origin)>,
}

impl WrittenRules {
    /// Reads a file.
    pub fn read(file: &RuleFile) -> Self {
        read::read(file)
    }

    /// Every rule, with its group.
    pub fn rules(&self) -> impl Iterator<Item = (&WrittenGroup, &WrittenRule)> {
        self.groups
            .iter()
            .flat_map(|group| group.rules.iter().map(move |rule| (group, rule)))
    }

    /// The file, printed anew: what is evaluated is what was read, and labels and annotations are the same text.
    pub fn printed(&self) -> Node {
        map([("groups", seq(self.groups.iter().map(WrittenGroup::printed)))])
    }
}

impl WrittenGroup {
    fn printed(&self) -> Node {
        map([("name", self.name.value.as_str())])
            .with_some("interval", written(self.interval.as_ref()))
            .with_some("limit", self.limit.map(|limit| Node::Int(limit.into())))
            .with("rules", seq(self.rules.iter().map(WrittenRule::printed)))
    }
}

impl WrittenRule {
    fn printed(&self) -> Node {
        let name = self.name.value.as_str();
        let texts = |texts: &[(Placed<String>, WrittenText)]| {
            map(texts
                .iter()
                .map(|(key, text)| (key.value.clone(), text.text.as_str())))
        };
        let kind = match self.kind {
            WrittenKind::Alert => "alert",
            WrittenKind::Recording => "record",
        };
        map([(kind, name), ("expr", &self.expression.text)])
            .with_some("for", written(self.hold.as_ref()))
            .with_some(
                "keep_firing_for",
                self.keep_firing.map(|time| time.to_string()),
            )
            .with_filled("labels", texts(&self.labels))
            .with_filled("annotations", texts(&self.annotations))
    }

    /// What it is called in findings: `alert CheckoutSlow`.
    pub fn what(&self) -> String {
        let kind = match self.kind {
            WrittenKind::Alert => "alert",
            WrittenKind::Recording => "recording",
        };
        format!("{kind} {}", self.name.value)
    }
}

fn written(time: Option<&Placed<Duration>>) -> Option<String> {
    time.map(|time| time.value.to_string())
}

impl WrittenText {
    /// Where the byte `at` of the text stands.
    pub fn place(&self, at: usize) -> Origin {
        let next = self.places.partition_point(|(begin, _)| *begin <= at);
        let Some((begin, origin)) = next.checked_sub(1).map(|index| &self.places[index]) else {
            return self.origin.clone();
        };
        let characters = self.text[*begin..at.min(self.text.len())].chars().count();
        Origin {
            column: origin
                .column
                .saturating_add(u32::try_from(characters).unwrap_or(u32::MAX)),
            ..origin.clone()
        }
    }
}

#[cfg(test)]
mod tests;
