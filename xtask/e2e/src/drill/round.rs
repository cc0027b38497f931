//! What is killed together: the way of a request, layer by layer; and the members whose loss each component feels most, those that
//! follow them, and those that nobody on the way waits for.
//!
//! In: the services, the layout and the flows. Out: [`Round`]s, and for each the [`Loss`]es as they are when it begins. It must not
//! kill anything, nor know a product.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Result;

use super::Bounds;
use crate::compose::Project;
use crate::layout::{Kind, Layout};
use crate::service::{Service, Victim};

/// A fault: what is killed at one moment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Round {
    /// Of each component that is written to, the member that leads.
    Leaders,
    /// Of each component that is written to, a member that follows.
    Followers,
    /// The leader of each component that nobody writes to but others live on, and one of each group that serves no request.
    Bystanders(BTreeSet<String>),
    /// One of each group that is equally far from the edge, on one host.
    Layer {
        groups: BTreeSet<String>,
        /// Whether it is behind what answers requests: whoever answers beside the lost member is not ready until it is back.
        behind: bool,
    },
}

/// The rounds of a run.
pub(super) struct Rounds {
    /// The way of a request. What keeps data loses nobody, so other things may go on meanwhile that concern it.
    pub(super) way: Vec<Round>,
    /// What the way leads to, and what lives beside it.
    pub(super) members: Vec<Round>,
}

/// One member that a round kills.
#[derive(Debug)]
pub(super) struct Loss {
    pub(super) victim: Victim,
    /// The place of its service in the list of services, when it is a member of one.
    pub(super) place: Option<usize>,
}

/// How long lanes go on while the lost members are away, counted from the first answer.
const AWAY: Duration = Duration::from_secs(5);

/// How long a member stays away that nobody writes to. What depends on it may live on a lease for a while, Patroni's is 30 s by
/// default, so a shorter absence would show nothing.
const AWAY_UNWATCHED: Duration = Duration::from_secs(40);

/// The rounds of a run, each list in order. `doors` are the groups that the lanes go through.
pub(super) fn rounds(
    services: &[Service],
    project: &Project,
    flows: &BTreeMap<String, BTreeSet<String>>,
    doors: &BTreeSet<String>,
) -> Rounds {
    let layout = project.layout();
    let stateful: BTreeSet<String> = services
        .iter()
        .filter(|service| !matches!(service, Service::Https(_)))
        .flat_map(Service::members)
        .map(|member| layout.group(&member).to_owned())
        .collect();
    let running: BTreeSet<String> = project
        .layout()
        .services()
        .filter(|(name, service)| service.kind == Kind::Server && project.has(name))
        .map(|(name, _)| layout.group(name).to_owned())
        .collect();
    let edges = services.iter().filter_map(|service| match service {
        Service::Https(https) => Some(https),
        Service::Postgres(_)
        | Service::RedisCluster(_)
        | Service::JetStream(_)
        | Service::Etcd(_) => None,
    });
    let (mut edge, mut answering) = (BTreeSet::new(), BTreeSet::new());
    for https in edges {
        edge.extend(
            https
                .members()
                .iter()
                .map(|member| layout.group(member).to_owned()),
        );
        answering.extend(https.answering().map(str::to_owned));
    }
    let stateless: BTreeSet<String> = running.difference(&stateful).cloned().collect();
    let layers = layers(&edge, doors, &stateless, flows);
    let way: BTreeSet<String> = layers.iter().flatten().cloned().collect();
    let bystanders = stateless.difference(&way).cloned().collect();
    let answered_by = layers
        .iter()
        .rposition(|groups| !groups.is_disjoint(&answering));
    let layers = layers.into_iter().enumerate();
    let way = layers.map(|(depth, groups)| Round::Layer {
        groups,
        behind: answered_by.is_none_or(|answers| depth > answers),
    });
    Rounds {
        way: way.collect(),
        members: vec![
            Round::Leaders,
            Round::Followers,
            Round::Bystanders(bystanders),
        ],
    }
}

/// The groups of `known` by their distance from the edge, and after them the doors that no request comes through. A group that
/// stands behind another one of its layer comes after that one: who loses it loses both.
fn layers(
    edge: &BTreeSet<String>,
    doors: &BTreeSet<String>,
    known: &BTreeSet<String>,
    flows: &BTreeMap<String, BTreeSet<String>>,
) -> Vec<BTreeSet<String>> {
    let mut layers = Vec::new();
    let mut seen = BTreeSet::new();
    for roots in [edge, doors] {
        let mut next: BTreeSet<String> = roots.intersection(known).cloned().collect();
        loop {
            let waiting: BTreeSet<String> = next.difference(&seen).cloned().collect();
            if waiting.is_empty() {
                break;
            }
            let mut layer = waiting.clone();
            layer.retain(|group| {
                let mut others = waiting.iter().filter(|other| *other != group);
                !others.any(|other| is_behind(group, other, flows))
            });
            // All that wait are behind each other: they are equally far.
            if layer.is_empty() {
                layer = waiting;
            }
            next.extend(
                layer
                    .iter()
                    .filter_map(|group| flows.get(group))
                    .flatten()
                    .filter(|group| known.contains(*group))
                    .cloned(),
            );
            seen.extend(layer.iter().cloned());
            layers.push(layer);
        }
    }
    layers
}

/// Whether requests come to a group by way of another one.
fn is_behind(group: &str, other: &str, flows: &BTreeMap<String, BTreeSet<String>>) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![other];
    while let Some(from) = next.pop() {
        let targets = flows.get(from).into_iter().flatten();
        for to in targets.filter(|to| seen.insert(to.as_str())) {
            next.push(to);
        }
    }
    seen.contains(group)
}

