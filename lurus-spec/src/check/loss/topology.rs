//! Which losses stop which component.
//!
//! In: declarations and an inventory. Out: answers about losses, exact for every size. It knows neither claims nor
//! findings.
//!
//! A component serves while each of its conditions holds (so many of these members are alive) and everything that it
//! needs serves. A cycle of needs changes nothing in that: the components of a cycle stop together. So a loss stops a
//! component when it breaks a condition of the component itself or of anything that its needs lead to, and a claim
//! about every loss of `k` domains can be tried one condition at a time. There the worst loss is known without a
//! search: the `k` domains with the most of the condition's members. That is why all pairs of 1,000 hosts are tried
//! in the time of a sort; a test compares the answers with those of trying every loss.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::check::{Declarations, each};
use crate::component::{Declaration, EndpointRef, Front, GroupMember, Need, Reach};
use crate::literal::Name;
use crate::model::{FailureDomain, Inventory};
use crate::plan::Held;
use crate::words::Words;

/// Where every counted member lives, and who needs whom.
#[derive(Debug)]
pub(crate) struct Topology<'a> {
    inventory: &'a Inventory,
    parts: BTreeMap<&'a Name, Part<'a>>,
}

/// What decides whether a component serves.
#[derive(Debug, Default)]
struct Part<'a> {
    conditions: Vec<Condition<'a>>,
    /// Components that it needs, without itself.
    needs: BTreeSet<&'a Name>,
}

/// At least so many of these members must be alive.
#[derive(Debug)]
pub(crate) struct Condition<'a> {
    /// What is counted: `a majority of servers`.
    pub(crate) what: Cow<'a, Words>,
    /// The members that count, as the component names them.
    pub(crate) members: Vec<&'a GroupMember>,
    /// How many of them must be alive.
    pub(crate) at_least: usize,
    /// Whether that is more than half, however many they are.
    pub(crate) majority: bool,
}

/// Something that is lost as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Domain<'a> {
    /// A host; in an analysis of zones, a host that is in none and fails alone.
    Host(&'a str),
    /// A zone.
    Zone(&'a str),
}

impl fmt::Display for Domain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Domain::Host(name) | Domain::Zone(name) => f.write_str(name),
        }
    }
}

/// A domain with the members that a condition counts in it.
#[derive(Clone, Debug)]
pub(crate) struct Share<'a> {
    pub(crate) domain: Domain<'a>,
    pub(crate) members: Vec<&'a GroupMember>,
}

impl<'a> Topology<'a> {
    pub(crate) fn new(
        inventory: &'a Inventory,
        declarations: impl IntoIterator<Item = (&'a Name, &'a Declaration)>,
    ) -> Self {
        let declarations: BTreeMap<&Name, &Declaration> = declarations.into_iter().collect();
        let members: BTreeMap<&Name, &GroupMember> = declarations
            .values()
            .flat_map(|declaration| &declaration.groups)
            .flat_map(|group| &group.members)
            .map(|member| (&member.name, member))
            .collect();
        let parts = declarations
            .iter()
            .map(|(component, declaration)| {
                let mut conditions = conditions(declaration, &members);
                conditions.extend(led(declaration, &declarations));
                let part = Part {
                    conditions,
                    needs: needs(component, &declarations),
                };
                (*component, part)
            })
            .collect();
        Self { inventory, parts }
    }