impl Round {
    /// What the round is called in tables.
    pub(super) fn title(&self) -> String {
        let listed =
            |groups: &BTreeSet<String>| groups.iter().cloned().collect::<Vec<_>>().join(", ");
        match self {
            Self::Leaders => "leaders lost".to_owned(),
            Self::Followers => "followers lost".to_owned(),
            Self::Bystanders(_) => "bystanders lost".to_owned(),
            Self::Layer { groups, .. } => format!("one {} lost", listed(groups)),
        }
    }

    /// How long the lost members are away.
    pub(super) fn away(&self) -> Duration {
        match self {
            Self::Leaders | Self::Followers | Self::Layer { .. } => AWAY,
            Self::Bystanders(_) => AWAY_UNWATCHED,
        }
    }

    /// How long requests from outside may fail in this round.
    pub(super) fn edge_bound(&self, bounds: &Bounds) -> Duration {
        match self {
            // An answer needs every component, so it comes back with the last one.
            Self::Leaders => bounds.postgres.max(bounds.redis).max(bounds.nats),
            Self::Followers | Self::Layer { behind: true, .. } => bounds.others,
            Self::Bystanders(_) | Self::Layer { behind: false, .. } => bounds.edge,
        }
    }

    /// Who is killed, as things are now.
    pub(super) async fn losses(
        &self,
        services: &[Service],
        project: &Project,
    ) -> Result<Vec<Loss>> {
        let mut losses = Vec::new();
        for (place, service) in services.iter().enumerate() {
            let victim = match self {
                Self::Leaders if service.keeps() => service.leader(project).await?,
                Self::Bystanders(_) if !service.keeps() => service.leader(project).await?,
                Self::Followers => service.follower(project).await?,
                Self::Leaders | Self::Bystanders(_) | Self::Layer { .. } => None,
            };
            let place = Some(place);
            losses.extend(victim.map(|victim| Loss { victim, place }));
        }
        match self {
            Self::Leaders | Self::Followers => {}
            Self::Bystanders(groups) | Self::Layer { groups, .. } => {
                losses.extend(one_of_each(groups, project.layout(), |name| {
                    project.has(name)
                }));
            }
        }
        Ok(losses)
    }
}

/// One member of each group, all on the host that has a member of most groups: what a host takes with it.
fn one_of_each<'a>(
    groups: &'a BTreeSet<String>,
    layout: &'a Layout,
    has: impl Fn(&str) -> bool,
) -> impl Iterator<Item = Loss> + 'a {
    let mut hosts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut members: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for (name, service) in layout.services().filter(|(name, _)| has(name)) {
        if let Some(group) = groups.get(layout.group(name)) {
            *hosts.entry(service.host()).or_default() += 1;
            members
                .entry(group)
                .or_default()
                .push((name, service.host()));
        }
    }
    // Of hosts with as many members the last one, since what is made first is looked at most.
    let host = hosts
        .iter()
        .max_by_key(|(_, number)| **number)
        .map(|(host, _)| *host);
    members.into_iter().filter_map(move |(group, members)| {
        let (name, _) = members
            .iter()
            .find(|(_, own)| Some(*own) == host)
            .or(members.last())?;
        let role = format!("one of {} {group}", members.len());
        Some(Loss {
            victim: Victim {
                service: (*name).to_owned(),
                role,
                lanes: Vec::new(),
            },
            place: None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn layers_follow_the_flows_from_the_edge_and_then_from_the_other_doors() {
        let flows = BTreeMap::from([
            ("edge".to_owned(), set(&["gateway", "billing"])),
            ("gateway".to_owned(), set(&["pool", "redis"])),
            ("billing".to_owned(), set(&["gateway"])),
            ("pool".to_owned(), set(&["haproxy"])),
            ("watcher".to_owned(), set(&["edge"])),
        ]);
        let known = set(&[
            "edge", "gateway", "billing", "pool", "haproxy", "watcher", "door",
        ]);
        let found = layers(&set(&["edge"]), &set(&["haproxy", "door"]), &known, &flows);
        let expected: [&[&str]; 6] = [
            &["edge"],
            &["billing"],
            &["gateway"],
            &["pool"],
            &["haproxy"],
            &["door"],
        ];
        assert_eq!(found, expected.map(set));
        assert_eq!(
            layers(&set(&[]), &set(&["haproxy"]), &known, &flows),
            [set(&["haproxy"])]
        );
        let circle = BTreeMap::from([
            ("edge".to_owned(), set(&["billing", "gateway"])),
            ("gateway".to_owned(), set(&["billing"])),
            ("billing".to_owned(), set(&["gateway"])),
        ]);
        assert_eq!(
            layers(&set(&["edge"]), &set(&[]), &known, &circle),
            [set(&["edge"]), set(&["billing", "gateway"])]
        );
    }

    #[test]
    fn one_host_loses_a_member_of_each_group() {
        let layout = Layout::parse(
            r#"{"services": {
            "a-1": {"labels": {"lurus.host": "node-1"}}, "a-2": {"labels": {"lurus.host": "node-2"}},
            "b-1": {"labels": {"lurus.host": "node-1"}}, "b-2": {"labels": {"lurus.host": "node-2"}},
            "c": {"labels": {"lurus.host": "node-1"}}, "d-1": {"labels": {"lurus.host": "node-2"}}}}"#,
            &["a", "b", "d"]
                .map(|group| (group.to_owned(), vec![format!("{group}-1"), format!("{group}-2")]))
                .into(),
        )
        .unwrap();
        let groups = set(&["a", "b", "c"]);
        let lost: Vec<String> = one_of_each(&groups, &layout, |name| name != "a-1")
            .map(|loss| loss.victim.service)
            .collect();
        assert_eq!(lost, ["a-2", "b-2", "c"]);
    }
}