    /// Every component, by name.
    pub(crate) fn components(&self) -> impl Iterator<Item = &'a Name> {
        self.parts.keys().copied()
    }

    /// The conditions of a component itself.
    pub(crate) fn conditions(&self, component: &Name) -> &[Condition<'a>] {
        self.parts
            .get(component)
            .map_or(&[], |part| &part.conditions)
    }

    /// What a component needs itself, by name.
    pub(crate) fn needs(&self, component: &Name) -> impl Iterator<Item = &'a Name> {
        self.parts
            .get(component)
            .into_iter()
            .flat_map(|part| part.needs.iter().copied())
    }

    /// The component and everything that its needs lead to, nearest first.
    pub(crate) fn relies_on(&self, component: &'a Name) -> Vec<&'a Name> {
        reach(component, |name| self.needs(name))
    }

    /// Every component whose needs lead to this one, by name.
    pub(crate) fn dependents(&self, component: &'a Name) -> BTreeSet<&'a Name> {
        let mut needed_by: BTreeMap<&Name, Vec<&'a Name>> = BTreeMap::new();
        for (name, part) in &self.parts {
            for need in &part.needs {
                needed_by.entry(need).or_default().push(name);
            }
        }
        reach(component, |name| {
            needed_by.get(name).into_iter().flatten().copied()
        })
        .into_iter()
        .filter(|name| *name != component)
        .collect()
    }

    /// The domains that carry members of a condition: those with the most first, equal ones by name.
    pub(crate) fn shares(&self, condition: &Condition<'a>, kind: FailureDomain) -> Vec<Share<'a>> {
        let mut shares: BTreeMap<Domain<'a>, Vec<&'a GroupMember>> = BTreeMap::new();
        for member in &condition.members {
            shares
                .entry(self.domain_of(member, kind))
                .or_default()
                .push(member);
        }
        let mut shares: Vec<Share<'a>> = shares
            .into_iter()
            .map(|(domain, members)| Share { domain, members })
            .collect();
        shares.sort_by_key(|share| Reverse(share.members.len()));
        shares
    }

    /// The smallest loss that breaks a condition: the shares that go with it. None when no loss does, empty when the
    /// condition does not hold even with every member alive.
    pub(crate) fn smallest_break(
        &self,
        condition: &Condition<'a>,
        kind: FailureDomain,
    ) -> Option<Vec<Share<'a>>> {
        let mut alive = condition.members.len();
        let mut lost = Vec::new();
        for share in self.shares(condition, kind) {
            if alive < condition.at_least {
                return Some(lost);
            }
            alive -= share.members.len();
            lost.push(share);
        }
        (alive < condition.at_least).then_some(lost)
    }

    /// The domains of the inventory, in the order in which their first host was written.
    pub(crate) fn domains(&self, kind: FailureDomain) -> Vec<Domain<'a>> {
        let mut seen = BTreeSet::new();
        self.inventory
            .hosts()
            .iter()
            .map(|host| domain(host.name.as_str(), host.zone.as_ref(), kind))
            .filter(|domain| seen.insert(*domain))
            .collect()
    }

    /// The domain that takes a member with it.
    pub(crate) fn domain_of(&self, member: &GroupMember, kind: FailureDomain) -> Domain<'a> {
        let zone = self
            .inventory
            .host(member.host)
            .and_then(|host| host.zone.as_ref());
        domain(member.host.name(), zone, kind)
    }
}

fn domain<'a>(host: &'a str, zone: Option<&'a Name>, kind: FailureDomain) -> Domain<'a> {
    match (kind, zone) {
        (FailureDomain::Zone, Some(zone)) => Domain::Zone(zone.as_str()),
        (FailureDomain::Host, _) | (FailureDomain::Zone, None) => Domain::Host(host),
    }
}

/// What a component declares; where it declares nothing, one member of each group that serves has to be alive, so
/// that a component whose author forgot the rule is not thought to outlive everything.
fn conditions<'a>(
    declaration: &'a Declaration,
    members: &BTreeMap<&'a Name, &'a GroupMember>,
) -> Vec<Condition<'a>> {
    let votes = |name: &Name| {
        declaration.groups.iter().any(|group| {
            group.quorum.is_some() && group.members.iter().any(|member| &member.name == name)
        })
    };
    let declared = declaration.survival.iter().map(|survival| Condition {
        what: Cow::Borrowed(&survival.what),
        members: survival
            .of
            .iter()
            .filter_map(|name| members.get(name).copied())
            .collect(),
        at_least: survival.at_least,
        // One of one is both a majority and any; which of them grows with the group says the quorum.
        majority: survival.at_least == survival.of.len() / 2 + 1
            && (survival.of.len() > 1 || survival.of.iter().any(votes)),
    });
    let implied = declaration
        .groups
        .iter()
        .filter(|group| declaration.survival.is_empty() && !group.task)
        .map(|group| Condition {
            what: Cow::Owned(Words::new(
                format!("one member of {}", group.name),
                format!("{} 的任意一个成员", group.name),
            )),
            members: group.members.iter().collect(),
            at_least: 1,
            majority: false,
        });
    declared
        .chain(implied)
        // Other rules refuse a component without members.
        .filter(|condition| !condition.members.is_empty())
        .collect()
}

/// What has to be alive for the platform to lead somewhere, of the roles that a component needs and that nothing stands in
/// front of.
fn led<'a>(
    declaration: &'a Declaration,
    declarations: &BTreeMap<&'a Name, &'a Declaration>,
) -> Vec<Condition<'a>> {
    let mut roles: BTreeMap<&EndpointRef, Condition<'a>> = BTreeMap::new();
    for Need { endpoint, .. } in &declaration.needs {
        let provider = declarations.get(&endpoint.component);
        let Some((provider, role)) =
            provider.and_then(|provider| Some((provider, provider.endpoint(&endpoint.endpoint)?)))
        else {
            continue;
        };
        let group = role.group().and_then(|(group, _)| provider.group(group));
        let (Reach::Role, Some(Held::Following(_)), Some(group)) = (role.reach, &role.held, group)
        else {
            continue;
        };
        let in_front = |front: &Front| &front.endpoint == endpoint;
        let mut others = declarations.values();
        if others.any(|other| other.fronts.iter().any(in_front)) {
            continue;
        }
        let condition = Condition {
            what: Cow::Owned(Words::new(
                format!("a member of {} that follows another", group.name),
                format!("{} 中至少一个从属成员", group.name),
            )),
            members: group.members.iter().collect(),
            at_least: 2,
            majority: false,
        };
        roles.insert(endpoint, condition);
    }
    roles.into_values().collect()
}

/// What each component needs itself, with what stands in front of it.
pub(crate) fn all_needs(declarations: &Declarations) -> BTreeMap<&Name, BTreeSet<&Name>> {
    let by_name: BTreeMap<&Name, &Declaration> = each(declarations).collect();
    let components = declarations.keys();
    components
        .map(|component| (component, needs(component, &by_name)))
        .collect()
}

/// The components behind a component's needs, and what stands in front of the endpoints that are reached by role.
fn needs<'a>(
    component: &'a Name,
    declarations: &BTreeMap<&'a Name, &'a Declaration>,
) -> BTreeSet<&'a Name> {
    let mut needs = BTreeSet::new();
    for need in &declarations[component].needs {
        let Some((provider, declaration)) = declarations.get_key_value(&need.endpoint.component)
        else {
            continue;
        };
        needs.insert(*provider);
        match declaration
            .endpoint(&need.endpoint.endpoint)
            .map(|endpoint| endpoint.reach)
        {
            Some(Reach::Role) => needs.extend(
                declarations
                    .iter()
                    .find(|(_, declaration)| {
                        declaration
                            .fronts
                            .iter()
                            .any(|front| front.endpoint == need.endpoint)
                    })
                    .map(|(front, _)| *front),
            ),
            Some(Reach::Each | Reach::Any) | None => {}
        }
    }
    needs.remove(component);
    needs
}

/// Everything that steps lead to from a start, which comes first.
fn reach<'a, Next: Iterator<Item = &'a Name>>(
    start: &'a Name,
    step: impl Fn(&'a Name) -> Next,
) -> Vec<&'a Name> {
    let mut seen = BTreeSet::from([start]);
    let mut reached = vec![start];
    let mut next = 0;
    while next < reached.len() {
        reached.extend(step(reached[next]).filter(|name| seen.insert(*name)));
        next += 1;
    }
    reached
}
